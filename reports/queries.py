"""Give me: what buyers paid and who received it, for any place, period, cooperative and lot. Reads only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fractions import Fraction
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.translation import gettext as _

from cooperatives import queries as cooperatives
from cooperatives.rules import lineage
from cooperatives.rules.streams import Stream, stream
from ledger import queries as ledger
from ledger.rules.merkle import EMPTY_ROOT
from ledger.rules.readings import net_flows
from ledger.rules.refusal import NotFound
from market import queries as market
from market.queries import Trail
from market.rules.disclosure import FEWEST
from market.rules.receivers import region_of
from market.rules.splits import Journal, SaleLine
from reports.rules.fairness import Theil, gini, quantile, rates, theil
from reports.rules.figures import Figures, common_place, figures, nothing, together
from reports.rules.lots import LotFigures, lot_figures

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from cooperatives.models import Cooperative, Lot, Member, Membership

EACH = "each"  # the boundary that is every maker's own region, where makers are far apart
AUDITOR = "auditor"  # the role that reads all and writes nothing


class NoSuchCooperative(NotFound):
    """We know no cooperative of that name."""


class NoSuchPlace(NotFound):
    """We know no place “{place}”."""


class NoSuchLot(NotFound):
    """There is no lot {lot} here."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a reader wants to see: empty is everybody, always; `until` is the first moment after it.

    The boundary is a place's path, EACH, or empty: the smallest place around all who sold, or EACH where none is.
    """

    boundary: str = ""
    cooperative: str = ""
    since: datetime | None = None
    until: datetime | None = None
    money: str = ""


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads: where they belong, and whether they may see everybody's rows (indicators F)."""

    memberships: tuple[Membership, ...] = ()

    @property
    def addresses(self) -> frozenset[str]:
        return frozenset(m.address for m in self.memberships)

    def sees_all(self, sellers: Iterable[str]) -> bool:
        """An auditor sees the rows of the own cooperatives, everybody all of them where the books are open."""
        audited = {m.cooperative.address for m in self.memberships if m.has_role(AUDITOR)}
        wanted = set(sellers)
        return settings.OPEN_BOOKS or bool(wanted and wanted <= audited)

    def inside(self, cooperative: str) -> Membership | None:
        """The reader's membership of a cooperative (by address), or any: it decides which names may be shown."""
        own = [m for m in self.memberships if m.cooperative.address == cooperative]
        return next(iter([*own, *self.memberships]), None)


@dataclass(frozen=True, slots=True)
class Sealed:
    """The log that a figure was worked out from: how many records, and the root of its last checkpoint."""

    size: int
    root: str


@dataclass(frozen=True, slots=True)
class Season:
    """One stretch of the period, with its own figures."""

    name: str
    figures: Figures


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


def reader_of(user: Member | AnonymousUser) -> Reader:
    """Whoever is signed in, or nobody."""
    return Reader(tuple(cooperatives.memberships_of(user)))


def overview(asked: Asked, reader: Reader) -> Overview:
    """All sales that were asked for. Raises NoSuchCooperative, NoSuchPlace."""
    everyone = cooperatives.cooperatives()
    chosen = [c for c in everyone if not asked.cooperative or c.slug == asked.cooperative]
    if asked.cooperative and not chosen:
        raise NoSuchCooperative()
    listed = {row.lot_path: row for row in market.listed(chosen[0] if asked.cooperative else None)}
    trail = _everything()
    lines = market.lines_of(trail, listed, since=asked.since, until=asked.until)
    monies = sorted({line.money for line in lines})
    money = asked.money if asked.money in monies else _commonest(lines, chosen)
    lines = [line for line in lines if line.money == money]
    selling = {_seller(line) for line in lines}
    sellers = [c for c in chosen if c.slug in selling] or chosen
    went = trail.went(lines, money)
    by_lot = _by_lot(lines)
    inside = {path: lineage.embodied(path, trail.facts) for path in by_lot}
    owners = {part.owner for part in went.slices} | {c.address for c in everyone}
    homes = ledger.places_of(owners | {lineage.owner_of(s.giver) for its in inside.values() for s in its})
    where = [c.place.path for c in sellers if c.place]
    boundary = asked.boundary or _home(where) or (EACH if where else "")
    names = _place_names(homes.values(), "" if boundary == EACH else boundary)
    if len(sellers) > 1 or boundary == EACH:
        names = {EACH: _("each maker’s own region")} | names
    regions = {c.slug: region_of(c.place.path) for c in everyone if c.place}

    def seen(some: Sequence[SaleLine]) -> Figures:
        """Some of the lines, inside the boundary that was asked for, or each inside its own maker's region."""
        if boundary != EACH:
            return figures(trail.went(some, money), homes, boundary)
        by_seller: dict[str, list[SaleLine]] = defaultdict(list)
        for line in some:
            by_seller[_seller(line)].append(line)
        parts = [figures(trail.went(its, money), homes, regions.get(slug)) for slug, its in by_seller.items()]
        return together(money, EACH, parts)

    found = seen(lines) if lines else nothing(money, boundary)
    grams, exponent = _units(trail.facts, money)
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
    steps: list[lineage.Generation]
    behind: list[Behind]
    villages: Mapping[str, str | None]  # of every contributor
    made: Mapping[str, Fraction]  # what was made of it further on: path → fraction
    places: Mapping[str, str]
    names: Mapping[str, str]
    reader: Reader
    sealed: Sealed

    @property
    def figures(self) -> Figures:
        return self.line.lot.figures


def lot_report(slug: str, code: str, asked: Asked, reader: Reader) -> LotReport:
    """One lot: what its sales brought to whom, and who and what is in it. Raises NoSuchLot, NoSuchPlace."""
    lot = cooperatives.lot(slug, code)
    if lot is None:
        raise NoSuchLot(lot=code)
    trail = market.trail_behind([lot.path])
    lines = market.lines_of(trail, [lot.path], since=asked.since, until=asked.until)
    money = asked.money or _commonest(lines, [lot.cooperative])
    went = trail.went(lines, money)
    sources = lineage.embodied(lot.path, trail.facts)
    owners = {part.owner for part in went.slices} | {lineage.owner_of(s.giver) for s in sources}
    homes = ledger.places_of(owners | {lot.cooperative.address})
    names = _place_names(homes.values(), asked.boundary)
    boundary = asked.boundary or _home([lot.cooperative.place.path] if lot.cooperative.place else [])
    found = figures(went, homes, boundary)
    grams, exponent = _units(trail.facts, money)
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
        steps=lineage.story(lot.path, trail.facts),
        behind=_behind(sources, trail),
        villages=homes,
        made={path: part for path, part in lineage.made_of(lot.path, trail.facts).items() if path != lot.path},
        places=names,
        names=cooperatives.names_of(owners, reader=known),
        reader=reader,
        sealed=sealed(),
    )


def sealed() -> Sealed:
    """The log as it was last published."""
    last = ledger.checkpoint()
    return Sealed(last.size, bytes(last.root).hex()) if last else Sealed(0, EMPTY_ROOT.hex())


@dataclass(slots=True)
class Contributor:
    """Who stands behind what was sold: what they gave, and what they received."""

    owner: str
    place: str | None
    given: dict[str, Fraction] = field(default_factory=lambda: defaultdict(Fraction))
    received: int = 0


def contributors(seen: Overview) -> list[Contributor]:
    """Everyone who gave to a lot of this report, largest receiver first; of what they gave, the part that was sold."""
    people: dict[str, Contributor] = {}
    for line in seen.lots:
        if not line.lot.filled:
            continue
        part = Fraction(line.lot.sold, line.lot.filled)
        for source, quantity in seen.inside[line.lot.path].items():
            owner = lineage.owner_of(source.giver)
            people.setdefault(owner, Contributor(owner, None)).given[source.unit] += quantity * part
    for row in seen.figures.received:
        if row.owner in people and row.group != "waiting":
            people[row.owner].received += row.quantity
    for owner, one in people.items():
        one.place, one.given = seen.homes.get(owner), dict(one.given)
    return sorted(people.values(), key=lambda p: (-p.received, p.owner))


@dataclass(frozen=True, slots=True)
class Fairness:
    """How evenly members were paid (indicators D): money for a kilogram of what is theirs in what was sold."""

    members: int
    per_kilo: tuple[Fraction, Fraction, Fraction]  # a tenth are below the first, half below the second, a tenth above
    gini: Fraction
    theil: Theil


def fairness(gave: Iterable[Contributor]) -> Fairness | None:
    """None where too few members gave goods by weight for it to say something, or to hide who they are."""
    members = [one for one in gave if one.owner.startswith("members/") and one.given.get("g")]
    paid = {one.owner: one.received for one in members}
    per_kilo = list(rates(paid, {one.owner: one.given["g"] for one in members}, 1000).values())
    groups: dict[str, list[int]] = defaultdict(list)
    for one in members:
        groups[one.place or ""].append(one.received)
    uneven, spread = gini(list(paid.values())), theil(groups)
    tenth, half, most = (quantile(per_kilo, Fraction(n, 10)) for n in (1, 5, 9))
    if len(members) < FEWEST or uneven is None or spread is None or tenth is None or half is None or most is None:
        return None
    return Fairness(len(members), (tenth, half, most), uneven, spread)


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


def _commonest(lines: Sequence[SaleLine], chosen: Sequence[Cooperative]) -> str:
    count: dict[str, int] = defaultdict(int)
    for line in lines:
        count[line.money] += 1
    if count:
        return max(count, key=lambda money: (count[money], money))
    return chosen[0].currency if chosen else "EUR"


def _seller(line: SaleLine) -> str:
    """The short name of the cooperative that sold."""
    return next(iter(line.earned), "").split("/")[1]


def _home(places: Sequence[str]) -> str | None:
    """The boundary of sellers when none was asked for: the smallest place around all, the region of a single one."""
    if len(set(places)) == 1:
        return region_of(places[0])
    return common_place(places)


def _by_lot(lines: Iterable[SaleLine]) -> dict[str, list[SaleLine]]:
    found: dict[str, list[SaleLine]] = defaultdict(list)
    for line in lines:
        for earned in line.earned:
            found[earned.replace("/earned/", "/lots/")].append(line)
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


def _place_names(places: Iterable[str | None], boundary: str) -> dict[str, str]:
    """Every place and all that lie around it, with names. NoSuchPlace."""
    paths = {"/".join(p.split("/")[:n]) for p in places if p for n in range(1, p.count("/") + 2)}
    names = cooperatives.place_names(paths | ({boundary} if boundary else set()))
    if boundary and boundary not in names:
        raise NoSuchPlace(place=boundary)
    return {path: names[path] for path in sorted(names)}


def _units(facts: lineage.Facts, money: str) -> tuple[dict[str, int], int]:
    """{unit: grams of one} of all that lots and sources are counted in, and the decimals of the money."""
    codes = {flow.unit for flows in (*facts.fills.values(), *facts.inputs.values()) for flow in flows}
    units = ledger.units(codes | {money})
    exponent = units[money].exponent if money in units else 2
    return {code: unit.grams for code, unit in units.items() if unit.grams}, exponent


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
            for kind, minutes in lineage.minutes_by_kind(inside[path]).items():
                sums[kind] += minutes * Fraction(gone, filled)
    return {kind: round(minutes) for kind, minutes in sums.items()}


def _behind(sources: Mapping[lineage.Source, Fraction], trail: Trail) -> list[Behind]:
    graded = {flow.token: flow.evidence for flow in trail.flows}
    sums: dict[tuple[str, str, str, str], Fraction] = defaultdict(Fraction)
    for source, quantity in sources.items():
        what = lineage.path_of(source.giver).split("/", 2)[2]
        sums[lineage.owner_of(source.giver), what, source.unit, graded[source.token]] += quantity
    rows = [Behind(owner, what, unit, quantity, how) for (owner, what, unit, how), quantity in sums.items()]
    return sorted(rows, key=lambda row: (row.unit == "min", row.what, -row.quantity, row.owner))


def _names(found: Figures, reader: Reader, sellers: Sequence[Cooperative]) -> dict[str, str]:
    """Names of the members whose rows this reader sees; nobody else's is asked for."""
    members = {row.owner for row in found.received if row.kind == "members"}
    if not reader.sees_all(c.address for c in sellers):
        members &= reader.addresses
    if not members:
        return {}
    return cooperatives.names_of(members, reader=reader.inside(sellers[0].address if sellers else ""))
