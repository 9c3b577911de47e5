"""Give me: the order cycles of a stall, in which one a listing is ordered now, and what was ordered in one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery, Sum

from ledger.queries import balances
from ledger.rules.entries import claim
from ledger.rules.refusal import NotFound
from market.models import Cycle, CycleGood, Listing, Order, OrderLine, Stall
from market.rules.cycles import cycle_of

if TYPE_CHECKING:
    from cooperatives.models import Cooperative


class NoSuchCycle(NotFound):
    """There is no such order cycle at this stall."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How goods that are sold in cycles are ordered at a moment: now in `open`; if in none, from `next` on; they could
    be until the end of `last`."""

    open: Cycle | None = None
    next: Cycle | None = None
    last: Cycle | None = None


def standings(listings: Iterable[Listing], *, at: datetime) -> dict[int, Standing]:
    """{listing: how it is ordered} of those that are sold in cycles; the others are sold as they lie, and not in it.

    Goods are in the cycles of the cooperative that sells them; where that has none, in those of the hub where they lie.
    They are sold in cycles while one that has them is open or to come, or was the last one of its stall."""
    keepers = _keepers([row.pk for row in listings])
    asked = {keeper for two in keepers.values() for keeper in two}
    stalls = Stall.objects.filter(cooperative__in=asked, sells_in_cycles=True)
    in_cycles = set(stalls.values_list("cooperative", flat=True))
    if not in_cycles:
        return {}
    cycles: dict[int, list[Cycle]] = defaultdict(list)
    for cycle in _live_and_last(in_cycles, at):
        cycles[cycle.cooperative_id].append(cycle)
    goods = _goods_of([cycle for its in cycles.values() for cycle in its])
    found = {}
    for pk, (own, hubs) in keepers.items():
        keeper = own if own in in_cycles else hubs
        its = [c for c in cycles.get(keeper, ()) if c.has_all_goods or pk in goods[c.pk]]
        if its:
            found[pk] = _standing(its, at)
    return found


def _keepers(listings: Sequence[int]) -> dict[int, tuple[int, int]]:
    """{listing: (who sells it, whose hub it lies at)}"""
    rows = Listing.objects.filter(pk__in=listings).order_by()
    found = rows.values_list("pk", "product__cooperative", "lot__hub__cooperative")
    return {pk: (own, hubs) for pk, own, hubs in found}


def _live_and_last(cooperatives: Iterable[int], at: datetime) -> list[Cycle]:
    """The cycles that are open or to come, the first first, and of each cooperative the one that closed last."""
    over = Q(closed_at__isnull=False) | Q(closes_at__lte=at)
    of_the_same = Cycle.objects.filter(over, cooperative=OuterRef("cooperative")).order_by("-opens_at", "-pk")
    mine = Cycle.objects.filter(cooperative__in=cooperatives)
    return list(mine.filter(~over | Q(pk=Subquery(of_the_same.values("pk")[:1]))).order_by("opens_at", "pk"))


def _goods_of(cycles: Iterable[Cycle]) -> dict[int, dict[int, int | None]]:
    """{cycle: {listing: pieces at most}}"""
    found: dict[int, dict[int, int | None]] = defaultdict(dict)
    rows = CycleGood.objects.filter(cycle__in=list(cycles))
    for cycle, listing, most in rows.values_list("cycle", "listing", "most"):
        found[cycle][listing] = most
    return found


def _standing(cycles: Sequence[Cycle], at: datetime) -> Standing:
    by_state: dict[str, list[Cycle]] = defaultdict(list)
    for cycle in cycles:
        by_state[cycle.window.state(at)].append(cycle)
    return Standing(
        next(iter(by_state["open"]), None), next(iter(by_state["coming"]), None), next(iter(by_state["closed"]), None)
    )


def room_in_cycles(found: Mapping[int, Standing]) -> dict[int, int]:
    """{listing: pieces that its open cycle still takes} for those of which it takes only so many."""
    opens = {pk: standing.open for pk, standing in found.items() if standing.open}
    limits = Q(pk__in=[])
    for pk, cycle in opens.items():
        limits |= Q(cycle=cycle, listing=pk, most__isnull=False)
    most = {good.listing_id: good for good in CycleGood.objects.filter(limits)} if opens else {}
    if not most:
        return {}
    ordered = ordered_in({good.cycle_id for good in most.values()})
    return {pk: max(0, (good.most or 0) - ordered.get((good.cycle_id, pk), 0)) for pk, good in most.items()}


def ordered_in(cycles: Iterable[int]) -> dict[tuple[int, int], int]:
    """{(cycle, listing): pieces that are ordered in it and neither cancelled nor brought back}"""
    rows = _lines().filter(cycle__in=list(cycles)).order_by().values_list("cycle", "listing")
    return {(cycle, listing): n for cycle, listing, n in rows.annotate(n=Sum(F("pieces") - F("returned"))) if n}


def _lines() -> QuerySet[OrderLine]:
    return OrderLine.objects.exclude(order__state=Order.State.CANCELLED)


def cycles_of(cooperative: Cooperative) -> QuerySet[Cycle]:
    """The cycles of a cooperative, and those of others in which its goods were ordered; the newest first."""
    ordered = OrderLine.objects.filter(cycle=OuterRef("pk"), listing__product__cooperative=cooperative)
    return Cycle.objects.filter(Q(cooperative=cooperative) | Exists(ordered)).select_related("cooperative")


def cycle_called(cooperative: Cooperative, code: str) -> Cycle:
    """One of them by its name in the ledger."""
    if "\x00" not in code and (found := cycles_of(cooperative).filter(code=code).first()):
        return found
    raise NoSuchCycle


def goods_for(cooperative: Cooperative) -> list[Listing]:
    """What a cycle of this cooperative can have: its goods on the shelf, and those of others that lie at its hubs and
    are in no cycle of their own."""
    others = Stall.objects.filter(cooperative=OuterRef("product__cooperative"), sells_in_cycles=True)
    here = Q(lot__hub__cooperative=cooperative) & ~Exists(others)
    rows = Listing.objects.filter(Q(product__cooperative=cooperative) | here, state=Listing.State.PUBLISHED)
    return list(rows.select_related("product__cooperative").order_by("title", "pk"))


def goods_in(cycle: Cycle) -> list[tuple[Listing, int | None]]:
    """The listings that a cycle has, with how many pieces of each at most."""
    limits = _goods_of([cycle])[cycle.pk]
    rows = goods_for(cycle.cooperative)
    return [(row, limits.get(row.pk)) for row in rows if cycle.has_all_goods or row.pk in limits]


@dataclass(frozen=True, slots=True)
class ToBring:
    """What a supplier must bring for a cycle: so many pieces of one kind of goods, to a hub, from a lot."""

    supplier: str
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
    by = ("listing__product__cooperative__name", "title", "listing__lot_path", "hub")
    each = rows.order_by(*by).values_list(*by, "listing__unit_quantity", "listing__unit")
    return [
        ToBring(name, title, lot.rpartition("/")[2], hub.partition("/")[2], n, n * size, unit)
        for name, title, lot, hub, size, unit, n in each.annotate(n=Sum(F("pieces") - F("returned")))
    ]


def earned_in(cycle: Cycle, cooperative: Cooperative) -> dict[str, int]:
    """{pot of a lot's earnings: amount not divided yet} of a cooperative's sales in a cycle, in its own currency."""
    unit = claim(cooperative.currency, cooperative.address)
    rows = balances(prefix=f"{cooperative.address}/earned/", unit=unit)
    return {row.address: row.quantity for row in rows if row.quantity > 0 and cycle_of(row.address) == cycle.code}


def earned_in_cycles(cooperative: Cooperative) -> dict[str, int]:
    """{name of a cycle in the ledger: what the cooperative's sales in it earned and nobody divided yet}"""
    unit = claim(cooperative.currency, cooperative.address)
    sums: dict[str, int] = defaultdict(int)
    for row in balances(prefix=f"{cooperative.address}/earned/", unit=unit):
        if row.quantity > 0 and (code := cycle_of(row.address)):
            sums[code] += row.quantity
    return dict(sums)
