"""All sales of a place, a period and a cooperative."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC
from fractions import Fraction
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from cooperatives import queries as cooperatives
from cooperatives.rules import generations, lineage
from ledger import queries as ledger
from ledger.rules.readings import net_flows
from market import queries as market
from market.queries import Trail
from market.rules.cycles import lot_of
from market.rules.receivers import region_of
from market.rules.splits import Journal, SaleLine
from reports.queries.asking import (
    EACH,
    Asked,
    NoSuchCooperative,
    Reader,
    Sealed,
    boundaries,
    boundary_of,
    commonest_money,
    home_of,
    sealed,
    weights_and_decimals,
)
from reports.queries.lots import LotLine
from reports.rules.figures import Figures, figures, nothing, together
from reports.rules.lots import lot_figures

if TYPE_CHECKING:
    from cooperatives.models import Cooperative


@dataclass(frozen=True, slots=True)
class Season:
    """One stretch of the period, with its own figures."""

    name: str
    figures: Figures


@dataclass(frozen=True, slots=True)
class Overview:
    """Everything that the overview says, on its page, in its CSV and JSON."""

    asked: Asked
    figures: Figures
    seasons: list[Season]
    lots: list[LotLine]
    minutes: Mapping[str, int]  # by kind, behind what was sold
    sellers: list[Cooperative]
    cooperatives: list[Cooperative]
    monies: list[str]
    exponent: int  # decimals of the money
    orders: int
    places: Mapping[str, str]  # every boundary that can be chosen, with its name
    names: Mapping[str, str]
    reader: Reader
    sealed: Sealed
    inside: Mapping[str, Mapping[lineage.Source, Fraction]] = field(repr=False)  # who and what is in each lot sold
    homes: Mapping[str, str | None] = field(repr=False)  # where each owner behind it is


def overview(asked: Asked, reader: Reader) -> Overview:
    """All sales that were asked for. Raises NoSuchCooperative, NoSuchPlace."""
    everyone = cooperatives.cooperatives()
    chosen = [c for c in everyone if not asked.cooperative or c.slug == asked.cooperative]
    if asked.cooperative and not chosen:
        raise NoSuchCooperative()
    listed = {row.lot_path: row for row in market.listed(chosen[0] if asked.cooperative else None)}
    trail = _everything()
    senders = {c.address for c in chosen}
    lines = market.lines_of(trail, listed, senders=senders, since=asked.since, until=asked.until)
    monies = sorted({line.money for line in lines})
    money = asked.money if asked.money in monies else commonest_money(lines, chosen)
    lines = [line for line in lines if line.money == money]
    selling = {line.seller for line in lines}
    sellers = [c for c in chosen if c.address in selling] or chosen
    went = trail.went(lines, money)
    by_lot = _by_lot(lines)
    inside = {path: lineage.embodied(path, trail.facts) for path in by_lot}
    owners = {part.owner for part in went.slices} | {c.address for c in everyone}
    where = cooperatives.atlas()
    behind = {lineage.owner_of(s.giver) for its in inside.values() for s in its}
    homes = cooperatives.homes_of(owners | behind, where, on=asked.last_day)
    makers = [place for c in sellers if (place := homes.get(c.address))]
    boundary = boundary_of(asked, where) or home_of(makers) or (EACH if makers else "")
    names = boundaries(homes.values(), "" if boundary == EACH else boundary, where)
    if len(sellers) > 1 or boundary == EACH:
        names = {EACH: _("each maker’s own region")} | names
    regions = {c.address: region_of(homes.get(c.address)) for c in everyone}

    def seen(some: Sequence[SaleLine]) -> Figures:
        """Some of the lines, inside the boundary that was asked for, or each inside its own maker's region."""
        if boundary != EACH:
            return figures(trail.went(some, money), homes, boundary)
        by_seller: dict[str, list[SaleLine]] = defaultdict(list)
        for line in some:
            by_seller[line.seller].append(line)
        parts = [figures(trail.went(its, money), homes, regions.get(seller)) for seller, its in by_seller.items()]
        return together(money, EACH, parts)

    found = seen(lines) if lines else nothing(money, boundary)
    grams, exponent = weights_and_decimals(trail.facts, money)
    told = {path: lot_figures(path, listed[path].unit, trail.facts, seen(its), grams) for path, its in by_lot.items()}
    titles = {c.address: c.name for c in everyone}
    return Overview(
        asked=Asked(boundary, asked.cooperative, asked.since, asked.until, money),
        figures=found,
        seasons=[Season(name, seen(its)) for name, its in _seasons(lines)],
        lots=[
            LotLine(lot, listed[path].title, titles.get(lineage.owner_of(path), ""), listed[path].unit)
            for path, lot in told.items()
        ],
        minutes=_minutes_sold(by_lot, trail.facts, inside),
        sellers=sellers,
        cooperatives=everyone,
        monies=monies,
        exponent=exponent,
        orders=len({line.order for line in lines}),
        places=names,
        names=titles | _names(found, reader, sellers),
        reader=reader,
        sealed=sealed(),
        inside=inside,
        homes=homes,
    )


# The whole journal as it was last read. Nobody's copy but this process's, and only while nothing new was recorded.
remembered: dict[tuple[int, tuple[int, ...]], Trail] = {}


def _everything() -> Trail:
    """The whole journal: a report of everybody needs nearly all of it."""
    state = ledger.journal_state()
    found = remembered.get(state)
    if found is None:
        flows = net_flows(ledger.all_entries())
        found = Trail(flows, lineage.facts(flows), Journal.of(flows))
        remembered.clear()
        remembered[state] = found
    return found


def _by_lot(lines: Iterable[SaleLine]) -> dict[str, list[SaleLine]]:
    found: dict[str, list[SaleLine]] = defaultdict(list)
    for line in lines:
        for earned in line.earned:
            found[lot_of(earned)].append(line)
    return found


def _seasons(lines: Sequence[SaleLine]) -> list[tuple[str, list[SaleLine]]]:
    """The lines by month, or by year where they span more than two."""
    if not lines:
        return []
    first, last = min(line.at for line in lines), max(line.at for line in lines)
    form = "%Y" if (last - first).days > 730 else "%Y-%m"
    found: dict[str, list[SaleLine]] = defaultdict(list)
    for line in lines:
        found[line.at.astimezone(UTC).strftime(form)].append(line)
    return sorted(found.items())


def _minutes_sold(
    by_lot: Mapping[str, list[SaleLine]],
    facts: lineage.Facts,
    inside: Mapping[str, Mapping[lineage.Source, Fraction]],
) -> dict[str, int]:
    """{kind of work: minutes} in what buyers have of these lots."""
    sums: dict[str, Fraction] = defaultdict(Fraction)
    for path, lines in by_lot.items():
        tokens = {line.token for line in lines}
        gone = sum(f.quantity for f in facts.draws.get(path, ()) if f.token in tokens and f.taker.startswith("orders/"))
        if filled := facts.filled.get(path):
            for kind, minutes in generations.minutes_by_kind(inside[path]).items():
                sums[kind] += minutes * Fraction(gone, filled)
    return {kind: round(minutes) for kind, minutes in sums.items()}


def _names(found: Figures, reader: Reader, sellers: Sequence[Cooperative]) -> dict[str, str]:
    """Names of the members whose rows this reader sees; nobody else's is asked for."""
    members = {row.owner for row in found.received if row.kind == "members"}
    if not reader.sees_all(c.address for c in sellers):
        members &= reader.addresses
    if not members:
        return {}
    return cooperatives.names_of(members, reader=reader.inside(sellers[0].address if sellers else ""))
