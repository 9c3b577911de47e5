"""Dividing an order cycle: exactly what was sold in it, once, with what is late or waits coming in a later division."""

from datetime import date, timedelta
from fractions import Fraction

import pytest

from ledger.queries import balance_of, balances, entry, log_size
from ledger.rules.refusal import NotAllowed
from market.models import Division, Order, Payment, Transfer
from market.pages.divisions import incomes_of
from market.pages.payouts import statement_of
from market.queries import (
    cycle_called,
    earned_in,
    earned_in_cycles,
    earnings_of,
    trail_behind,
    waiting_for_fees,
    where_money_went,
)
from market.queries.divisions import Waiting
from market.rules.settlements import sold_share
from market.services.cards import take_charge
from market.services.cycles import CycleStillOpen, close_cycle
from market.services.payments import BANK, CASH, receive_payment
from market.services.payouts import prepare_payout
from market.services.refunds import FeeNotKnown, ask_refund
from market.services.refunds_by_hand import give_back
from market.services.settlements import NoAgreement, divide_cycle, divide_period
from market.services.stripe_answers import make_calls
from market.services.stripe_facts import take_fact
from market.services.transfers import send_what_is_divided
from tests.market.cards import by_card, come_back, page_of, paid_by_card, reconciled
from tests.market.cards import now as real_now
from tests.market.cycles import after, cycle, only
from tests.market.goods import bought, on_shelf, ordered, stall, treasurer
from tests.market.test_card_money import onboarded
from tests.sandbox.desk import DISPUTED
from tests.world import agreed, world

pytestmark = [pytest.mark.quick, pytest.mark.django_db]

FERN, E_FERN, TODAY = "coops/fern", "EUR@coops/fern", date(2026, 12, 24)


def paid(w, order, line: str = ""):
    way = BANK if line else CASH
    receive_payment(by=w.tom, order=order, way=way, amount=order.total, statement_line=line, at=w.later())


def divided(w, row):
    return divide_cycle(by=w.ada, cooperative=w.fern, cycle=row, at=w.later())


def two_cycles(w):
    """One listing sold 2 pieces outside of cycles, 3 in the first cycle and 4 in the second."""
    listing = on_shelf(w)
    bought(w, listing, 2)
    rows = []
    for pieces in (3, 4):
        rows.append(cycle(w))
        bought(w, listing, pieces)
        after(w, rows[-1])
    return listing, *rows


class TestDivideCycle:
    def test_divides_exactly_its_own_sales_in_any_order(self):
        w = world()
        agreed(w)
        listing, first, second = two_cycles(w)
        (late,) = divided(w, second)
        assert (late.amount, late.cycle, late.period) == (2179, second, "fern/fern-2/1")
        assert earned_in_cycles(w.fern) == {"fern-1": 1634} and earnings_of(w.fern) == {listing.earned_path: 1089}
        (early,) = divided(w, first)
        (outside,) = divide_period(by=w.ada, cooperative=w.fern, upto=TODAY, at=w.later())
        assert (early.amount, outside.amount, outside.cycle) == (1634, 1089, None)
        assert not [row for row in balances(prefix=f"{FERN}/earned/") if row.quantity]
        went = where_money_went(listing=listing)
        assert went.price == 9 * 600 and not went.waiting

    def test_the_part_of_a_lot_behind_it_is_what_the_cycle_sold(self):
        """Hours are paid a floor for the part of the lot that was sold: 3 and 4 of 400 bars, whichever comes first."""
        w = world()
        agreed(w)
        _listing, first, second = two_cycles(w)
        shares = {}
        for row in (second, first):
            (made,) = divided(w, row)
            floors = [why for why in made.parts["why"] if why[1] == "floors"]
            shares[row.code] = sum(why[4] for why in floors)
        assert shares["fern-1"] * 4 == pytest.approx(shares["fern-2"] * 3, abs=4)

    def test_a_sale_that_is_not_divided_waits_and_others_do_not(self):
        w = world()
        agreed(w)
        listing, first, second = two_cycles(w)
        divided(w, second)
        assert where_money_went(listing=listing).waiting == 1089 + 1634
        divided(w, first)
        assert where_money_went(listing=listing).waiting == 1089

    def test_again_nothing_is_divided_twice(self):
        w = world()
        agreed(w)
        _listing, first, _second = two_cycles(w)
        divided(w, first)
        size = log_size()
        assert divided(w, first) == [] and log_size() == size

    def test_what_is_paid_after_closing_comes_in_its_next_division(self):
        w = world()
        agreed(w)
        listing, row = on_shelf(w), None
        row = cycle(w)
        on_time, late = ordered(w, listing), ordered(w, listing, 2, way="bank")
        paid(w, on_time)
        close_cycle(by=w.ada, cycle=row, at=w.later())
        (first,) = divided(w, row)
        paid(w, late, line="1")
        (second,) = divided(w, row)
        assert (first.amount, second.amount, second.period) == (545, 1089, "fern/fern-1/2")
        assert second.cycle == row and not where_money_went(order=late).waiting

    def test_refuses_what_nobody_may_divide_yet(self):
        w = world()
        row = cycle(w)
        bought(w, on_shelf(w))
        with pytest.raises(CycleStillOpen):
            divided(w, row)
        close_cycle(by=w.ada, cycle=row, at=w.later())
        with pytest.raises(NoAgreement):
            divided(w, row)
        agreed(w)
        for by in (w.ben, w.tom, world("oak", "Oak").ada):
            with pytest.raises(NotAllowed):
                divide_cycle(by=by, cooperative=w.fern, cycle=row, at=w.later())
        assert divide_cycle(by=treasurer(w), cooperative=w.fern, cycle=row, at=w.later())

    def test_a_sale_whose_fee_is_not_known_comes_later(self):
        w = world()
        agreed(w)
        row = cycle(w)
        listing = on_shelf(w)
        known, unknown = bought(w, listing), bought(w, listing, 2)
        Payment.objects.filter(order=unknown).update(is_fee_known=False)
        close_cycle(by=w.ada, cycle=row, at=w.later())
        (first,) = divided(w, row)
        assert first.amount == known.lines.get().rest and earned_in(row, w.fern) == {}
        assert waiting_for_fees(w.fern, row) == Waiting(1, 1089, 1089)
        assert sum(income.quantity for income in incomes_of(first)) == first.amount
        assert divided(w, row) == [] and where_money_went(order=unknown).waiting == 1089
        assert not where_money_went(order=known).waiting

    def test_the_entry_names_the_cycle(self):
        w = world()
        agreed(w)
        row = cycle(w)
        bought(w, on_shelf(w))
        close_cycle(by=w.ada, cycle=row, at=w.later())
        (made,) = divided(w, row)
        found = entry(made.entry)
        assert found.key == made.key and found.key.startswith("divide/fern/fern-1/1/")
        assert {flow.giver for flow in found.flows} == {made.pot} and made.pot.endswith("@cycles/fern-1")


def sent_now() -> list[Transfer]:
    send_what_is_divided(at=real_now())
    make_calls(at=real_now())
    return list(Transfer.objects.all())


class TestAFeeThatComesLater:
    """One lot in one cycle: only the sale waits whose fee Stripe has not told."""

    def _divided_before_the_fee(self, stripe):
        w = world()
        agreed(w)
        stall(w)
        w.at = real_now() - timedelta(hours=2)
        listing = on_shelf(w)
        row = cycle(w, **only(listing))
        paid_by_card(stripe, listing)
        late = by_card(listing, 2)
        assert stripe.pay(page_of(late).url)[0] == 303
        (charge,) = [one for one in stripe.objects("charge") if one["metadata"]["order"] == late.name]
        take_charge(charge=charge, at=real_now())  # as an event has it: its balance transaction not opened
        close_cycle(by=w.ada, cycle=row, at=real_now())
        (first,) = divide_cycle(by=w.ada, cooperative=w.fern, cycle=row, at=real_now())
        assert first.amount == 511 and where_money_went(order=late).waiting == 1089
        return w, listing, row, late

    def test_its_sale_is_divided_by_the_next_division_alone(self, stripe):
        w, listing, row, late = self._divided_before_the_fee(stripe)
        come_back(late)
        fee = late.lines.get().fee
        assert fee and list(earned_in(row, w.fern).values()) == [1089 - fee]
        assert waiting_for_fees(w.fern, row).lines == 0
        onboarded(stripe, w)
        assert [t.order for t in sent_now()] == [Order.objects.exclude(pk=late.pk).get()], "its part is not divided yet"
        (second,) = divide_cycle(by=w.ada, cooperative=w.fern, cycle=row, at=real_now())
        assert sum(income.quantity for income in incomes_of(second)) == second.amount == 1089 - fee
        trail = trail_behind([listing.lot_path])
        parts = [
            sold_share(listing.lot_path, "bar", "EUR", trail.flows, cycle=row.code, upto=entry(made.entry).token)
            for made in Division.objects.order_by("pk")
        ]
        assert len(sent_now()) == 2
        assert parts == [Fraction(1, 400), Fraction(2, 400)] and not where_money_went(listing=listing).waiting
        reconciled(stripe)

    def test_what_goes_back_of_it_comes_from_that_division(self, stripe):
        w, _listing, row, late = self._divided_before_the_fee(stripe)
        ben = balance_of(f"{w.ben.address}/purse", E_FERN)
        with pytest.raises(FeeNotKnown):
            ask_refund(by=w.ada, order=late, amounts={1: 1200}, why="", at=real_now(), key="early")
        come_back(late)
        divide_cycle(by=w.ada, cooperative=w.fern, cycle=row, at=real_now())
        assert balance_of(f"{w.ben.address}/purse", E_FERN) > ben
        ask_refund(by=w.ada, order=late, amounts={1: 1200}, why="", at=real_now(), key="back")
        make_calls(at=real_now())
        assert balance_of(f"{w.ben.address}/purse", E_FERN) == ben
        reconciled(stripe)


class TestRefunds:
    def test_one_comes_back_from_the_division_of_its_own_cycle(self):
        w = world()
        agreed(w)
        listing, first, second = two_cycles(w)
        divided(w, second)
        divided(w, first)
        ben = f"{w.ben.address}/purse"
        before = balance_of(ben, E_FERN)
        of_first = first.lines.get().order
        give_back(by=treasurer(w), order=of_first, amounts={1: 1800}, why="", statement_line="7",
                          at=w.later(), key="back")  # fmt: skip
        # All that the first cycle gave Ben is gone again, and nothing of the second.
        assert before - balance_of(ben, E_FERN) == of_given(w, first, ben)
        assert earned_in_cycles(w.fern) == {} and where_money_went(listing=listing).price == 6 * 600


def of_given(w, row, account: str) -> int:
    return sum(each.parts["parts"].get(account, 0) for each in row.divisions.all())


class TestAHubsCycle:
    def test_each_cooperative_divides_its_own_sales_of_it(self):
        w, oak = world(), world("oak", "Oak")
        agreed(w)
        agreed(oak)
        mine, theirs = on_shelf(w), on_shelf(oak)
        theirs.lot.hub = w.hub
        theirs.lot.save()
        row = cycle(w)
        bought(w, mine)
        paid(oak, ordered(w, theirs))
        close_cycle(by=w.ada, cycle=row, at=w.later())
        assert cycle_called(oak.fern, row.code) == row
        (ours,) = divided(w, row)
        (made,) = divide_cycle(by=oak.ada, cooperative=oak.fern, cycle=row, at=w.later())
        assert ours.cooperative == w.fern and made.cooperative == oak.fern
        assert earned_in(row, w.fern) == earned_in(row, oak.fern) == {}


class TestByCard:
    """Orders of a real cycle, paid at the stand-in for Stripe."""

    def _open(self, w):
        stall(w)
        w.at = real_now() - timedelta(hours=2)
        listing = on_shelf(w)
        return listing, cycle(w, **only(listing))

    def test_who_began_to_pay_before_it_closed_is_in(self, stripe):
        w = world()
        agreed(w)
        listing, row = self._open(w)
        order = by_card(listing, 2)
        page = page_of(order)
        close_cycle(by=w.ada, cycle=row, at=real_now())
        assert stripe.pay(page.url)[0] == 303
        order = come_back(order)
        assert order.is_sold and earned_in(row, w.fern) and not earnings_of(w.fern)
        (made,) = divide_cycle(by=w.ada, cooperative=w.fern, cycle=row, at=real_now())
        assert made.cycle == row and not where_money_went(order=order).waiting
        reconciled(stripe)

    def test_its_fee_lies_on_the_cycle(self, stripe):
        w = world()
        listing, row = self._open(w)
        paid_by_card(stripe, listing)
        assert list(earned_in(row, w.fern).values()) == [511]
        reconciled(stripe)

    def test_money_in_dispute_is_set_aside_and_nobody_pays_for_it(self, stripe):
        w = world()
        agreed(w)
        listing, row = self._open(w)
        paid_by_card(stripe, listing, 5, card=DISPUTED)
        paid_by_card(stripe, listing)
        (dispute,) = stripe.objects("dispute")
        take_fact(kind="dispute", identity=dispute["id"], at=real_now())
        close_cycle(by=w.ada, cycle=row, at=real_now())
        (made,) = divide_cycle(by=w.ada, cooperative=w.fern, cycle=row, at=real_now())
        assert made.amount == 511
        ben = balance_of(f"{w.ben.address}/purse", E_FERN)
        stripe.press(f"/desk/lose/{dispute['id']}")
        take_fact(kind="dispute", identity=dispute["id"], at=real_now())
        assert balance_of(f"{w.ben.address}/purse", E_FERN) == ben and earned_in(row, w.fern) == {}
        assert divide_cycle(by=w.ada, cooperative=w.fern, cycle=row, at=real_now()) == []
        reconciled(stripe)

    def test_money_that_a_won_dispute_brings_back_went_where_the_next_division_sent_it(self, stripe):
        w = world()
        agreed(w)
        listing, row = self._open(w)
        order = paid_by_card(stripe, listing, 5, card=DISPUTED)
        paid_by_card(stripe, listing)
        (dispute,) = stripe.objects("dispute")
        take_fact(kind="dispute", identity=dispute["id"], at=real_now())
        close_cycle(by=w.ada, cycle=row, at=real_now())
        divide_cycle(by=w.ada, cooperative=w.fern, cycle=row, at=real_now())
        earned = order.lines.get().rest - order.lines.get().fee
        assert where_money_went(order=order).waiting == earned
        stripe.press(f"/desk/win/{dispute['id']}")
        take_fact(kind="dispute", identity=dispute["id"], at=real_now())
        assert where_money_went(order=order).waiting == earned
        (second,) = divide_cycle(by=w.ada, cooperative=w.fern, cycle=row, at=real_now())
        assert second.amount == earned and not where_money_went(order=order).waiting
        told = where_money_went(order=order).by_owner()
        assert told[w.ben.address] == sum(second.parts["parts"][f"{w.ben.address}/{word}"] for word in ("purse",))
        reconciled(stripe)


class TestStatement:
    def test_of_a_payout_names_the_cycle(self):
        w = world()
        agreed(w)
        row = cycle(w)
        bought(w, on_shelf(w), 3)
        close_cycle(by=w.ada, cycle=row, at=w.later())
        divided(w, row)
        owed = balance_of(f"{w.ben.address}/purse", E_FERN)
        payout = prepare_payout(
            by=treasurer(w), owner=w.ben.address, amount=owed, currency="EUR", keeper="cash/fern", at=w.later(), key="p"
        )
        assert [(move.quantity, move.cycle) for move in statement_of(payout).movements] == [(owed, "fern-1")]
