"""Money going wrong, with the books of the stand-in as witness: moneys of other sizes, disputes of what nobody wanted,
the last unit with and without its lock."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from django.db import OperationalError, connection
from hypothesis import given, settings
from hypothesis import strategies as st

from cooperatives.rules.shares import apportion
from ledger.queries import balance_of, entries_by_prefix, log_size
from ledger.rules.laws import PeriodClosed
from ledger.services.journal import close_period
from market.models import Hold, Invoice, Listing, Order, Refund
from market.rules.refunds import left_of, take_from
from market.services import checkout, payments
from market.services.catalogue import withdraw_listing
from market.services.payments import CASH, receive_payment
from market.services.refunds import ask_refund
from market.services.settlements import divide_period
from market.services.stripe_answers import make_calls
from market.services.stripe_facts import take_fact
from market.services.transfers import send_what_is_divided
from tests.market.cards import by_card, come_back, now, page_of, paid_by_card, reconciled
from tests.market.goods import CLEO, on_shelf, ordered
from tests.market.test_card_money import onboarded
from tests.sandbox.desk import DISPUTED
from tests.world import agreed, bars, key, world


@pytest.mark.quick
@pytest.mark.django_db
class TestMoneysOfOtherSizes:
    @pytest.mark.parametrize(("currency", "exponent", "price"), [("XOF", 0, 3935), ("KWD", 3, 6050), ("EUR", 2, 601)])
    def test_go_the_whole_way_and_back(self, stripe, currency, exponent, price):
        w = world(currency=currency, exponent=exponent)
        agreed(w)
        order = paid_by_card(stripe, on_shelf(w, price=price, currency=currency), 3)
        assert order.state == "paid"
        onboarded(stripe, w)
        later = now() + timedelta(seconds=1)
        divide_period(by=w.ada, cooperative=w.fern, upto=later.date(), at=later)
        send_what_is_divided(at=later)
        make_calls(at=later)
        assert len(stripe.objects("transfer")) == 1
        reconciled(stripe)
        for amount in (10, price, 2 * price - 10):
            asked = ask_refund(by=w.ada, order=order, amounts={1: amount}, why="", at=now(), key=key("refund"))
            make_calls(at=now())
            make_calls(at=now())
            asked.refresh_from_db()
            assert asked.state == "given"
            reconciled(stripe)
        assert balance_of(f"{order.owner}/pocket", currency) == 0
        assert sum(note.total for note in order.invoices.all()) == 0, "what was charged is credited"


def unwanted(stripe, w) -> tuple[Order, Refund]:
    """A charge for an order that was paid in cash meanwhile; the buyer's bank disputes it before it is given back."""
    order = by_card(on_shelf(w))
    page = page_of(order)
    receive_payment(by=w.tom, order=order, way=CASH, amount=600, at=now())
    stripe.pay(page.url, DISPUTED)
    come_back(order)
    for dispute in stripe.objects("dispute"):
        take_fact(kind="dispute", identity=dispute["id"], at=now())
    make_calls(at=now())
    return order, Refund.objects.get()


@pytest.mark.quick
@pytest.mark.django_db
class TestDisputeOfWhatNobodyWanted:
    def test_is_the_buyers_money_and_given_back_again_when_it_is_won(self, stripe):
        order, refund = unwanted(stripe, world())
        assert refund.state == "failed" and balance_of(f"{order.owner}/prepaid@stripe/market", "EUR") == 0
        reconciled(stripe)
        (dispute,) = stripe.objects("dispute")
        stripe.press(f"/desk/win/{dispute['id']}")
        for _ in "ab":
            take_fact(kind="dispute", identity=dispute["id"], at=now())
            make_calls(at=now())
        assert [row.state for row in Refund.objects.order_by("pk")] == ["failed", "given"]
        assert balance_of(f"{order.owner}/prepaid@stripe/market", "EUR") == 0
        assert [row["status"] for row in stripe.objects("refund")] == ["succeeded"]
        reconciled(stripe)

    def test_lost_it_has_gone_back_already(self, stripe):
        order, _refund = unwanted(stripe, world())
        (dispute,) = stripe.objects("dispute")
        stripe.press(f"/desk/lose/{dispute['id']}")
        take_fact(kind="dispute", identity=dispute["id"], at=now())
        make_calls(at=now())
        assert order.disputes.get().state == "lost" and not stripe.objects("refund")
        reconciled(stripe)


def twenty_want_one(listing: Listing, at: Any) -> list[str]:
    """Twenty checkouts of the last bar in one moment: what each met."""

    def place(n: int) -> str:
        try:
            buyer = checkout.Buyer(f"Buyer {n}", f"b{n}@rennet.example")
            cart = {str(listing.pk): 1}
            return checkout.place_order(cart=cart, buyer=buyer, way="pickup", at=at, key=f"the-last-bar-{n:02}").state
        except Exception as no:  # noqa: BLE001
            return type(no).__name__
        finally:
            connection.close()

    with ThreadPoolExecutor(20) as pool:
        return sorted(pool.map(place, range(20)))


@pytest.mark.quick
class TestTheLastUnit:
    def test_is_promised_once(self, own_database):
        w = world()
        assert twenty_want_one(on_shelf(w, bars(w, 1)), w.later()) == ["SoldOut"] * 19 + ["placed"]

    def test_without_the_lock_it_is_promised_twenty_times(self, own_database, monkeypatch):
        """This test's own test: were the lock needless, the one above would prove nothing."""

        together, look = Barrier(20, timeout=60), checkout._refuse_shortage

        def unlocked(lots):
            rows = Listing.objects.filter(lot_path__in=set(lots)).select_related("product__cooperative")
            return list(rows.order_by("pk"))

        def look_together(*seen):
            look(*seen)
            together.wait()  # everybody looks before anybody writes

        monkeypatch.setattr(checkout, "lock_lots", unlocked)
        monkeypatch.setattr(checkout, "_refuse_shortage", look_together)
        w = world()
        assert twenty_want_one(on_shelf(w, bars(w, 1)), w.later()) == ["placed"] * 20


def gone(**_said: Any) -> None:
    """The database goes in the middle of a transaction, as it does for whoever is connected when it is restarted."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")


@pytest.mark.quick
class TestTheDatabaseGoes:
    def test_in_the_middle_of_a_checkout_nothing_is_half_there(self, own_database, monkeypatch):
        w = world()
        listing, at = on_shelf(w), w.later()
        cart, said = {str(listing.pk): 3}, {"buyer": CLEO, "way": "pickup", "at": at, "key": "a-checkout-cut-short"}
        with monkeypatch.context() as patched:
            patched.setattr(checkout, "write_order_placed", gone)
            with pytest.raises(OperationalError):
                checkout.place_order(cart=cart, **said)
        connection.close()
        assert not Order.objects.exists() and not Hold.objects.exists()
        placed = {checkout.place_order(cart=cart, **said).pk for _ in "ab"}
        assert len(placed) == 1 == Hold.objects.count()

    def test_in_the_middle_of_a_payment_nothing_is_half_there(self, own_database, monkeypatch):
        w = world()
        order, at = ordered(w, on_shelf(w)), w.later()

        def pay():
            return receive_payment(by=w.tom, order=order, way=CASH, amount=600, at=at)

        size = log_size()
        with monkeypatch.context() as patched:
            patched.setattr(payments, "write_order_paid", gone)
            with pytest.raises(OperationalError):
                pay()
        connection.close()
        assert log_size() == size and not Invoice.objects.exists()
        assert pay().pk == pay().pk and Invoice.objects.get().number == 1
        assert balance_of("coops/fern/till@cash/fern", "EUR") == 576


@pytest.mark.quick
@pytest.mark.django_db
class TestClosingWhilePaying:
    def test_a_charge_of_a_closed_period_stands_in_the_next(self, stripe):
        w = world()
        order = by_card(on_shelf(w))
        assert stripe.pay(page_of(order).url)[0] == 303
        closed = now() + timedelta(seconds=2)  # after the charge, and before we hear of it
        close_period(owner="coops/fern", before=closed, by="members/auditor", at=closed)
        close_period(unit="EUR", before=closed, by="members/auditor", at=closed)
        heard = closed + timedelta(seconds=1)
        for page in order.pages.all():
            take_fact(kind="checkout.session", identity=page.session or "", at=heard)
        order.refresh_from_db()
        assert order.state == "paid"
        told = [*entries_by_prefix(f"order/{order.name}"), *entries_by_prefix("stripe/market")]
        assert {entry.at for entry in told} == {heard}
        ask_refund(by=w.ada, order=order, amounts={1: 100}, why="", at=heard, key="after-closing")
        make_calls(at=heard)
        assert balance_of(f"{order.owner}/pocket", "EUR") == -500
        reconciled(stripe)

    def test_what_a_person_writes_into_a_closed_period_is_refused_and_changes_nothing(self):
        w = world()
        order, at = ordered(w, on_shelf(w)), w.later()
        close_period(
            owner="coops/fern", before=at + timedelta(hours=1), by="members/auditor", at=at + timedelta(hours=1)
        )
        size = log_size()
        with pytest.raises(PeriodClosed):
            receive_payment(by=w.tom, order=order, way=CASH, amount=600, at=at)
        assert log_size() == size
        order.refresh_from_db()
        assert order.state == "placed"
        receive_payment(by=w.tom, order=order, way=CASH, amount=600, at=at + timedelta(hours=2))

    def test_goods_taken_off_the_shelf_while_a_buyer_pays_are_still_his(self, stripe):
        w = world()
        listing = on_shelf(w)
        order = by_card(listing, 2)
        page = page_of(order)
        withdraw_listing(by=w.ada, listing=listing, at=w.later())
        assert stripe.pay(page.url)[0] == 303
        assert come_back(order).state == "paid"
        with pytest.raises(checkout.NotForSale):
            by_card(listing)
        reconciled(stripe)


@pytest.mark.quick
class TestClosingAtOnce:
    def test_a_period_closed_in_the_moment_of_a_charge_leaves_it_whole_in_one_or_the_other(self, own_database, stripe):
        w = world()
        order = by_card(on_shelf(w))
        page = page_of(order)
        assert stripe.pay(page.url)[0] == 303
        time.sleep(1.1)  # Stripe tells whole seconds
        together, closed = Barrier(2, timeout=60), now()

        def tell() -> str:
            together.wait()
            try:
                take_fact(kind="checkout.session", identity=page.session or "", at=now())
            except PeriodClosed as no:
                return type(no).__name__  # the sweep asks again
            finally:
                connection.close()
            return "told"

        def close() -> str:
            together.wait()
            try:
                close_period(unit="EUR", before=closed, by="members/auditor", at=now())
            finally:
                connection.close()
            return "closed"

        with ThreadPoolExecutor(2) as pool:
            answers = [job.result() for job in (pool.submit(tell), pool.submit(close))]
        assert answers[1] == "closed" and answers[0] in {"told", "PeriodClosed"}
        assert come_back(order).state == "paid"
        told = [*entries_by_prefix(f"order/{order.name}"), *entries_by_prefix("stripe/market")]
        assert len({entry.at >= closed for entry in told if entry.purpose in {"payment", "sale"}}) == 1
        reconciled(stripe)


@pytest.mark.soak
class TestTenThousand:
    @settings(max_examples=10_000, deadline=None)
    @given(st.integers(1, 10**12), st.dictionaries(st.text("abcdef", min_size=1, max_size=3), st.integers(0, 10**6)))
    def test_splits_sum_to_the_cent_and_give_nobody_more_than_a_cent_too_much(self, amount, weights):
        if not sum(weights.values()):
            return
        parts, whole = apportion(amount, weights), sum(weights.values())
        assert sum(parts.values()) == amount
        assert all(abs(parts[name] * whole - amount * weight) < whole for name, weight in weights.items() if weight)

    @settings(max_examples=10_000, deadline=None)
    @given(
        st.lists(st.integers(0, 9_000), min_size=4, max_size=4).filter(any),
        st.lists(st.integers(1, 36_000), max_size=30),
    )
    def test_refunds_in_any_sequence_end_at_nought_and_never_ask_for_more_than_is_left(self, amounts, refunds):
        left = dict(zip(("commission", "processor", "rest", "tax"), amounts, strict=True))
        for amount in (*refunds, sum(amounts)):
            left = left_of(left, [take_from(min(amount, sum(left.values())), left)])
            assert all(quantity >= 0 for quantity in left.values())
        assert not any(left.values())
