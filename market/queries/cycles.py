"""Give me: the order cycles of a stall, in which one a listing is ordered now, and what was ordered in one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Case, Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Sum, When
from django.db.models.functions import Coalesce, JSONObject

from ledger.rules.refusal import NotFound
from market.models import Cycle, CycleGood, Listing, Order, OrderLine, Stall
from market.queries.divisions import all_earnings
from market.rules.cycles import cycle_of

if TYPE_CHECKING:
    from cooperatives.models import Cooperative


class NoSuchCycle(NotFound):
    """There is no such order cycle at this stall."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How goods that are sold in cycles are ordered at a moment: now in `open`, which takes `room` more pieces (None:
    all that there are); if in none, from `next` on; they could be until the end of `last`."""

    open: Cycle | None = None
    next: Cycle | None = None
    last: Cycle | None = None
    room: int | None = None


def standings(listings: Iterable[Listing], *, at: datetime) -> dict[int, Standing]:
    """{listing: how it is ordered} of those that are sold in cycles; the others are sold as they lie, and not in it.

    Goods are in the cycles of the cooperative that sells them; where that has none, in those of the hub where they lie.
    They are sold in cycles while one that has them is open or to come, or was the last one of its stall (one that no
    other followed). Two queries; one for listings that come with their keepers.
    """
    keepers = _keepers(list(listings))
    cycles: dict[int, list[Cycle]] = defaultdict(list)
    for cycle in _live_and_last(set(keepers.values()), at) if keepers else ():
        cycles[cycle.cooperative_id].append(cycle)
    found = {}
    for pk, keeper in keepers.items():
        if its := [c for c in cycles[keeper] if c.has_all_goods or pk in _limits(c)]:
            found[pk] = _standing(its, pk, at)
    return found


def with_keepers(listings: QuerySet[Listing]) -> QuerySet[Listing]:
    """The same listings, each with the cooperative in whose cycles it is as `keeper`, so that it need not be asked."""
    own = Stall.objects.filter(cooperative=OuterRef("product__cooperative"), sells_in_cycles=True)
    hubs = Stall.objects.filter(cooperative=OuterRef("lot__hub__cooperative"), sells_in_cycles=True)
    keeper = Case(
        When(Exists(own), then=F("product__cooperative")), When(Exists(hubs), then=F("lot__hub__cooperative"))
    )
    return listings.annotate(keeper=keeper)


def _keepers(listings: Sequence[Listing]) -> dict[int, int]:
    """{listing: in whose cycles it is}"""
    if any(not hasattr(row, "keeper") for row in listings):
        listings = list(with_keepers(Listing.objects.filter(pk__in=[row.pk for row in listings])))
    return {row.pk: keeper for row in listings if (keeper := getattr(row, "keeper", None)) is not None}


def _live_and_last(cooperatives: Iterable[int], at: datetime) -> list[Cycle]:
    """The cycles that are open or to come, the first first, and of each cooperative those that no other followed once
    they were closed; each with its limits and what they hold already."""
    over = Q(closed_at__isnull=False) | Q(closes_at__lte=at)
    ended = Coalesce(OuterRef("closed_at"), OuterRef("closes_at"))
    following = Cycle.objects.filter(over, cooperative=OuterRef("cooperative"), opens_at__gte=ended)
    ordered = _lines().filter(cycle=OuterRef("cycle"), listing=OuterRef("listing")).order_by().values("cycle")
    goods = CycleGood.objects.filter(cycle=OuterRef("pk")).annotate(
        ordered=Subquery(ordered.annotate(n=Sum(F("pieces") - F("returned"))).values("n"))
    )
    limits = ArraySubquery(goods.values(json=JSONObject(listing="listing_id", most="most", ordered="ordered")))
    mine = Cycle.objects.filter(cooperative__in=cooperatives).select_related("cooperative").annotate(limits=limits)
    return list(mine.filter(~over | ~Exists(following)).order_by("opens_at", "pk"))


def _limits(cycle: Cycle) -> dict[int, int | None]:
    """{listing: pieces that a cycle still takes} of those that it names."""
    rows: list[dict[str, int | None]] = getattr(cycle, "limits", [])
    return {
        row["listing"] or 0: None if row["most"] is None else max(0, row["most"] - (row["ordered"] or 0))
        for row in rows
    }


def _standing(cycles: Sequence[Cycle], listing: int, at: datetime) -> Standing:
    by_state: dict[str, list[Cycle]] = defaultdict(list)
    for cycle in cycles:
        by_state[cycle.window.state(at)].append(cycle)
    opened, coming = (next(iter(by_state[state]), None) for state in ("open", "coming"))
    over = max(by_state["closed"], key=lambda cycle: cycle.ended_at, default=None)
    return Standing(opened, coming, over, _limits(opened).get(listing) if opened else None)


def room_in_cycles(found: Mapping[int, Standing]) -> dict[int, int]:
    """{listing: pieces that its open cycle still takes} for those of which it takes only so many."""
    return {pk: standing.room for pk, standing in found.items() if standing.room is not None}


def ordered_in(cycles: Iterable[int]) -> dict[tuple[int, int], int]:
    """{(cycle, listing): pieces that are ordered in it and neither cancelled nor brought back}"""
    rows = _lines().filter(cycle__in=list(cycles)).order_by().values_list("cycle", "listing")
    return {(cycle, listing): n for cycle, listing, n in rows.annotate(n=Sum(F("pieces") - F("returned"))) if n}


def _lines() -> QuerySet[OrderLine]:
    return OrderLine.objects.exclude(order__state=Order.State.CANCELLED)


def cycles_of(cooperative: Cooperative) -> QuerySet[Cycle]:
    """The cycles of a cooperative, and those of others in which its goods were ordered, the newest first; each with how
    many orders it has that were not cancelled, as `orders`."""
    ordered = OrderLine.objects.filter(cycle=OuterRef("pk"), listing__product__cooperative=cooperative)
    mine = Cycle.objects.filter(Q(cooperative=cooperative) | Exists(ordered)).select_related("cooperative")
    orders = _lines().filter(cycle=OuterRef("pk")).order_by().values("cycle").annotate(n=Count("order", distinct=True))
    return mine.annotate(orders=Coalesce(Subquery(orders.values("n")), 0))


def cycle_called(cooperative: Cooperative, code: str) -> Cycle:
    """One of them by its name in the ledger."""
    if "\x00" not in code and (found := cycles_of(cooperative).filter(code=code).first()):
        return found
    raise NoSuchCycle


def goods_for(cooperative: Cooperative) -> list[Listing]:
    """What a cycle of this cooperative can have: its goods on the shelf, and those of others that lie at its hubs and
    are in no cycle of their own."""
    return list(_goods_for(cooperative))


def _goods_for(cooperative: Cooperative) -> QuerySet[Listing]:
    others = Stall.objects.filter(cooperative=OuterRef("product__cooperative"), sells_in_cycles=True)
    here = Q(lot__hub__cooperative=cooperative) & ~Exists(others)
    rows = Listing.objects.filter(Q(product__cooperative=cooperative) | here, state=Listing.State.PUBLISHED)
    return rows.select_related("product__cooperative").order_by("title", "pk")


def still_to_fetch(cycle: Cycle) -> QuerySet[Order]:
    """The orders of a cycle that wait to be picked up."""
    waits = [Order.State.PLACED, Order.State.PAID]
    found = Order.objects.filter(lines__cycle=cycle, lines__handed_over_at=None, state__in=waits)
    return found.distinct().order_by("pk")


def goods_in(cycle: Cycle) -> list[tuple[Listing, int | None]]:
    """The listings that a cycle has, with how many pieces of each at most."""
    chosen = cycle.goods.filter(listing=OuterRef("pk"))
    rows = _goods_for(cycle.cooperative).annotate(most=Subquery(chosen.values("most")[:1]))
    rows = rows if cycle.has_all_goods else rows.filter(Exists(chosen))
    return [(row, row.most) for row in rows]


@dataclass(frozen=True, slots=True)
class ToBring:
    """What a supplier must bring for a cycle: so many pieces of one kind of goods, to a hub, from a lot."""

    supplier: str
    listing: int
    title: str
    lot: str
    hub: str
    pieces: int
    quantity: int
    unit: str


def to_bring(cycle: Cycle, *, only: Cooperative | None = None) -> list[ToBring]:
    """What was ordered in a cycle by who supplies it, cancelled orders and goods that came back left out."""
    rows = _lines().filter(cycle=cycle, pieces__gt=F("returned"))
    rows = rows if only is None else rows.filter(listing__product__cooperative=only)
    by = ("listing__product__cooperative__name", "title", "listing", "listing__lot_path", "hub")
    each = rows.order_by(*by).values_list(*by, "listing__unit_quantity", "listing__unit")
    return [
        ToBring(name, pk, title, lot.rpartition("/")[2], hub.partition("/")[2], n, n * size, unit)
        for name, title, pk, lot, hub, size, unit, n in each.annotate(n=Sum(F("pieces") - F("returned")))
    ]


def earned_in(cycle: Cycle, cooperative: Cooperative) -> dict[str, int]:
    """{pot of a lot's earnings: amount not divided yet} of a cooperative's sales in a cycle, in its own currency."""
    return {pot: amount for pot, amount in all_earnings(cooperative).items() if cycle_of(pot) == cycle.code}


def by_cycle(pots: Mapping[str, int]) -> dict[str, int]:
    """{name of a cycle in the ledger: what is in its pots}, of what was sold in one."""
    sums: dict[str, int] = defaultdict(int)
    for pot, amount in pots.items():
        if code := cycle_of(pot):
            sums[code] += amount
    return dict(sums)


def earned_in_cycles(cooperative: Cooperative) -> dict[str, int]:
    """{name of a cycle in the ledger: what the cooperative's sales in it earned and nobody divided yet}"""
    return by_cycle(all_earnings(cooperative))
