"""Give me: where the money of sales went, cent by cent, through everything behind them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import TYPE_CHECKING

from cooperatives.rules import lineage
from ledger.queries import entries_behind, entries_by_key, entries_touching
from ledger.rules.entries import Address, Recorded
from ledger.rules.readings import NetFlow, net_flows
from market.models import Listing, Order
from market.rules.cycles import lot_of
from market.rules.splits import Breakdown, Journal, SaleLine, breakdown, sale_lines, where_it_went

if TYPE_CHECKING:
    from cooperatives.models import Cooperative


@dataclass(frozen=True, slots=True)
class Trail:
    """The part of the journal behind some lots and orders: enough to follow their money and what is in them."""

    flows: Sequence[NetFlow]
    facts: lineage.Facts
    journal: Journal

    def went(self, lines: Iterable[SaleLine], money: str) -> Breakdown:
        """Those lines, followed to their last owners."""
        mine = [line for line in lines if line.money == money]
        return breakdown(money, where_it_went(mine, self.journal, self.costs))

    def costs(self, lot: str) -> Mapping[lineage.Payee, Fraction]:
        """Who was paid for what went into a lot (by path), and how much."""
        return lineage.costs(lot, self.facts)


def trail_behind(
    lots: Iterable[str] = (),
    *,
    orders: Iterable[str] = (),
    known: Sequence[Recorded] = (),
    with_payers: bool = False,
) -> Trail:
    """Everything behind some lots (by path) and orders (by owner; or by their entries, `known` already), as far back as
    goods, costs and shares came; and before them, on request, the lots of others that gave them a share: as is needed
    to divide it on."""
    found = [*known, *(entries_touching(owners=orders) if orders else ())]
    entries = {entry.token: entry for entry in found}
    frontier, seen = {*lots, *_lots_paid(found)}, set[str]()
    while frontier:
        # All that goods came from is found at once; only a share of another lot leads further.
        found = entries_behind(frontier, with_earnings=True)
        entries.update((entry.token, entry) for entry in found)
        seen |= _all_behind(frontier, found)
        payers = _lots_that_paid(found, frontier) if with_payers else ()
        frontier = {*_lots_paid(entry for entry in found if entry.purpose != "sale"), *payers} - seen
    charges = {e.key.partition("/fee/")[0] for e in entries.values() if "/fee/" in e.key}
    entries.update((e.token, e) for e in (entries_by_key(charges) if charges else {}).values())
    flows = net_flows(entries[token] for token in sorted(entries))
    return Trail(flows, lineage.facts(flows), Journal.of(flows))


def _lots_that_paid(entries: Iterable[Recorded], lots: Iterable[str]) -> Iterator[str]:
    """Other cooperatives' lots (by path) whose divisions gave a share to any of these lots."""
    earned = {lot.replace("/lots/", "/earned/") for lot in lots}
    for entry in entries:
        for flow in entry.flows if entry.purpose == "share" else ():
            if flow.taker in earned and "/earned/" in flow.giver:
                yield lot_of(flow.giver)


def _lots_paid(entries: Iterable[Recorded]) -> Iterator[str]:
    """The lots (by path) that a purchase or a share brought money to."""
    for entry in entries:
        for flow in entry.flows:
            taker = Address.parse(flow.taker)
            if taker.word == "earned":
                yield lot_of(flow.taker)


def _all_behind(lots: Iterable[str], entries: Iterable[Recorded]) -> set[str]:
    """These lots (by path) and every lot and process that those entries made them of."""
    givers: dict[str, set[str]] = defaultdict(set)
    for entry in entries:
        for flow in entry.flows:
            giver = Address.parse(flow.giver)
            if giver.word in {"lots", "processes"}:
                givers[lineage.path_of(flow.taker)].add(giver.path)
    seen, frontier = set[str](), set(lots)
    while frontier:
        seen |= frontier
        frontier = {giver for path in frontier for giver in givers[path]} - seen
    return seen


def where_money_went(
    *,
    order: Order | None = None,
    listing: Listing | None = None,
    lot: str | None = None,
    product: int | None = None,
    cooperative: Cooperative | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    currency: str | None = None,
) -> Breakdown:
    """Every cent of some sales to its last owner: those of one order, listing, lot (by path), product (by number) or
    cooperative, from `since` to before `until`. The slices sum to what the buyers paid."""
    if order is not None:
        trail = trail_behind(orders=[order.owner])
        lines = [line for line in sale_lines(trail.flows) if line.order == order.owner]
        return trail.went(lines, currency or order.currency)
    if listing is not None:
        lots, currency = {listing.lot_path}, currency or listing.currency
    elif lot is not None:
        lots = {lot}
    elif product is not None:
        lots = set(Listing.objects.filter(product=product).values_list("lot_path", flat=True))
    elif cooperative is not None:
        lots = set(Listing.objects.filter(product__cooperative=cooperative).values_list("lot_path", flat=True))
    else:
        lots = set(Listing.objects.values_list("lot_path", flat=True))
    trail = trail_behind(lots)
    lines = lines_of(trail, lots, since=since, until=until)
    return trail.went(lines, currency or _currency_of(lines, cooperative))


def lines_of(
    trail: Trail,
    lots: Iterable[str],
    *,
    senders: Container[str] = (),
    since: datetime | None = None,
    until: datetime | None = None,
) -> list[SaleLine]:
    """The sales of some lots (by path), and what some cooperatives (addresses) took for bringing goods to buyers, from
    `since` to before `until`."""
    wanted = set(lots)
    return [
        line
        for line in sale_lines(trail.flows)
        if (not wanted.isdisjoint(map(lot_of, line.earned)) or (line.is_carriage and line.seller in senders))
        and (since is None or line.at >= since)
        and (until is None or line.at < until)
    ]


def _currency_of(lines: Sequence[SaleLine], cooperative: Cooperative | None) -> str:
    if cooperative is not None:
        return cooperative.currency
    return lines[0].money if lines else "EUR"
