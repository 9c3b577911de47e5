"""A part of an order in members' credit: as far as the goods take it, back when nothing comes of it, never as euros."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cooperatives.services.credit import BeyondTheirLimit, BeyondYourLimit, ask_credit_payment, set_limits
from ledger.queries import balance_of, balances, entries_by_key
from ledger.rules.laws import KeyHasAnotherBody
from ledger.services.log import publish_checkpoint
from ledger.services.verify import verify_log
from market.models import CreditPart, Order, Refund
from market.queries import open_of, where_money_went
from market.queries.credit import left_in_credit
from market.rules.cards import PLATFORM
from market.rules.credit import Priced, caps, credit_back, laid_on
from market.services.approvals import approve_wish
from market.services.credit_parts import (
    NotForCredit,
    PartInCreditThere,
    TooMuchCredit,
    credit_offer,
    pay_part_in_credit,
)
from market.services.orders import AlreadyPaid, PaymentUnderWay, cancel_order, expire_orders
from market.services.payments import CASH, receive_payment
from market.services.refunds import TooMuch
from market.services.refunds_by_hand import refund_order
from market.services.stripe_answers import make_calls
from tests.cooperatives.circle import opened, paid
from tests.market.cards import by_card, come_back, now, page_of, reconciled
from tests.market.goods import on_shelf, ordered, treasurer
from tests.market.test_mixed import conserved
from tests.market.test_shop_pages import words
from tests.sandbox.desk import GOOD
from tests.world import agreed, key, world

pytestmark = pytest.mark.quick
needs_db = pytest.mark.django_db
HALF = {"credit_share": 50}


@pytest.fixture
def w(db):
    """Fern with a circle of hours (12.00 an hour) and bars at 6.00 that take half of it in hours."""
    found = world()
    found.eve = treasurer(found)
    agreed(found)
    found.circle = opened(found, found.eve)
    found.shelf = on_shelf(found, **HALF)
    return found


def in_credit(w, order, quantity, by=None, **more) -> CreditPart:
    said = {"key": "key-of-a-part-" + key()[-6:], "at": w.later()} | more
    made = pay_part_in_credit(by=by or w.ben, order=order, quantity=quantity, **said)
    order.refresh_from_db()
    return made


def hours(w, owner) -> int:
    return balance_of(f"{owner}/purse", "HFERN")


class TestRules:
    def test_tax_commission_and_a_cent_stay_in_money(self):
        lines = [(1, 600, 31, 24, 50), (2, 600, 31, 24, 100), (3, 600, 0, 0, 100), (4, 1, 0, 0, 100)]
        assert caps(Priced(*line) for line in lines) == {1: 300, 2: 545, 3: 599, 4: 0}

    @given(st.lists(st.integers(0, 1_000), min_size=1, max_size=6), st.data())
    def test_no_line_is_laid_more_on_than_it_takes(self, most, data):
        by_number = dict(enumerate(most, start=1))
        amount = data.draw(st.integers(0, sum(most)))
        laid = laid_on(amount, by_number)
        assert sum(laid.values()) == amount and all(laid[n] <= by_number[n] for n in laid)

    @given(st.integers(1, 10_000), st.lists(st.integers(1, 500), min_size=1, max_size=8))
    def test_what_goes_back_in_parts_is_all_in_the_end(self, credit, parts):
        worth, before, back = sum(parts), 0, 0
        for amount in parts:
            back += credit_back(credit=credit, worth=worth, before=before, amount=amount)
            before += amount
        assert back == credit


class TestPayPartInCredit:
    def test_the_rest_is_open_and_the_sale_gives_each_its_own_unit(self, w):
        order = ordered(w, w.shelf, 2)  # 12.00, of which 6.00 may be half an hour
        offer = credit_offer(w.ben, order)
        assert (offer.most, offer.worth) == (30, 600)
        part = in_credit(w, order, 25)
        assert (part.worth, open_of(order), hours(w, w.ben.address)) == (500, 700, -25)
        assert balance_of(f"{order.owner}/prepaid", "HFERN") == 25 and hours(w, w.fern.address) == 0
        receive_payment(by=w.tom, order=order, way=CASH, amount=700, at=w.later())
        assert hours(w, w.fern.address) == 25 and balance_of(f"{order.owner}/prepaid", "HFERN") == 0
        assert balance_of("tax/gh/purse", "EUR@coops/fern") == 63, "tax is of the whole price, and paid in money"
        assert balance_of(w.shelf.earned_path, "EUR@coops/fern") == 1_200 - 500 - 63 - 48
        went = where_money_went(order=Order.objects.get(pk=order.pk))
        assert went.price == 700 and went.money == "EUR"
        assert sum(row.quantity for row in balances(unit="HFERN")) == 0
        conserved()
        publish_checkpoint()
        assert verify_log().agrees

    def test_the_same_key_pays_once_and_another_part_is_refused(self, w):
        order = ordered(w, w.shelf, 2)
        first = in_credit(w, order, 25, key="one-key-of-a-part")
        assert in_credit(w, order, 25, key="one-key-of-a-part") == first and hours(w, w.ben.address) == -25
        with pytest.raises(KeyHasAnotherBody):
            in_credit(w, order, 20, key="one-key-of-a-part")
        with pytest.raises(PartInCreditThere):
            in_credit(w, order, 5)

    def test_refuses_more_than_the_goods_take_or_the_account_has(self, w):
        order = ordered(w, w.shelf, 2)
        with pytest.raises(TooMuchCredit):
            in_credit(w, order, 31)
        set_limits(by=w.eve, circle=w.circle, owner=w.ben.address, floor=10, ceiling=60, at=w.later())
        with pytest.raises(BeyondYourLimit):
            in_credit(w, order, 11)
        assert credit_offer(w.ben, order).most == 10
        set_limits(by=w.eve, circle=w.circle, owner=w.fern.address, floor=0, ceiling=4, at=w.later())
        with pytest.raises(BeyondTheirLimit):
            in_credit(w, order, 5)
        assert not CreditPart.objects.exists()

    def test_refuses_where_the_goods_take_none_and_those_outside(self, w):
        oak = world("oak", "Oak Mill", "fr/jura")
        with pytest.raises(NotForCredit):
            in_credit(w, ordered(w, w.shelf), 5, by=oak.ben)
        plain = ordered(w, on_shelf(w, price=500))
        with pytest.raises(NotForCredit):
            in_credit(w, plain, 5)
        assert credit_offer(w.ben, plain) is None
        order = ordered(w, w.shelf)
        receive_payment(by=w.tom, order=order, way=CASH, amount=600, at=w.later())
        with pytest.raises(AlreadyPaid):
            in_credit(w, order, 5)

    @pytest.mark.parametrize("how", ["cancelled", "expired"])
    def test_nothing_comes_of_the_order_and_it_goes_back(self, w, how):
        order = ordered(w, w.shelf, 2)
        part = in_credit(w, order, 25)
        assert order.expires_at > w.at
        if how == "cancelled":
            cancel_order(order=order, at=w.later())
        else:
            assert expire_orders(at=w.later(days=30)) == 1
        assert hours(w, w.ben.address) == 0 and balance_of(f"{order.owner}/prepaid", "HFERN") == 0
        part.refresh_from_db()
        assert part.returned == 25

    def test_it_comes_back_though_its_owner_is_at_the_ceiling_by_then(self, w):
        order = ordered(w, w.shelf, 2)
        in_credit(w, order, 25)
        paid(w, w.circle, w.eve, w.ben.address, 500)
        set_limits(by=w.eve, circle=w.circle, owner=w.ben.address, floor=0, ceiling=400, at=w.later())
        cancel_order(order=order, at=w.later())
        assert hours(w, w.ben.address) == 500


class TestRefund:
    def refund(self, w, order, amount, line="", **more):
        said = {"by": w.ada, "why": "", "at": w.later(), "key": key("refund")} | more
        return refund_order(order=order, amounts={1: amount}, statement_line=line, **said)

    def test_money_first_and_credit_last(self, w):
        order = ordered(w, w.shelf, 2)
        in_credit(w, order, 25)
        receive_payment(by=w.tom, order=order, way=CASH, amount=700, at=w.later())
        made = self.refund(w, order, 900, "out-1", key="once")
        assert [(row.amount, row.credit) for row in made] == [(700, 0), (200, 10)]
        assert self.refund(w, order, 900, "out-1", key="once") == made
        assert (hours(w, w.ben.address), hours(w, w.fern.address)) == (-15, 15)
        with pytest.raises(TooMuch):
            self.refund(w, order, 301)
        self.refund(w, order, 300)
        assert hours(w, w.ben.address) == hours(w, w.fern.address) == 0 and left_in_credit(order) == {1: 0}
        sold = entries_by_key([f"order/{order.name}/credit"])[f"order/{order.name}/credit"]
        assert sold.purpose == "sale"
        assert sum(note.total for note in order.invoices.all()) == 0
        conserved()

    def test_what_the_cooperative_spent_cannot_go_back(self, w):
        order = ordered(w, w.shelf, 2)
        in_credit(w, order, 25)
        receive_payment(by=w.tom, order=order, way=CASH, amount=700, at=w.later())
        self.refund(w, order, 700, "out-1")
        set_limits(by=w.eve, circle=w.circle, owner=w.fern.address, floor=0, ceiling=60, at=w.later())
        wish = ask_credit_payment(
            by=w.eve, circle=w.circle, to=w.tom.address, quantity=20, at=w.later(), key="credit/spent"
        )
        approve_wish(by=w.ada, approval=wish, at=w.later())
        with pytest.raises(BeyondYourLimit):
            self.refund(w, order, 500)
        assert Refund.objects.count() == 1

    @settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
    @given(pieces=st.integers(1, 5), quantity=st.integers(1, 80), backs=st.lists(st.integers(1, 1_500), max_size=6))
    def test_in_any_sequence_both_units_are_conserved(self, w, pieces, quantity, backs):
        order = ordered(w, w.shelf, pieces)
        had = hours(w, w.ben.address), hours(w, w.fern.address)
        try:
            part = in_credit(w, order, quantity)
        except (TooMuchCredit, BeyondYourLimit, BeyondTheirLimit):
            part = None
        open_ = open_of(order)
        assert open_ == order.total - (part.worth if part else 0) > 0
        receive_payment(by=w.tom, order=order, way=CASH, amount=open_, at=w.later())
        given_back = 0
        for amount in backs:
            try:
                self.refund(w, order, amount, key("b").replace("/", "-"))
                given_back += amount
            except TooMuch:
                pass
        in_money = min(given_back, open_)
        assert -balance_of(f"{order.owner}/pocket", "EUR") == open_ - in_money
        if part:
            part.refresh_from_db()
            assert part.returned == part.quantity if given_back == order.total else part.returned < part.quantity
            kept = part.quantity - part.returned
            assert (hours(w, w.ben.address), hours(w, w.fern.address)) == (had[0] - kept, had[1] + kept)
        assert sum(row.quantity for row in balances(unit="HFERN")) == 0
        conserved()


class TestCreditAndCard:
    def test_half_in_hours_and_half_by_card_and_back_again(self, w, stripe):
        order = by_card(w.shelf, 2)
        in_credit(w, order, 30)
        page = page_of(order)
        assert page.amount == 600
        with pytest.raises(PaymentUnderWay):
            pay_part_in_credit(by=w.tom, order=by_card_open(w), quantity=5, at=now(), key="while-a-page-is-open")
        assert stripe.pay(page.url, GOOD)[0] == 303
        order = come_back(order)
        assert order.state == "paid" and hours(w, w.fern.address) == 30
        assert {row.keeper: row.amount for row in order.payments.all()} == {PLATFORM: 600}
        reconciled(stripe)
        made = refund_order(by=w.ada, order=order, amounts={1: 1_200}, why="", at=now(), key="all-of-it")
        assert [(row.amount, row.credit) for row in made] == [(600, 0), (600, 30)]
        for _ in range(2):
            make_calls(at=now())
        assert hours(w, w.ben.address) == 0 and balance_of(f"{order.owner}/pocket", "EUR") == 0
        conserved()
        reconciled(stripe)


def by_card_open(w) -> Order:
    """An order whose page at Stripe is open."""
    order = by_card(w.shelf)
    page_of(order)
    return order


class TestPages:
    BACKEND = "allauth.account.auth_backends.AuthenticationBackend"

    def test_a_member_pays_a_part_and_sees_what_is_open(self, w, client):
        order = ordered(w, w.shelf, 2)
        own, paying = reverse("order", args=[order.token]), reverse("pay_in_credit", args=[order.token])
        assert "members’ credit" not in words(client.get(own)), "a guest is not asked"
        client.force_login(w.people["ben"], backend=self.BACKEND)
        assert "Pay a part in members’ credit" in words(client.get(own))
        for page in (own, paying):
            with CaptureQueriesContext(connection) as asked:
                assert client.get(page).status_code == 200
            assert len(asked) <= 12
        assert "0:30" in client.get(paying).content.decode()
        said = {"key": "a-key-from-the-page", "quantity": "0:25"}
        sure = words(client.post(paying, said))
        assert "€5.00" in sure and "€7.00" in sure and not CreditPart.objects.exists()
        assert client.post(paying, {**said, "quantity": "9:00", "sure": "yes"}).status_code == 409
        assert client.post(paying, {**said, "quantity": "much"}).status_code == 422
        assert client.post(paying, {**said, "sure": "yes"}).status_code == 302
        page = words(client.get(own))
        assert "0:25" in page and "Still open" in page and "€7.00" in page
        client.force_login(w.people["tom"], backend=self.BACKEND)
        desk = words(client.get(reverse("stall_order", args=["fern", order.name])))
        assert "0:25" in desk and "Take €7.00 in cash" in desk

    def test_the_shelf_says_what_share_it_takes(self, w, client):
        assert "up to 50 %" in words(client.get(reverse("listing", args=[w.shelf.pk])))

    def test_the_api_pays_a_part_once(self, w):
        order, client = ordered(w, w.shelf, 2), Client()
        path = f"/api/1/credit/fern/orders/{order.token}/"
        said = {"key": "a-key-of-a-program", "quantity": 25}
        assert client.post(path, said, content_type="application/json").status_code in (401, 403)
        client.force_login(w.people["ben"], backend=self.BACKEND)
        first, again = (client.post(path, said, content_type="application/json") for _ in range(2))
        assert first.status_code == again.status_code == 201 and first.json() == again.json()
        assert (first.json()["worth"], first.json()["open"]) == ("500", "700")
        client.force_login(w.people["tom"], backend=self.BACKEND)
        seen = client.get(f"/api/1/stalls/fern/orders/{order.name}/payments/").json()
        assert seen["credit"] == {"unit": "HFERN", "quantity": "25", "worth": "500"} and seen["open"] == "700"
