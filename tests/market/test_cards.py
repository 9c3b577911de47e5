"""Paying by card: once, whatever tells of it; with the fee where it belongs; and Stripe's books as witness."""

import json
import time
from datetime import timedelta

import pytest
import stripe as sdk
from django.test import Client
from django.urls import reverse

from ledger.queries import balance_of, entries_by_key, log_size
from ledger.services.journal import record_entry
from market.models import Hold, Order, Payment, PaymentPage, Refund, StripeCall, StripeEvent
from market.queries import where_money_went
from market.services.cards import ask_for_page, close_pages_of_expired_orders, take_charge
from market.services.checkout import NoCards
from market.services.orders import PaymentUnderWay, cancel_order, expire_orders
from market.services.payments import CASH, receive_payment
from market.services.reconcile import reconcile
from market.services.settlements import divide_period
from market.services.stripe_answers import make_calls
from market.services.stripe_events import read_events
from market.services.stripe_facts import take_fact
from tests.market.cards import books_agree, by_card, come_back, now, page_of, paid_by_card, reconciled
from tests.market.goods import on_shelf
from tests.sandbox.desk import ASKS, DECLINED, SECRET
from tests.world import agreed, bars, world

pytestmark = [pytest.mark.quick, pytest.mark.django_db]

FERN, OPERATOR, E_FERN, PLATFORM = "coops/fern", "operators/market", "EUR@coops/fern", "stripe/market"


class TestAPaymentByCard:
    def test_sells_the_order_and_lays_the_fee_on_the_seller(self, stripe):
        w = world()
        listing = on_shelf(w)
        order = paid_by_card(stripe, listing)
        assert order.state == "paid" and not Hold.objects.exists()
        assert balance_of(f"{FERN}/till@{PLATFORM}", "EUR") == 600 - 24 - 34
        assert balance_of(f"{OPERATOR}/till@{PLATFORM}", "EUR") == 24
        assert balance_of(listing.earned_path, E_FERN) == 600 - 31 - 24 - 34
        assert balance_of("processors/stripe/pocket", "EUR") == 34
        assert order.lines.get().fee == 34 and order.payments.get().is_fee_known
        reconciled(stripe)

    def test_the_keys_of_its_entries_are_lines_of_the_statement(self, stripe):
        w = world()
        paid_by_card(stripe, on_shelf(w))
        (charge,) = stripe.objects("charge")
        keys = {f"stripe/market/{charge['id']}": "payment", f"stripe/market/{charge['id']}/fee/fern": "fee"}
        assert {key: entry.purpose for key, entry in entries_by_key(keys).items()} == keys

    def test_the_fee_is_seen_as_what_left(self, stripe):
        w = world()
        order = paid_by_card(stripe, on_shelf(w))
        assert where_money_went(order=order).by_owner()["processors/stripe"] == 34

    def test_two_sellers_share_the_fee_by_price_to_the_cent(self, stripe):
        w, oak = world(), world("oak", "Oak Mill", "fr/jura")
        one, other = on_shelf(w, price=333), on_shelf(oak, bars(oak, 10), price=1001)
        order = by_card(one, cart={str(one.pk): 1, str(other.pk): 2})
        stripe.pay(page_of(order).url)
        come_back(order)
        fee = 25 + (333 + 2002) * 15 // 1000
        assert [line.fee for line in order.lines.all()] == [9, fee - 9]
        reconciled(stripe)

    def test_told_again_and_again_it_is_one_payment(self, stripe):
        w = world()
        order = paid_by_card(stripe, on_shelf(w))
        size = log_size()
        for _ in range(3):
            come_back(order)
            take_fact(kind="charge", identity=stripe.objects("charge")[0]["id"], at=now())
        assert log_size() == size and Payment.objects.count() == 1

    def test_a_declined_card_and_a_bank_that_asks(self, stripe):
        w = world()
        order = by_card(on_shelf(w))
        page = page_of(order)
        assert stripe.pay(page.url, DECLINED)[0] == 402
        assert come_back(order).state == "placed" and not Payment.objects.exists()
        assert stripe.pay(page.url, ASKS)[0] == 303
        assert come_back(order).state == "paid"
        reconciled(stripe)

    @pytest.mark.parametrize(("currency", "exponent", "price"), [("XOF", 0, 4000), ("KWD", 3, 1500)])
    def test_currencies_without_decimals_and_with_three(self, stripe, currency, exponent, price):
        w = coop_with(currency, exponent)
        listing = on_shelf(w, price=price, currency=currency)
        order = paid_by_card(stripe, listing)
        fee = order.lines.get().fee
        assert fee == {"XOF": 224, "KWD": 110}[currency]
        assert balance_of(f"{w.fern.address}/till@{PLATFORM}", currency) == price - price * 40 // 1000 - fee
        reconciled(stripe)

    def test_without_a_key_no_card_is_taken(self, settings):
        w = world()
        settings.STRIPE_KEY = ""
        with pytest.raises(NoCards):
            by_card(on_shelf(w))

    def test_a_sale_waits_for_its_fee_before_it_is_divided(self, stripe):
        w = world()
        agreed(w)
        order = by_card(on_shelf(w))
        stripe.pay(page_of(order).url)
        take_charge(charge=stripe.objects("charge")[0], at=now())  # its balance transaction not opened
        assert divide_period(by=w.ada, cooperative=w.fern, upto=w.at.date(), at=w.later()) == []
        come_back(order)
        (division,) = divide_period(by=w.ada, cooperative=w.fern, upto=w.at.date(), at=w.later())
        assert division.amount == 511 and order.state == "paid"


class TestWhatNoOrderWants:
    def test_a_payment_of_a_cancelled_order_is_received_and_given_back(self, stripe):
        w = world()
        order = by_card(on_shelf(w))
        page = page_of(order)
        PaymentPage.objects.update(state="closed")  # as if Stripe's closing had crossed with the payment
        cancel_order(order=order, at=now())
        stripe.pay(page.url)
        come_back(order)
        assert order.state == "cancelled" and balance_of(f"{order.owner}/prepaid@{PLATFORM}", "EUR") == 600
        make_calls(at=now())
        assert stripe.balances() == {("", "eur"): -34}
        assert Refund.objects.get().state == "given"
        assert balance_of(f"{OPERATOR}/float@{PLATFORM}", "EUR") == -34
        reconciled(stripe)

    def test_paid_twice_is_given_back_once(self, stripe):
        w = world()
        order = by_card(on_shelf(w))
        page = page_of(order)
        receive_payment(by=w.tom, order=order, way=CASH, amount=600, at=now())
        stripe.pay(page.url)
        come_back(order)
        make_calls(at=now())
        assert [r["amount"] for r in stripe.objects("refund")] == [600] and Payment.objects.get().keeper == "cash/fern"
        reconciled(stripe)

    def test_goods_that_are_gone_are_not_sold(self, stripe):
        w = world()
        listing = on_shelf(w, bars(w, 1))
        order = by_card(listing)
        page = page_of(order)
        record_entry(
            key="lot/eaten", action="lower", purpose="expiry", at=w.later(), by=[w.ada.address],
            flows=[(listing.lot_address, "nature/soil/body", "bar", 1)],
        )  # fmt: skip
        stripe.pay(page.url)
        assert come_back(order).state == "placed"
        make_calls(at=now())
        assert len(stripe.objects("refund")) == 1
        reconciled(stripe)


class TestPaymentPages:
    def test_an_order_has_one_open_page(self, stripe):
        w = world()
        order = by_card(on_shelf(w))
        assert page_of(order).url == page_of(order).url and len(stripe.objects("checkout.session")) == 1

    def test_an_order_is_not_let_go_while_its_page_is_open(self, stripe):
        w = world()
        order = by_card(on_shelf(w))
        page = page_of(order)
        late = now() + timedelta(hours=2)
        with pytest.raises(PaymentUnderWay):
            cancel_order(order=order, at=now())
        assert expire_orders(at=late) == 0
        stripe.pay(page.url)  # while we are about to close it
        assert close_pages_of_expired_orders(at=late) == 1
        make_calls(at=late)
        order.refresh_from_db()
        assert order.state == "paid" and expire_orders(at=late) == 0
        reconciled(stripe)

    def test_a_page_is_closed_before_its_order_is_let_go(self, stripe):
        w = world()
        order = by_card(on_shelf(w))
        page_of(order)
        late = now() + timedelta(hours=2)
        close_pages_of_expired_orders(at=late)
        make_calls(at=late)
        assert expire_orders(at=late) == 1
        assert [s["status"] for s in stripe.objects("checkout.session")] == ["expired"]

    def test_a_page_that_stripe_refuses_leaves_room_for_another(self, stripe):
        w = world()
        order = by_card(on_shelf(w))
        asked = ask_for_page(order=order, back="http://shop/p", leave="http://shop/o", at=now() - timedelta(hours=1))
        make_calls(at=now())  # its time is too short by now
        asked.refresh_from_db()
        assert asked.state == "closed" and page_of(order).url


class TestFaults:
    @pytest.mark.parametrize("fault", ["500 after effect", "500 before effect", "hang up after effect", "429", "409"])
    def test_whatever_stripe_answers_one_page_is_opened(self, stripe, fault):
        w = world()
        order = by_card(on_shelf(w))
        stripe.fault(fault, "/v1/checkout/sessions")
        first = page_of(order)
        assert not first.url
        for minutes in (1, 2, 3):
            make_calls(at=now() + timedelta(minutes=minutes))
        sessions = stripe.objects("checkout.session")
        if fault == "500 before effect":  # kept under its key for a day: nothing happened, and we know it
            assert sessions == [] and StripeCall.objects.get().is_uncertain
        else:
            assert len(sessions) == 1 and page_of(order).session == sessions[0]["id"]

    def test_three_days_without_webhooks_are_healed(self, stripe):
        w = world()
        listing = on_shelf(w)
        orders = [by_card(listing) for _ in range(3)]
        for order in orders:
            stripe.pay(page_of(order).url)
        assert not Payment.objects.exists()
        first, second, third = (reconcile(at=now()) for _ in range(3))
        assert (first.healed, second.healed, third.healed) == (6, 0, 0)
        assert first.differences == second.differences == ()
        assert {order.state for order in Order.objects.all()} == {"paid"}
        books_agree(stripe)

    def test_a_difference_is_told(self, stripe):
        w, stripe.differs = world(), True
        paid_by_card(stripe, on_shelf(w))
        record_entry(
            key="stripe/market/ch_nobody", action="transfer-custody", purpose="payment", at=now(), by=[OPERATOR],
            flows=[(f"{OPERATOR}/float@{PLATFORM}", f"{OPERATOR}/till@cash/fern", "EUR", 1)],
        )  # fmt: skip
        found = {(d.what, d.ours, d.stripes) for d in reconcile(at=now()).differences}
        assert found == {("ch_nobody", -1, 0), ("balance", 565, 566)}


def signed(payload: bytes, secret: str = SECRET, at: int | None = None) -> str:
    return sdk.WebhookSignature.generate_signature_header(payload.decode(), secret, at or int(time.time()))


def told(client: Client, payload: bytes, signature: str) -> int:
    headers = {"Stripe-Signature": signature}
    answer = client.post(reverse("stripe_webhook"), payload, content_type="application/json", headers=headers)
    return answer.status_code


class TestWebhooks:
    def test_twenty_times_the_same_event_is_one_row_and_one_effect(self, stripe, client):
        w = world()
        order = by_card(on_shelf(w))
        stripe.pay(page_of(order).url)
        for event in stripe.objects("event") * 20:
            payload = json.dumps(event).encode()
            assert told(client, payload, signed(payload)) == 200
        assert StripeEvent.objects.count() == len(stripe.objects("event"))
        read_events(at=now())
        order.refresh_from_db()
        assert order.state == "paid" and Payment.objects.count() == 1
        assert read_events(at=now()) == 0
        reconciled(stripe)

    @pytest.mark.parametrize(
        ("secret", "late"), [("whsec_wrong", 0), (SECRET, -400), (SECRET, 400)], ids=["wrong", "stale", "future"]
    )
    def test_a_bad_stale_or_future_signature_leaves_no_trace(self, stripe, client, caplog, secret, late):
        payload = json.dumps({"id": "evt_secret_words", "type": "x", "data": {"object": {"object": "charge"}}}).encode()
        assert told(client, payload, signed(payload, secret, int(time.time()) + late)) == 400
        assert told(client, payload, "") == 400
        assert not StripeEvent.objects.exists() and "evt_secret_words" not in caplog.text

    def test_a_body_that_was_changed_is_refused(self, stripe, client):
        payload = b'{"id": "evt_1", "type": "x", "data": {"object": {"object": "charge", "id": "ch_1"}}}'
        assert told(client, payload.replace(b"ch_1", b"ch_2"), signed(payload)) == 400

    def test_what_an_event_says_is_never_believed(self, stripe, client):
        w = world()
        order = by_card(on_shelf(w))
        page = page_of(order)
        about = {"object": "checkout.session", "id": page.session, "status": "complete", "payment_status": "paid"}
        lie = {"id": "evt_lie", "type": "checkout.session.completed", "data": {"object": about}}
        payload = json.dumps(lie).encode()
        assert told(client, payload, signed(payload)) == 200
        read_events(at=now())
        order.refresh_from_db()
        assert order.state == "placed" and not Payment.objects.exists()


def coop_with(currency: str, exponent: int):
    """Fern with another currency of its own."""
    from cooperatives.services.people import declare_units

    w = world()
    declare_units(currency=currency, exponent=exponent, at=w.later())
    type(w.fern).objects.filter(pk=w.fern.pk).update(currency=currency)
    w.fern.refresh_from_db()
    return w
