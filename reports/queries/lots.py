"""One lot: what its sales brought to whom, and who and what is in it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from cooperatives import queries as cooperatives
from cooperatives.rules import generations, lineage
from cooperatives.rules.streams import Stream, stream
from market import queries as market
from market.queries import Trail
from reports.queries.asking import (
    Asked,
    NoSuchLot,
    Reader,
    Sealed,
    boundaries,
    boundary_of,
    commonest_money,
    home_of,
    sealed,
    weights_and_decimals,
)
from reports.rules.figures import Figures, figures
from reports.rules.lots import LotFigures, lot_figures

if TYPE_CHECKING:
    from cooperatives.models import Lot


@dataclass(frozen=True, slots=True)
class LotLine:
    """A lot in a report, with what it was sold as."""

    lot: LotFigures
    title: str
    cooperative: str  # its name
    unit: str

    @property
    def slug(self) -> str:
        return self.lot.path.split("/")[1]

    @property
    def code(self) -> str:
        return self.lot.path.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class Behind:
    """One contribution in one unit of a lot: who gave what, how much of it, and how we know."""

    owner: str
    what: str  # harvest, work/family, stock …
    unit: str
    quantity: Fraction  # in the whole lot
    evidence: str


@dataclass(frozen=True, slots=True)
class LotReport:
    """Everything that one lot's report and its chain of contributions say."""

    asked: Asked
    lot: Lot
    title: str
    exponent: int
    piece: int  # how much of the lot's unit is sold as one piece, or is easily pictured
    stream: Stream | None  # its story by weight, where weights say something
    line: LotLine
    steps: list[generations.Generation]
    behind: list[Behind]
    villages: Mapping[str, str | None]  # of every contributor
    made: Mapping[str, Fraction]  # what was made of it further on: path → fraction
    places: Mapping[str, str]
    names: Mapping[str, str]
    reader: Reader

    @property
    def figures(self) -> Figures:
        return self.line.lot.figures

    @property
    def sealed(self) -> Sealed:
        """The log as it was last published; asked for when it is read, since the chain has no need of it."""
        return sealed()


def lot_report(slug: str, code: str, asked: Asked, reader: Reader) -> LotReport:
    """One lot: what its sales brought to whom, and who and what is in it. Raises NoSuchLot, NoSuchPlace."""
    lot = cooperatives.lot(slug, code)
    if lot is None:
        raise NoSuchLot(lot=code)
    trail = market.trail_behind([lot.path])
    lines = market.lines_of(trail, [lot.path], since=asked.since, until=asked.until)
    money = asked.money or commonest_money(lines, [lot.cooperative])
    went = trail.went(lines, money)
    sources = lineage.embodied(lot.path, trail.facts)
    owners = {part.owner for part in went.slices} | {lineage.owner_of(s.giver) for s in sources}
    where = cooperatives.atlas()
    homes = cooperatives.homes_of(owners | {lot.cooperative.address}, where, on=asked.last_day)
    wanted, home = boundary_of(asked, where), homes[lot.cooperative.address]
    names = boundaries(homes.values(), wanted, where)
    boundary = wanted or home_of([home] if home else [])
    found = figures(went, homes, boundary)
    grams, exponent = weights_and_decimals(trail.facts, money)
    told = lot_figures(lot.path, lot.unit, trail.facts, found, grams)
    known = reader.inside(lot.cooperative.address)
    listing = next(iter(market.listed_as(lot.path)), None)
    title = listing.title if listing else lot.goods
    return LotReport(
        asked=Asked(boundary or "", "", asked.since, asked.until, money),
        lot=lot,
        title=title,
        exponent=exponent,
        piece=listing.unit_quantity if listing else 1000 if lot.unit == "g" else 1,
        stream=stream(lot.path, trail.facts, grams),
        line=LotLine(told, title, lot.cooperative.name, lot.unit),
        steps=generations.story(lot.path, trail.facts),
        behind=_behind(sources, trail),
        villages=homes,
        made={path: part for path, part in lineage.made_of(lot.path, trail.facts).items() if path != lot.path},
        places=names,
        names=cooperatives.names_of(owners, reader=known, known={lot.cooperative.address: lot.cooperative.name}),
        reader=reader,
    )


def _behind(sources: Mapping[lineage.Source, Fraction], trail: Trail) -> list[Behind]:
    graded = {flow.token: flow.evidence for flow in trail.flows}
    sums: dict[tuple[str, str, str, str], Fraction] = defaultdict(Fraction)
    for source, quantity in sources.items():
        what = lineage.path_of(source.giver).split("/", 2)[2]
        sums[lineage.owner_of(source.giver), what, source.unit, graded[source.token]] += quantity
    rows = [Behind(owner, what, unit, quantity, how) for (owner, what, unit, how), quantity in sums.items()]
    return sorted(rows, key=lambda row: (row.unit == "min", row.what, -row.quantity, row.owner))
