"""Receiving money: the payment, the sale and the goods move together or not at all, and only once."""

import pytest

from ledger.queries import balance_of, entries_by_key, log_size
from ledger.rules.laws import BelowFloor
from ledger.rules.refusal import NotAllowed, Refusal
from ledger.services.journal import record_entry
from market.models import Hold, Letter, Payment
from market.services.orders import NotYetPaid, NotYourOrder, OrderCancelled, cancel_order, hand_over
from market.services.payments import (
    BANK,
    CASH,
    AlreadyPaid,
    AmountDiffers,
    LineUsed,
    NoStatementLineGiven,
    receive_payment,
)
from tests.market.goods import on_shelf, ordered
from tests.world import world

pytestmark = [pytest.mark.quick, pytest.mark.django_db]

FERN, OPERATOR, E_FERN = "coops/fern", "operators/market", "EUR@coops/fern"


class TestCashAtPickUp:
    def test_money_claims_and_goods_move_in_one_go(self):
        w = world()
        listing = on_shelf(w)
        order = ordered(w, listing)
        receive_payment(by=w.tom, order=order, way=CASH, amount=600, at=w.later())
        assert balance_of(f"{FERN}/till@cash/fern", "EUR") == 576
        assert balance_of(f"{OPERATOR}/till@cash/fern", "EUR") == 24
        assert balance_of("tax/gh/purse", E_FERN) == 31
        assert balance_of(listing.earned_path, E_FERN) == 545
        assert balance_of(listing.lot_address, "bar") == 399
        assert balance_of(f"{order.owner}/goods", "bar") == 1
        assert balance_of(f"{order.owner}/prepaid@cash/fern", "EUR") == 0

    def test_the_entries_are_those_of_the_book(self):
        w = world()
        order = ordered(w, on_shelf(w))
        receive_payment(by=w.tom, order=order, way=CASH, amount=600, at=w.later())
        keys = {
            f"cash/fern/order-{order.name}": ("transfer-custody", "payment", "two-sided"),
            f"order/{order.name}/line/1": ("transfer-all-rights", "sale", "invoice"),
            f"order/{order.name}/handed/1": ("transfer-custody", "handover", "two-sided"),
        }
        found = entries_by_key(keys)
        assert {key: (e.action, e.purpose, e.evidence) for key, e in found.items()} == keys

    def test_the_hold_becomes_the_sale_and_a_letter_is_written(self):
        w = world()
        order = ordered(w, on_shelf(w))
        receive_payment(by=w.tom, order=order, way=CASH, amount=600, at=w.later())
        order.refresh_from_db()
        assert order.state == "handed_over" and not Hold.objects.exists()
        assert Letter.objects.filter(key=f"{order.name}/paid").count() == 1

    def test_again_it_is_the_same_payment(self):
        w = world()
        order = ordered(w, on_shelf(w))
        first = receive_payment(by=w.tom, order=order, way=CASH, amount=600, at=w.later())
        size = log_size()
        assert receive_payment(by=w.tom, order=order, way=CASH, amount=600, at=w.later()) == first
        assert log_size() == size and Payment.objects.count() == 1

    def test_refuses_another_amount(self):
        w = world()
        order = ordered(w, on_shelf(w))
        for amount in (599, 601):
            with pytest.raises(AmountDiffers):
                receive_payment(by=w.tom, order=order, way=CASH, amount=amount, at=w.later())

    def test_refuses_a_second_payment_of_another_kind(self):
        w = world()
        order = ordered(w, on_shelf(w))
        receive_payment(by=w.tom, order=order, way=CASH, amount=600, at=w.later())
        with pytest.raises(AlreadyPaid):
            receive_payment(by=w.tom, order=order, way=BANK, amount=600, statement_line="77", at=w.later())

    def test_refuses_a_cancelled_order_and_a_member_without_a_role_and_another_stall(self):
        w, other = world(), world("oak", "Oak")
        order = ordered(w, on_shelf(w))
        for by, no in ((w.ben, NotAllowed), (other.ada, NotYourOrder)):
            with pytest.raises(no):
                receive_payment(by=by, order=order, way=CASH, amount=600, at=w.later())
        cancel_order(order=order, at=w.later())
        with pytest.raises(OrderCancelled):
            receive_payment(by=w.tom, order=order, way=CASH, amount=600, at=w.later())

    def test_when_the_goods_are_gone_nothing_is_paid(self):
        w = world()
        listing = on_shelf(w, number=1)
        order = ordered(w, listing)
        record_entry(
            key="lot/eaten", action="lower", purpose="expiry", at=w.later(), by=[w.ada.address],
            flows=[(listing.lot_address, "nature/soil/body", "bar", 1)],
        )  # fmt: skip
        with pytest.raises(BelowFloor):
            receive_payment(by=w.tom, order=order, way=CASH, amount=600, at=w.later())
        order.refresh_from_db()
        assert order.state == "placed" and not Payment.objects.exists()
        assert balance_of(f"{FERN}/till@cash/fern", "EUR") == 0


class TestBankTransfer:
    def test_the_line_of_the_statement_is_the_key_and_the_goods_wait(self):
        w = world()
        listing = on_shelf(w)
        order = ordered(w, listing, way="bank")
        receive_payment(by=w.tom, order=order, way=BANK, amount=600, statement_line="2026-11-24-7", at=w.later())
        order.refresh_from_db()
        assert order.state == "paid" and "bank/fern/2026-11-24-7" in entries_by_key(["bank/fern/2026-11-24-7"])
        assert balance_of(f"{order.owner}/parcels@{listing.hub}", "bar") == 1

    def test_refuses_no_line_and_a_line_that_pays_another_order(self):
        w = world()
        listing = on_shelf(w)
        one, other = ordered(w, listing), ordered(w, listing)
        with pytest.raises(NoStatementLineGiven):
            receive_payment(by=w.tom, order=one, way=BANK, amount=600, at=w.later())
        receive_payment(by=w.tom, order=one, way=BANK, amount=600, statement_line="7", at=w.later())
        with pytest.raises(LineUsed):
            receive_payment(by=w.tom, order=other, way=BANK, amount=600, statement_line="7", at=w.later())


class TestHandOver:
    def test_the_parcel_leaves_once(self):
        w = world()
        listing = on_shelf(w)
        order = ordered(w, listing, 2)
        receive_payment(by=w.tom, order=order, way=BANK, amount=1200, statement_line="9", at=w.later())
        for _ in "ab":
            assert hand_over(by=w.tom, order=order, at=w.later()).state == "handed_over"
        assert balance_of(f"{order.owner}/goods", "bar") == 2

    def test_refuses_what_is_not_paid(self):
        w = world()
        with pytest.raises(NotYetPaid):
            hand_over(by=w.tom, order=ordered(w, on_shelf(w)), at=w.later())

    def test_refuses_a_stranger(self):
        w, other = world(), world("oak", "Oak")
        with pytest.raises(Refusal):
            hand_over(by=other.ada, order=ordered(w, on_shelf(w)), at=w.later())
