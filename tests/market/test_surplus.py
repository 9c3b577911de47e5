"""A transfer typed by hand may be a part or too much: what is too much lies there, and goes back or on, once."""

import re

import pytest
from django.test import Client
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.queries import balance_of
from ledger.rules.refusal import NotAllowed
from ledger.services.log import publish_checkpoint
from ledger.services.verify import verify_log
from market.models import Order, Payment
from market.queries import open_of, surplus_of, where_money_went
from market.rules.words import bank_reference
from market.services.orders import NotYourOrder, cancel_order
from market.services.payments import BANK, AmountDiffers, LineUsed, NothingCame, receive_payment
from market.services.statements import NoSuchReference
from market.services.surplus import (
    LessThanThat,
    LineTold,
    NothingOpenThere,
    NothingTooMuch,
    SayWhichLineItWas,
    forward_surplus,
    give_surplus_back,
)
from tests.market.goods import on_shelf, ordered
from tests.market.test_mixed import conserved
from tests.market.test_shop_pages import words
from tests.world import world

pytestmark = [pytest.mark.quick, pytest.mark.django_db]
BANK_OF_FERN = "bank/fern"


def came(w, order, amount, line="n-1", **more):
    said = {"by": w.tom, "way": BANK, "is_sure": True} | more
    made = receive_payment(order=order, amount=amount, statement_line=line, at=w.later(), **said)
    order.refresh_from_db()
    return made


@pytest.fixture
def w(db):
    found = world()
    found.shelf = on_shelf(found)
    return found


class TestAPart:
    def test_waits_for_the_rest_and_the_last_part_sells_it(self, w):
        order = ordered(w, w.shelf, way="bank")
        until = order.expires_at
        assert came(w, order, 250) is None and (order.state, open_of(order)) == ("placed", 350)
        assert order.expires_at > until
        assert came(w, order, 250) is None and open_of(order) == 350, "the same line is the same money"
        paid = came(w, order, 350, "n-2")
        assert order.state == "paid" and paid.amount == 600 and surplus_of(order, BANK_OF_FERN) == 0
        conserved()

    def test_nobody_records_another_amount_by_a_slip(self, w):
        order = ordered(w, w.shelf, way="bank")
        for amount in (599, 601, 60_000):
            with pytest.raises(AmountDiffers):
                came(w, order, amount, is_sure=False)
        with pytest.raises(NothingCame):
            came(w, order, 0)
        other = ordered(w, w.shelf, way="bank")
        came(w, other, 100)
        with pytest.raises(LineUsed):
            came(w, order, 100)
        assert not Payment.objects.exists()


class TestTooMuch:
    def test_lies_there_for_the_buyer_and_goes_back_once(self, w):
        order = ordered(w, w.shelf, way="bank")
        came(w, order, 750)
        assert order.state == "paid" and surplus_of(order, BANK_OF_FERN) == 150
        with pytest.raises(LessThanThat):
            give_surplus_back(by=w.ada, order=order, amount=151, statement_line="out", at=w.later())
        with pytest.raises(SayWhichLineItWas):
            give_surplus_back(by=w.ada, order=order, amount=150, statement_line=" ", at=w.later())
        with pytest.raises(LineTold):
            give_surplus_back(by=w.ada, order=order, amount=150, statement_line="n-1", at=w.later())
        with pytest.raises(NotAllowed):
            give_surplus_back(by=w.tom, order=order, amount=150, statement_line="out", at=w.later())
        for _ in "twice":
            give_surplus_back(by=w.ada, order=order, amount=100, statement_line="out", at=w.later())
        assert surplus_of(order, BANK_OF_FERN) == 50
        give_surplus_back(by=w.ada, order=order, amount=50, statement_line="out-2", at=w.later())
        assert balance_of(f"{order.owner}/pocket", "EUR") == -600
        with pytest.raises(NothingTooMuch):
            give_surplus_back(by=w.ada, order=order, amount=1, statement_line="out-3", at=w.later())
        assert where_money_went(order=order).price == 600
        conserved()

    def test_what_comes_for_a_cancelled_order_or_a_paid_one_is_a_fact(self, w):
        gone, paid = ordered(w, w.shelf, way="bank"), ordered(w, w.shelf, way="bank")
        cancel_order(order=gone, at=w.later(), by=w.ada)
        came(w, gone, 600)
        came(w, paid, 600, "n-2")
        came(w, paid, 600, "n-3")
        gone.refresh_from_db()
        assert gone.state == "cancelled" and surplus_of(gone, BANK_OF_FERN) == surplus_of(paid, BANK_OF_FERN) == 600
        assert Payment.objects.count() == 1
        conserved()

    def test_pays_another_order_as_far_as_that_is_open(self, w):
        order, other = ordered(w, w.shelf, way="bank"), ordered(w, w.shelf, way="bank")
        came(w, order, 1_000)
        forward_surplus(by=w.tom, order=order, reference=bank_reference(other.name), at=w.later())
        other.refresh_from_db()
        assert open_of(other) == 200 and surplus_of(order, BANK_OF_FERN) == 0
        came(w, other, 500, "n-2")
        other.refresh_from_db()
        assert other.state == "paid" and surplus_of(other, BANK_OF_FERN) == 300
        third = ordered(w, w.shelf, way="bank")
        came(w, third, 500, "n-3")
        forward_surplus(by=w.ada, order=other, reference=bank_reference(third.name), at=w.later())
        third.refresh_from_db()
        assert third.state == "paid" and third.payments.get().amount == 600 and surplus_of(other, BANK_OF_FERN) == 200
        for each in (order, other, third):
            assert where_money_went(order=Order.objects.get(pk=each.pk)).price == 600
        conserved()
        publish_checkpoint()
        assert verify_log().agrees

    def test_goes_on_to_no_order_that_is_not_open_or_not_here(self, w):
        order, paid = ordered(w, w.shelf, way="bank"), ordered(w, w.shelf, way="bank")
        with pytest.raises(NothingTooMuch):
            forward_surplus(by=w.ada, order=order, reference=bank_reference(paid.name), at=w.later())
        came(w, order, 700)
        came(w, paid, 600, "n-2")
        with pytest.raises(NothingOpenThere):
            forward_surplus(by=w.ada, order=order, reference=bank_reference(paid.name), at=w.later())
        oak = world("oak", "Oak Mill", "fr/jura")
        theirs = ordered(oak, on_shelf(oak), way="bank")
        for reference in ("R-NOTHING", bank_reference(order.name), bank_reference(theirs.name)):
            with pytest.raises(NoSuchReference):
                forward_surplus(by=w.ada, order=order, reference=reference, at=w.later())
        with pytest.raises(NotYourOrder):
            give_surplus_back(by=oak.ada, order=order, amount=1, statement_line="x", at=oak.later())

    @settings(max_examples=8, suppress_health_check=list(HealthCheck))
    @given(st.lists(st.integers(1, 900), min_size=1, max_size=5))
    def test_whatever_comes_is_price_or_lies_there(self, w, parts):
        order = ordered(w, w.shelf, way="bank")
        for n, amount in enumerate(parts):
            came(w, order, amount, f"{order.name}-{n}")
        total = sum(parts)
        assert open_of(order) == max(0, 600 - total) and order.is_sold == (total >= 600)
        assert surplus_of(order, BANK_OF_FERN) == max(0, total - 600)
        conserved()


class TestPages:
    def test_a_clerk_records_a_part_and_a_treasurer_sends_back_what_is_too_much(self, w, client: Client):
        order = ordered(w, w.shelf, way="bank")
        client.force_login(w.tom.member)
        to, where = (reverse(name, args=["fern", order.name]) for name in ("receive_payment", "stall_order"))
        said = {"way": "bank", "amount": "2.50", "statement_line": "n-1"}
        assert client.post(to, said).status_code == 409
        assert client.post(to, said | {"is_sure": "on"}).status_code == 302
        assert "3.50" in words(client.get(where)) and "Too much came" not in words(client.get(where))
        client.post(to, {"way": "bank", "amount": "4.00", "statement_line": "n-2", "is_sure": "on"})
        page = words(client.get(where))
        assert "Too much came" in page and "0.50" in page and "Send it back" not in page
        assert "Too much came €0.50" in words(client.get(reverse("order", args=[order.token])))
        back = {"surplus-amount": "0.50", "surplus-statement_line": "out"}
        assert client.post(reverse("give_surplus_back", args=["fern", order.name]), back).status_code == 403
        client.force_login(w.ada.member)
        assert "Send it back" in words(client.get(where))
        assert client.post(reverse("give_surplus_back", args=["fern", order.name]), back).status_code == 302
        assert surplus_of(order, BANK_OF_FERN) == 0
        buyers = words(client.get(reverse("order", args=[order.token])))
        assert "Too much came" not in buyers and re.search("Given back €0.50, .{9,40} by bank transfer", buyers)

    def test_it_is_laid_on_another_order(self, w, client: Client):
        order, other = ordered(w, w.shelf, way="bank"), ordered(w, w.shelf, way="bank")
        came(w, order, 700)
        client.force_login(w.tom.member)
        to = reverse("forward_surplus", args=["fern", order.name])
        assert client.post(to, {"forward-reference": "R-NOTHING"}).status_code == 409
        answer = client.post(to, {"forward-reference": bank_reference(other.name)})
        assert answer.status_code == 302 and other.name in answer.url and open_of(other) == 500

    def test_strangers_are_refused(self, w, client: Client):
        order = ordered(w, w.shelf, way="bank")
        client.force_login(world("oak", "Oak Mill", "fr/jura").ada.member)
        for name in ("give_surplus_back", "forward_surplus"):
            assert client.post(reverse(name, args=["fern", order.name])).status_code == 404
