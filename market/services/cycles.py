"""Order cycles: planned, changed, closed, copied to the next dates; and letters once the goods are ready."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from cooperatives.services.people import refuse_unless
from ledger.rules.refusal import BadInput, NotFound, Refusal
from market.models import Cycle, CycleGood, Listing, Stall
from market.queries.cycles import Standing, goods_for, room_in_cycles, standings, still_to_fetch
from market.rules.cycles import Window, moved, next_step
from market.services.letters import say_moment, say_next, write_goods_ready

if TYPE_CHECKING:
    from cooperatives.models import Cooperative, Membership


class NoStallYet(Refusal):
    """Say first how buyers find you: then an order cycle can be opened."""


class ClosesBeforeItOpens(BadInput):
    """An order cycle closes after it opens."""


class ClosesInThePast(BadInput):
    """That is over already. Choose a later end for the orders."""


class HandedOverTooEarly(BadInput):
    """The hand-over comes after the last order."""


class AnotherCycleThen(Refusal):
    """“{name}” takes orders for the same goods in that time, until {closes}. Choose other goods, or another time."""


class NothingInIt(BadInput):
    """Choose at least one of your goods on the shelf."""


class CycleClosed(Refusal):
    """“{name}” is closed; plan another one."""


class CycleStillOpen(Refusal):
    """“{name}” takes orders until {closes}. Close it first."""


class NotYetOrdered(Refusal):
    """“{title}” can be ordered from {opens} on."""


class OrdersClosed(Refusal):
    """Orders for “{title}” were taken until {closed}. {following}"""


class CycleFull(Refusal):
    """“{name}” takes only {left} more of “{title}”."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a steward says of a cycle. `goods` are listings (None: all), `most` how many pieces of some at most."""

    name: str
    opens_at: datetime
    closes_at: datetime
    handover_on: date
    handover_place: str
    handover_note: str = ""
    goods: tuple[int, ...] | None = None
    most: Mapping[int, int] | None = None


@transaction.atomic
def open_cycle(*, by: Membership, cooperative: Cooperative, plan: Plan, at: datetime, key: str) -> Cycle:
    """Plan a cycle: from `opens_at` to `closes_at` the stall takes orders for one hand-over, and outside of its cycles
    no more for the goods in it. Several may be open at once, each with goods of its own. The same `key` answers the
    same cycle.

    Raises NotAllowed, NoStallYet, what is wrong with its dates, AnotherCycleThen, NothingInIt, NotFound (no such good).
    """
    refuse_unless(by, "steward", cooperative=cooperative)
    key = f"{cooperative.slug}/{key}"
    if planned := Cycle.objects.filter(key=key).first():
        return planned
    stall = _lock_stall(cooperative)
    if planned := Cycle.objects.filter(key=key).first():
        return planned
    _refuse_dates(plan, at)
    rows = _goods(cooperative, plan)
    _refuse_another(cooperative, plan, rows)
    number = (Cycle.objects.filter(cooperative=cooperative).aggregate(last=Max("number"))["last"] or 0) + 1
    code = f"{cooperative.slug}-{number}"
    cycle = Cycle.objects.create(
        cooperative=cooperative,
        number=number,
        code=code if len(code) <= 40 else f"{cooperative.pk}-{number}",
        key=key,
        has_all_goods=plan.goods is None,
        planned_at=at,
        planned_by=by,
        **_facts(plan),
    )
    _write_goods(cycle, rows)
    if not stall.sells_in_cycles:
        stall.sells_in_cycles = True
        stall.save()
    return cycle


@transaction.atomic
def change_cycle(*, by: Membership, cycle: Cycle, plan: Plan, at: datetime) -> Cycle:
    """Say a cycle anew, while it is not closed; what was ordered in it stays in it. Raises as open_cycle does, and
    CycleClosed."""
    refuse_unless(by, "steward", cooperative=cycle.cooperative)
    _lock_stall(cycle.cooperative)
    cycle = lock_cycles([cycle.pk])[cycle.pk]
    if cycle.window.state(at) == "closed":
        raise CycleClosed(name=cycle.name)
    _refuse_dates(plan, at)
    rows = _goods(cycle.cooperative, plan)
    _refuse_another(cycle.cooperative, plan, rows, but=cycle)
    for name, value in _facts(plan).items():
        setattr(cycle, name, value)
    cycle.has_all_goods = plan.goods is None
    cycle.save()
    cycle.goods.all().delete()
    _write_goods(cycle, rows)
    return cycle


@transaction.atomic
def close_cycle(*, by: Membership | None, cycle: Cycle, at: datetime) -> Cycle:
    """Take no more orders: whoever placed one before is in it, also if he is still paying; closed again, it changes
    nothing.

    An order is placed under the lock that is taken here, so once this has answered, nobody comes in any more."""
    refuse_unless(by, "steward", cooperative=cycle.cooperative)
    cycle = lock_cycles([cycle.pk])[cycle.pk]
    if cycle.closed_at is None:
        cycle.closed_at = min(at, cycle.closes_at)
        cycle.save()
    return cycle


def close_due_cycles(*, at: datetime) -> int:
    """Close the cycles whose time is over; answers how many. Run twice, the second time finds none."""
    due = Cycle.objects.filter(closed_at=None, closes_at__lte=at).select_related("cooperative").order_by("pk")
    return sum(close_cycle(by=None, cycle=cycle, at=at).closed_at is not None for cycle in due)


@transaction.atomic
def repeat_cycle(*, by: Membership, cycle: Cycle, at: datetime, key: str) -> Cycle:
    """The same again, so many weeks later that it comes next: the same days of the week and hours, the same goods."""
    here = Window(timezone.localtime(cycle.opens_at), timezone.localtime(cycle.closes_at), cycle.closed_at)
    later = next_step(here, cycle.handover_on, after=at)
    window, handover_on = moved(here, cycle.handover_on, by=later)
    rows = {good.listing_id: good.most for good in cycle.goods.all()}
    on_shelf = {row.pk for row in goods_for(cycle.cooperative)}
    plan = Plan(
        cycle.name,
        window.opens_at,
        window.closes_at,
        handover_on,
        cycle.handover_place,
        cycle.handover_note,
        None if cycle.has_all_goods else tuple(pk for pk in rows if pk in on_shelf),
        {pk: most for pk, most in rows.items() if most and pk in on_shelf},
    )
    return open_cycle(by=by, cooperative=cycle.cooperative, plan=plan, at=at, key=key)


@transaction.atomic
def sell_without_cycles(*, by: Membership, cooperative: Cooperative) -> None:
    """Sell all goods as they lie again; what was ordered in a cycle stays in it. Raises NotAllowed, NoStallYet."""
    refuse_unless(by, "steward", cooperative=cooperative)
    stall = _lock_stall(cooperative)
    stall.sells_in_cycles = False
    stall.save()


@transaction.atomic
def call_buyers(*, by: Membership, cycle: Cycle, at: datetime) -> int:
    """Write to everybody whose order in a closed cycle waits to be picked up that the goods are ready; answers how many
    letters were written. Nobody is written to twice. Raises CycleStillOpen."""
    refuse_unless(by, "steward", "clerk", cooperative=cycle.cooperative)
    cycle = lock_cycles([cycle.pk])[cycle.pk]
    if cycle.window.state(at) != "closed":
        raise CycleStillOpen(name=cycle.name, closes=say_moment(cycle.closes_at))
    written = sum(write_goods_ready(order=order, cycle=cycle, at=at) for order in still_to_fetch(cycle))
    cycle.called_at, cycle.closed_at = at, cycle.closed_at or cycle.closes_at
    cycle.save()
    return written


def lock_cycles(cycles: Iterable[int]) -> dict[int, Cycle]:
    """{number: cycle}, locked in one order: what is placed in a cycle and its closing wait for each other. Whoever
    locks lots locks them before."""
    rows = Cycle.objects.filter(pk__in=set(cycles)).select_related("cooperative").order_by("pk")
    return {row.pk: row for row in rows.select_for_update(of=("self",), no_key=True)}


def take_into_cycles(wanted: Mapping[int, int], listings: Mapping[int, Listing], *, at: datetime) -> dict[int, Cycle]:
    """{listing: the cycle in which it is ordered}, locked, for what of a cart is sold in cycles.

    Raises NotYetOrdered, OrdersClosed, CycleFull."""
    found = standings([listings[pk] for pk in wanted], at=at)
    locked = lock_cycles(standing.open.pk for standing in found.values() if standing.open)
    taken = {}
    for pk, standing in sorted(found.items()):
        cycle = locked.get(standing.open.pk) if standing.open else None
        if cycle is None or cycle.window.state(at) != "open":
            raise refusal_of(listings[pk].title, standing, cycle, at)
        taken[pk] = cycle
    for pk, left in sorted(room_in_cycles(found).items()):
        if left < wanted[pk]:
            raise CycleFull(name=taken[pk].name, title=listings[pk].title, left=left)
    return taken


def refusal_of(title: str, standing: Standing, closed: Cycle | None, at: datetime) -> Refusal:
    """Why goods cannot be ordered now: in the words that say when they can be."""
    over = closed if closed and closed.window.state(at) == "closed" else standing.last
    if over is None and standing.next:
        return NotYetOrdered(title=title, opens=say_moment(standing.next.opens_at))
    return OrdersClosed(
        title=title, closed=say_moment(over.ended_at) if over else "", following=say_next(standing.next)
    )


def _lock_stall(cooperative: Cooperative) -> Stall:
    stall = Stall.objects.select_for_update().filter(cooperative=cooperative).first()
    if stall is None:
        raise NoStallYet
    return stall


def _refuse_dates(plan: Plan, at: datetime) -> None:
    if plan.closes_at <= plan.opens_at:
        raise ClosesBeforeItOpens
    if plan.closes_at <= at:
        raise ClosesInThePast
    if plan.handover_on < timezone.localtime(plan.closes_at).date():
        raise HandedOverTooEarly


def _refuse_another(cooperative: Cooperative, plan: Plan, goods: Collection[int], but: Cycle | None = None) -> None:
    """Goods are in one order cycle at a time, so that each order of them belongs to one hand-over."""
    wanted = Window(plan.opens_at, plan.closes_at)
    for other in Cycle.objects.filter(cooperative=cooperative).prefetch_related("goods").order_by("opens_at", "pk"):
        has_all = other.has_all_goods or plan.goods is None
        if (
            other != but
            and other.window.meets(wanted)
            and (has_all or {g.listing_id for g in other.goods.all()} & set(goods))
        ):
            raise AnotherCycleThen(name=other.name, closes=say_moment(other.ended_at))


def _goods(cooperative: Cooperative, plan: Plan) -> dict[int, int | None]:
    """{listing: pieces at most} of the rows that a cycle keeps."""
    most = dict(plan.most or {})
    chosen = set(most) if plan.goods is None else set(plan.goods)
    if plan.goods is not None and not chosen:
        raise NothingInIt
    if chosen - {row.pk for row in goods_for(cooperative)}:
        raise NotFound
    return {pk: most.get(pk) for pk in chosen}


def _facts(plan: Plan) -> dict[str, object]:
    names = ("name", "opens_at", "closes_at", "handover_on", "handover_place", "handover_note")
    return {name: getattr(plan, name) for name in names}


def _write_goods(cycle: Cycle, rows: Mapping[int, int | None]) -> None:
    CycleGood.objects.bulk_create(CycleGood(cycle=cycle, listing_id=pk, most=most) for pk, most in rows.items())
