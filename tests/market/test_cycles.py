"""Order cycles: goods are ordered while one is open, and what was placed in one is in it."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from ledger.rules.refusal import NotAllowed, NotFound
from market.models import Cycle, Letter, Order, OrderLine
from market.queries import goods_in, ordered_in, stall_of, standings, to_bring
from market.rules.cycles import Window, cycle_of, lot_of, pot_of
from market.services import checkout, cycles
from market.services.checkout import place_order
from market.services.cycles import (
    AnotherCycleThen,
    ClosesBeforeItOpens,
    ClosesInThePast,
    CycleClosed,
    CycleFull,
    CycleStillOpen,
    HandedOverTooEarly,
    NoStallYet,
    NothingInIt,
    NotYetOrdered,
    OrdersClosed,
    call_buyers,
    change_cycle,
    close_cycle,
    close_due_cycles,
    open_cycle,
    repeat_cycle,
    sell_without_cycles,
)
from market.services.orders import cancel_order
from market.services.payments import BANK, receive_payment
from tests.market.cycles import after, cycle, only, plan
from tests.market.goods import CLEO, on_shelf, ordered, stall
from tests.market.test_together import at_once
from tests.world import NOON, bars, world

pytestmark = pytest.mark.quick


class TestWindow:
    def test_takes_orders_from_its_opening_to_before_its_closing(self):
        w = Window(*(_at(n) for n in (1, 5)))
        assert [w.state(_at(n)) for n in (0, 1, 4, 5)] == ["coming", "open", "open", "closed"]
        assert Window(_at(1), _at(5), closed_at=_at(3)).state(_at(2)) == "closed"  # once closed, nobody comes in

    def test_meets_another_where_both_take_orders(self):
        w = Window(_at(1), _at(5))
        assert w.meets(Window(_at(4), _at(9))) and w.meets(Window(_at(2), _at(3)))
        assert not w.meets(Window(_at(5), _at(9))) and not Window(_at(1), _at(5), _at(3)).meets(Window(_at(3), _at(9)))

    def test_its_pot_is_of_the_same_lot(self):
        pot = pot_of("coops/fern/lots/bars-1", "fern-3")
        assert pot == "coops/fern/earned/bars-1@cycles/fern-3"
        assert (lot_of(pot), cycle_of(pot)) == ("coops/fern/lots/bars-1", "fern-3")
        assert cycle_of("coops/fern/earned/bars-1") == "" == cycle_of("coops/fern/lots/bars-1@hubs/fern")


def _at(hour: int):
    return NOON + timedelta(hours=hour)


@pytest.mark.django_db
class TestOpenCycle:
    def test_the_same_key_answers_the_same_cycle(self):
        w = world()
        stall(w)
        rows = [open_cycle(by=w.ada, cooperative=w.fern, plan=plan(w), at=w.at, key="k" * 16) for _ in "ab"]
        assert rows[0] == rows[1] and Cycle.objects.count() == 1 and rows[0].code == "fern-1"
        assert stall_of(w.fern).sells_in_cycles

    def test_is_a_stewards_to_open(self):
        w = world()
        stall(w)
        for by in (w.tom, w.ben):
            with pytest.raises(NotAllowed):
                open_cycle(by=by, cooperative=w.fern, plan=plan(w), at=w.at, key="k")
        with pytest.raises(NotAllowed):
            open_cycle(by=world("oak", "Oak").ada, cooperative=w.fern, plan=plan(w), at=w.at, key="k")

    def test_refuses_dates_that_nobody_could_keep(self):
        w = world()
        with pytest.raises(NoStallYet):
            open_cycle(by=w.ada, cooperative=w.fern, plan=plan(w), at=w.at, key="k")
        stall(w)
        day = timedelta(days=1)
        for refusal, said in (
            (ClosesBeforeItOpens, plan(w, lasts=timedelta())),
            (ClosesInThePast, plan(w, opens=-9 * day, lasts=2 * day)),
            (HandedOverTooEarly, plan(w, handover_on=w.at.date())),
        ):
            with pytest.raises(refusal):
                open_cycle(by=w.ada, cooperative=w.fern, plan=said, at=w.at, key="k")

    def test_refuses_a_second_one_in_the_same_time(self):
        w = world()
        first = cycle(w)
        with pytest.raises(AnotherCycleThen) as no:
            cycle(w, opens=timedelta(days=4))
        assert no.value.facts["name"] == first.name
        cycle(w, opens=timedelta(days=5))

    def test_two_with_goods_of_their_own_are_open_at_once(self):
        w = world()
        bread, meat = on_shelf(w), on_shelf(w)
        weekly = cycle(w, **only(bread))
        monthly = cycle(w, opens=timedelta(days=1), lasts=timedelta(days=9), **only(meat))
        with pytest.raises(AnotherCycleThen):
            cycle(w, opens=timedelta(days=6), **only(meat))
        with pytest.raises(AnotherCycleThen):
            cycle(w, opens=timedelta(days=6))
        both = plan(w, opens=timedelta(days=1), lasts=timedelta(days=9), **only(bread, meat))
        with pytest.raises(AnotherCycleThen):
            change_cycle(by=w.ada, cycle=monthly, plan=both, at=w.later())
        w.at = monthly.opens_at
        for listing, row in ((bread, weekly), (meat, monthly)):
            assert ordered(w, listing).lines.get().cycle == row
        after(w, weekly)
        with pytest.raises(OrdersClosed):
            ordered(w, bread)
        assert ordered(w, meat).lines.get().cycle == monthly
        after(w, monthly)
        for listing in (bread, meat):
            with pytest.raises(OrdersClosed):
                ordered(w, listing)

    def test_has_only_its_own_goods_on_the_shelf(self):
        w, oak = world(), world("oak", "Oak")
        mine, theirs = on_shelf(w), on_shelf(oak)
        stall(w)
        with pytest.raises(NothingInIt):
            cycle(w, goods=())
        with pytest.raises(NotFound):
            cycle(w, goods=(theirs.pk,))
        assert goods_in(cycle(w, goods=(mine.pk,), most={mine.pk: 3})) == [(mine, 3)]


@pytest.mark.django_db
class TestOrdering:
    def test_goods_are_ordered_while_a_cycle_is_open(self):
        w = world()
        listing = on_shelf(w)
        row = cycle(w, opens=timedelta(days=1))
        with pytest.raises(NotYetOrdered) as no:
            ordered(w, listing)
        assert "Nov. 24, 2026" in no.value.words() and "UTC" in no.value.words()
        w.at = row.opens_at
        order = ordered(w, listing, 2)
        assert order.lines.get().cycle == row and ordered_in([row.pk]) == {(row.pk, listing.pk): 2}
        after(w, row)
        with pytest.raises(OrdersClosed) as no:
            ordered(w, listing)
        assert "not planned yet" in no.value.words()
        following = cycle(w, opens=timedelta(days=2))
        with pytest.raises(OrdersClosed) as no:
            ordered(w, listing)
        assert "You can order again from Dec." in no.value.words()
        w.at = following.opens_at
        assert ordered(w, listing).lines.get().cycle == following

    def test_a_stall_without_cycles_sells_as_before(self):
        w = world()
        assert ordered(w, on_shelf(w)).lines.get().cycle is None

    def test_what_is_in_no_cycle_is_sold_as_it_lies(self):
        w = world()
        one, other = on_shelf(w), on_shelf(w)
        row = cycle(w, **only(one))
        assert ordered(w, other).lines.get().cycle is None and ordered(w, one).lines.get().cycle == row
        after(w, row)
        ordered(w, other)
        with pytest.raises(OrdersClosed):
            ordered(w, one)

    def test_selling_without_cycles_again_frees_everything(self):
        w = world()
        listing = on_shelf(w)
        row = cycle(w)
        close_cycle(by=w.ada, cycle=row, at=w.later())
        sell_without_cycles(by=w.ada, cooperative=w.fern)
        assert ordered(w, listing).lines.get().cycle is None

    def test_others_goods_at_a_hub_are_in_its_cycle_unless_they_have_their_own(self):
        w, oak = world(), world("oak", "Oak")
        theirs = on_shelf(oak)
        theirs.lot.hub = w.hub
        theirs.lot.save()
        row = cycle(w)
        assert theirs in [good for good, _most in goods_in(row)]
        order = ordered(oak, theirs, 3)
        assert order.lines.get().cycle == row
        assert [(line.supplier, line.pieces) for line in to_bring(row)] == [("Oak", 3)]
        stall(oak)
        own = cycle(oak)
        assert standings([theirs], at=oak.at)[theirs.pk].open == own and theirs not in [g for g, _ in goods_in(row)]

    def test_takes_no_more_pieces_than_the_cycle_has(self):
        w = world()
        listing = on_shelf(w)
        cycle(w, most={listing.pk: 5})
        first = ordered(w, listing, 3)
        with pytest.raises(CycleFull) as no:
            ordered(w, listing, 3)
        assert no.value.facts["left"] == 2
        cancel_order(order=first, at=w.later())
        ordered(w, listing, 5)

    def test_a_sent_checkout_is_answered_again_after_closing(self):
        w = world()
        listing = on_shelf(w)
        row = cycle(w)
        said = {"cart": {str(listing.pk): 1}, "buyer": CLEO, "way": "pickup", "key": "the-same-checkout"}
        order = place_order(at=w.later(), **said)
        close_cycle(by=w.ada, cycle=row, at=w.later())
        assert place_order(at=w.later(), **said) == order

    def test_what_is_paid_at_pick_up_is_held_until_after_it(self):
        w = world()
        listing = on_shelf(w)
        row = cycle(w, lasts=timedelta(days=30))
        assert ordered(w, listing).expires_at.date() > row.handover_on
        assert ordered(w, listing, way="bank").expires_at < row.closes_at  # who transfers pays within a week

    def test_goods_bought_by_two_cycles_stand_apart(self):
        w = world()
        listing = on_shelf(w)
        first = cycle(w)
        ordered(w, listing, 2)
        after(w, first)
        second = cycle(w)
        ordered(w, listing, 3)
        assert [row.pieces for row in (*to_bring(first), *to_bring(second))] == [2, 3]


@pytest.mark.django_db
class TestCloseCycle:
    def test_what_was_placed_before_is_in_whenever_it_is_paid(self):
        w = world()
        listing = on_shelf(w)
        row = cycle(w)
        order = ordered(w, listing, 2, way="bank")
        close_cycle(by=w.ada, cycle=row, at=w.later())
        with pytest.raises(OrdersClosed):
            ordered(w, listing)
        receive_payment(by=w.ada, order=order, way=BANK, amount=1200, statement_line="1", at=w.later())
        assert OrderLine.objects.get(order=order).cycle == row and to_bring(row)[0].pieces == 2

    def test_closing_again_changes_nothing(self):
        w = world()
        row = cycle(w)
        first = close_cycle(by=w.ada, cycle=row, at=w.later()).closed_at
        assert close_cycle(by=w.ada, cycle=row, at=w.later()).closed_at == first

    def test_is_closed_by_the_clock(self):
        w = world()
        row = cycle(w)
        assert close_due_cycles(at=row.closes_at - timedelta(seconds=1)) == 0
        assert (close_due_cycles(at=row.closes_at), close_due_cycles(at=row.closes_at)) == (1, 0)
        row.refresh_from_db()
        assert row.closed_at == row.closes_at

    def test_a_clerk_closes_nothing(self):
        w = world()
        with pytest.raises(NotAllowed):
            close_cycle(by=w.tom, cycle=cycle(w), at=w.later())


@pytest.mark.django_db
class TestChangeCycle:
    def test_says_it_anew_and_keeps_what_was_ordered(self):
        w = world()
        listing = on_shelf(w)
        row = cycle(w)
        ordered(w, listing)
        row = change_cycle(by=w.ada, cycle=row, plan=plan(w, name="Week 49", most={listing.pk: 1}), at=w.later())
        assert row.name == "Week 49" and to_bring(row)[0].pieces == 1
        with pytest.raises(CycleFull):
            ordered(w, listing)

    def test_refuses_one_that_is_closed(self):
        w = world()
        row = close_cycle(by=w.ada, cycle=cycle(w), at=w.later())
        with pytest.raises(CycleClosed):
            change_cycle(by=w.ada, cycle=row, plan=plan(w), at=w.later())


@pytest.mark.django_db
class TestRepeatCycle:
    def test_is_the_same_a_week_later_with_the_same_goods(self):
        w = world()
        one, _other = on_shelf(w), on_shelf(w)
        row = cycle(w, **only(one), most={one.pk: 7})
        after(w, row)
        again = repeat_cycle(by=w.ada, cycle=row, at=w.at, key="again-and-again")
        week = timedelta(weeks=1)
        assert (again.opens_at, again.closes_at) == (row.opens_at + week, row.closes_at + week)
        assert again.handover_on == row.handover_on + week and goods_in(again) == [(one, 7)]
        assert repeat_cycle(by=w.ada, cycle=row, at=w.at, key="again-and-again") == again

    def test_an_old_one_comes_next_from_now(self):
        w = world()
        row = cycle(w)
        w.at = row.closes_at + timedelta(weeks=10)
        again = repeat_cycle(by=w.ada, cycle=row, at=w.at, key="again")
        assert w.at <= again.opens_at < w.at + timedelta(weeks=1)

    @pytest.mark.parametrize("zone", ["Europe/Paris"])
    def test_keeps_the_hour_when_the_clocks_change(self, settings, zone):
        settings.TIME_ZONE = zone
        w = world()
        stall(w)
        row = cycle(
            w, opens=timedelta(days=116), lasts=timedelta(days=6)
        )  # until 25 March 2027; summer time on the 28th
        again = repeat_cycle(by=w.ada, cycle=row, at=w.at, key="again")
        hours = [timezone.localtime(each).hour for each in (row.closes_at, again.closes_at)]
        assert hours[0] == hours[1] and again.closes_at - row.closes_at == timedelta(days=7, hours=-1)


@pytest.mark.django_db
class TestCallBuyers:
    def test_writes_once_to_all_who_wait(self):
        w = world()
        listing = on_shelf(w)
        row = cycle(w, handover_note="Bring a bag.")
        waits, gone = ordered(w, listing), ordered(w, listing)
        cancel_order(order=gone, at=w.later())
        with pytest.raises(CycleStillOpen):
            call_buyers(by=w.tom, cycle=row, at=w.later())
        close_cycle(by=w.ada, cycle=row, at=w.later())
        assert (call_buyers(by=w.tom, cycle=row, at=w.later()), call_buyers(by=w.tom, cycle=row, at=w.later())) == (
            1,
            0,
        )
        letter = Letter.objects.get(key__contains="/ready-")
        assert letter.order == waits and "Bring a bag." in letter.body and row.handover_place in letter.body


class TestClosingWhileSomebodyOrders:
    """Two connections: once a closing has answered, nobody comes in any more."""

    def _race(self, monkeypatch) -> tuple[set[int], set[int]]:
        """The orders of the cycle when its closing answered, and those that it has in the end."""
        w = world()
        listing = on_shelf(w)
        row = cycle(w)
        at, asked, go_on, seen = w.later(), threading.Event(), threading.Event(), []
        real = checkout._add_line

        def slowly(*args):  # the buyer is in between: seen as in time, not yet placed
            asked.set()
            go_on.wait(timeout=20)
            return real(*args)

        monkeypatch.setattr(checkout, "_add_line", slowly)

        def buy() -> None:
            place_order(cart={str(listing.pk): 1}, buyer=CLEO, way="pickup", at=at, key="while-it-closes")
            connection.close()

        def close() -> None:
            close_cycle(by=w.ada, cycle=row, at=at + timedelta(seconds=1))
            seen.append(set(Order.objects.filter(lines__cycle=row).values_list("pk", flat=True)))
            connection.close()

        buyer, steward = threading.Thread(target=buy), threading.Thread(target=close)
        buyer.start()
        assert asked.wait(timeout=20)
        steward.start()
        steward.join(timeout=2)  # with the lock it waits for the buyer; without, it is through by now
        go_on.set()
        buyer.join(timeout=20)
        steward.join(timeout=20)
        return seen[0], set(Order.objects.filter(lines__cycle=row).values_list("pk", flat=True))

    def test_who_was_in_time_is_in_before_it_answers(self, own_database, monkeypatch):
        at_closing, in_the_end = self._race(monkeypatch)
        assert len(in_the_end) == 1 and at_closing == in_the_end

    def test_without_the_lock_an_order_comes_in_afterwards(self, own_database, monkeypatch):
        def unlocked(numbers):
            return {row.pk: row for row in Cycle.objects.filter(pk__in=list(numbers)).select_related("cooperative")}

        monkeypatch.setattr(cycles, "lock_cycles", unlocked)
        at_closing, in_the_end = self._race(monkeypatch)
        assert not at_closing and len(in_the_end) == 1

    def test_the_last_pieces_of_a_cycle_are_taken_once(self, own_database):
        w = world()
        lot = bars(w)
        one, other = on_shelf(w, lot), on_shelf(w, lot)
        row, at = cycle(w, most={one.pk: 3, other.pk: 1}), w.later()

        def buy(number: int, listing):
            said = {"buyer": CLEO, "way": "pickup", "at": at, "key": f"checkout-number-{number:04}"}
            return lambda: place_order(cart={str(listing.pk): 1}, **said).pk

        told = at_once(*[buy(n, one) for n in range(8)])
        assert sum(isinstance(each, CycleFull) for each in told) == 5
        assert ordered_in([row.pk]) == {(row.pk, one.pk): 3}
