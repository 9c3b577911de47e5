"""The rows of a report: its pages, its figures, its CSV and its JSON are all written from these."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from market.rules.disclosure import publish
from market.rules.splits import GROUPS
from reports.queries import Behind, Contributor, LotLine, LotReport, Overview
from reports.rules.figures import Figures, Received, way_of

PERSONAL = frozenset({"members"})  # kinds of owner whose own figure nobody else shall work out


class Row(NamedTuple):
    """One figure. `quantity` is whole, in the smallest part of the table's unit; None where it is withheld."""

    key: str
    label: str
    quantity: int | None
    group: str = ""
    people: int | None = None
    evidence: str = ""
    unit: str = ""
    account: str = ""  # of the ledger, where the row can be followed to its entries


class Table(NamedTuple):
    """Rows of one kind and, where they sum to something that is published, their total."""

    name: str
    title: str
    unit: str
    rows: tuple[Row, ...]
    total: int | None = None

    @property
    def has_withheld(self) -> bool:
        return any(row.quantity is None for row in self.rows)


def group_words(place: str) -> dict[str, str]:
    """What the ends of a bar are called, seen from a place."""
    return {
        "local": _("Stays in %(place)s") % {"place": place} if place else _("Stays"),
        "commons": _("Commons"),
        "unknown": _("Unknown"),
        "waiting": _("Not divided yet"),
        "extracted": _("Leaves"),
    }


def kind_words() -> dict[str, str]:
    """What kinds of receivers are called."""
    return {
        "members": _("Members"), "workers": _("Hired work"), "coops": _("Cooperatives"), "commons": _("Commons"),
        "suppliers": _("Suppliers"), "carriers": _("Carriers"), "processors": _("Payment services"),
        "operators": _("This market"), "tax": _("Tax offices"), "funders": _("Funders"), "nature": _("Nature"),
        "unknown": _("Nobody we know"), "waiting": _("Not divided yet"),
    }  # fmt: skip


def way_words() -> dict[str, str]:
    """What the ways are called by which money leaves."""
    return {
        "import": _("Bought from outside"), "ownership": _("Rent, interest and profit"),
        "fees": _("Platform and payment fees"), "tax": _("Tax sent out"), "away": _("People and commons elsewhere"),
    }  # fmt: skip


def evidence_words() -> dict[str, str]:
    """How we know."""
    return {
        "invoice": _("Invoice"), "two-sided": _("Both signed"), "declared": _("Declared"), "modelled": _("Modelled"),
        "unknown": _("Unknown"),
    }  # fmt: skip


def work_words() -> dict[str, str]:
    """What kinds of work are called; a kind without a word here is its own word."""
    return {
        "family": _("Family"), "hired": _("Hired"), "paid": _("Paid"), "care": _("Care"), "share": _("For a share"),
        "unknown": _("Nobody known"), "work": _("Work"),
    }  # fmt: skip


def ends(seen: Figures, place: str) -> Table:
    """Where the money ended: the groups of the bar, which sum to what buyers paid."""
    words = group_words(place)
    rows = tuple(
        Row(group, words[group], seen.groups[group], group)
        for group in GROUPS
        if seen.groups[group] or group != "waiting"
    )
    return Table("ends", _("Where it ends"), seen.money, rows, seen.price)


def ways(seen: Figures) -> Table:
    """What left, by kind."""
    words, sums = way_words(), seen.leaves_by_way()
    left = [row for row in seen.received if row.group == "extracted"]
    graded = {way: _weakest(row for row in left if way_of(row) == way) for way in sums}
    rows = tuple(
        Row(way, words[way], quantity, "extracted", evidence=graded[way]) for way, quantity in sums.items() if quantity
    )
    return Table("ways", _("What leaves, by kind"), seen.money, rows, seen.groups["extracted"])


def evidence(seen: Figures) -> Table:
    """How we know, by value."""
    words = evidence_words()
    rows = tuple(Row(grade, words[grade], quantity, evidence=grade) for grade, quantity in seen.by_evidence().items())
    return Table("evidence", _("How we know"), seen.money, rows, seen.price)


def receivers(seen: Figures, *, shows_all: bool) -> Table:
    """Kinds of receivers at each end. Few members' figures are withheld from whoever may not see them."""
    words = kind_words()
    cells: dict[tuple[str, str], list[Received]] = defaultdict(list)
    for row in seen.received:
        cells["waiting" if row.group == "waiting" else row.kind, row.group].append(row)
    order = sorted(cells, key=lambda cell: (GROUPS.index(cell[1]), -_sum(cells[cell]), cell))
    shown: dict[tuple[str, str], int | None] = {}
    for group in GROUPS:
        its = {kind: _parts(cells[kind, g]) for kind, g in order if g == group}
        institutions = [kind for kind in its if kind not in PERSONAL]
        for kind, cell in publish(its, exempt=institutions).items():
            shown[kind, group] = sum(its[kind]) if shows_all else cell.quantity
    rows = tuple(
        Row(
            f"{kind}/{group}", words.get(kind, kind), shown[kind, group], group, len(_owners(cells[kind, group])),
            _weakest(cells[kind, group]),
        )
        for kind, group in order
    )  # fmt: skip
    return Table("receivers", _("Who received it"), seen.money, rows, seen.price)


def villages(seen: Figures, places: Mapping[str, str], *, shows_all: bool) -> Table:
    """What stayed, by the place one step inside the boundary."""
    found = seen.by_place()
    cells = {place: _parts(rows) for place, rows in found.items()}
    nobodys = [place for place, rows in found.items() if not any(row.kind in PERSONAL for row in rows)]
    shown = publish(cells, exempt=nobodys)
    rows = tuple(
        Row(
            place, places.get(place, place), sum(cells[place]) if shows_all else shown[place].quantity, "local",
            len(_owners(found[place])),
        )
        for place in sorted(cells, key=lambda place: (-sum(cells[place]), place))
    )  # fmt: skip
    return Table("villages", _("By place"), seen.money, rows, seen.known)


def hours(minutes: Mapping[str, int | Fraction]) -> Table:
    """Work behind what was sold, by kind."""
    words = work_words()
    rows = tuple(
        Row(kind, words.get(kind, kind), round(quantity), unit="min")
        for kind, quantity in sorted(minutes.items(), key=lambda item: (-item[1], item[0]))
    )
    return Table("hours", _("Hours behind it"), "min", rows, sum(row.quantity or 0 for row in rows))


def yours(seen: Figures, own: frozenset[str]) -> Table:
    """A member's own rows."""
    rows = tuple(
        Row(row.owner, reason_words().get(row.reason, row.reason), row.quantity, row.group, evidence=row.evidence)
        for row in seen.received
        if row.owner in own and row.group != "waiting"
    )
    return Table("yours", _("Your own part"), seen.money, rows, sum(row.quantity or 0 for row in rows))


def everyone(seen: Figures, names: Mapping[str, str]) -> Table:
    """Every receiver, for those who may see all."""
    reasons = reason_words()
    rows = tuple(
        Row(
            f"{row.owner}/{row.reason}",
            _("%(name)s, %(reason)s") % {
                "name": name_of(row.owner, names), "reason": reasons.get(row.reason, row.reason),
            },
            row.quantity, row.group, evidence=row.evidence, account=account_of(row),
        )
        for row in seen.received
    )  # fmt: skip
    return Table("everyone", _("Everyone who received"), seen.money, rows, seen.price)


def account_of(row: Received) -> str:
    """The account in which a receiver's part arrived."""
    if row.reason == "waiting":
        return ""
    words = {"reserve": "reserve", "own": "free", "commission": "free", "debt": "debt", "capital": "capital"}
    usual = "pocket" if row.kind in {"suppliers", "processors"} else "purse"
    return f"{row.owner}/{words.get(row.reason, usual)}"


def reason_words() -> dict[str, str]:
    """Why somebody received money."""
    return {
        "share": _("share by the agreement"), "cost": _("paid for what went in"), "reserve": _("reserve"),
        "own": _("working money"), "fund": _("tied funds"), "tax": _("tax in the price"), "commission": _("commission"),
        "fee": _("payment fee"), "delivery": _("delivery"), "waiting": _("not divided yet"), "debt": _("a debt"),
        "capital": _("capital"),
    }  # fmt: skip


def seasons(found: Overview) -> Table:
    """What is known to stay, and what may, stretch by stretch."""
    rows = []
    for season in found.seasons:
        rows.append(
            Row(f"{season.name}/known", _("%(when)s, known to stay") % {"when": season.name}, season.figures.known)
        )
        rows.append(Row(f"{season.name}/most", _("%(when)s, at most") % {"when": season.name}, season.figures.at_most))
        rows.append(
            Row(f"{season.name}/paid", _("%(when)s, paid by buyers") % {"when": season.name}, season.figures.price)
        )
    return Table("seasons", _("Over time"), found.figures.money, tuple(rows))


class Measure(NamedTuple):
    """One number of a lot that is no money: None where it is undefined."""

    key: str
    label: str
    value: Fraction | None
    is_share: bool = True
    places: int = 2


def measures(line: LotLine) -> list[Measure]:
    """The indicators B and the interval of A1 for one lot; an undefined one keeps its row."""
    lot, captured = line.lot, line.lot.captured
    condensed = lot.condensation
    return [
        Measure("captured_known", _("Known to stay"), captured[0] if captured else None),
        Measure("captured_at_most", _("Stays at most"), captured[1] if captured else None),
        Measure("mass_ratio", _("Weight in ÷ out"), condensed.mass, False),
        Measure("value_ratio", _("Value out ÷ in"), condensed.value, False),
        Measure("density_gain", _("Worth per kilogram"), condensed.density_gain, False),
        Measure("producer_share", _("Producers’ share"), condensed.producer_share),
        Measure("contributors", _("Contributors"), Fraction(lot.contributors.count), False, 0),
        Measure("effective_contributors", _("As if so many gave alike"), lot.contributors.effective, False),
        Measure("attachment", _("Stays with the makers"), lot.attachment),
        Measure("unpaid_share", _("Unpaid work, at the wage paid"), lot.unpaid.at_reference),
        Measure("traceable_share", _("Can be followed"), lot.traceable),
    ]


def chain(report: LotReport, *, shows_all: bool) -> Table:
    """What is behind one piece of a lot, in billionths of each unit so that nothing is lost."""
    rows = [
        Row(
            _key(b, number), _giver(b, report.names), _billionths(report, b.quantity), b.what,
            evidence=b.evidence, unit=b.unit,
        )
        for number, b in enumerate(report.behind, 1)
        if shows_all or not b.owner.startswith("members/") or b.owner in report.reader.addresses
    ]  # fmt: skip
    return Table("chain", _("Behind one piece"), "", tuple(rows + ([] if shows_all else _hidden(report))))


def _key(behind: Behind, number: int) -> str:
    """What tells a row apart. A recipe may be its community's secret, so its key is as silent as its name."""
    is_recipe = behind.what == "recipe"
    return f"commons/recipe/{number}" if is_recipe else f"{behind.owner}/{behind.what}/{behind.unit}"


def _giver(behind: Behind, names: Mapping[str, str]) -> str:
    """Who gave: a recipe is named at the page of how the lot was made, which knows whose community keeps it."""
    return _("Design commons") if behind.what == "recipe" else name_of(behind.owner, names)


def _billionths(report: LotReport, quantity: Fraction) -> int:
    return round(quantity * 10**9 * report.piece / (report.line.lot.filled or 1))


def _hidden(report: LotReport) -> list[Row]:
    """Members' gifts by kind, for those who may not see each: a sum where enough gave, else only that some did."""
    cells: dict[tuple[str, str], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    graded: dict[tuple[str, str], list[str]] = defaultdict(list)
    for b in report.behind:
        if b.owner.startswith("members/"):
            cells[b.what, b.unit][b.owner] += _billionths(report, b.quantity)
            graded[b.what, b.unit].append(b.evidence)
    rows = []
    for (what, unit), given in cells.items():
        cell = publish({what: list(given.values())}, has_total=False)[what]
        label = ngettext("One member", "%(n)s members", len(given)) % {"n": len(given)}
        how = max(graded[what, unit], key=list(evidence_words()).index)
        rows.append(Row(f"members/{what}/{unit}", label, cell.quantity, what, len(given), how, unit))
    return rows


def people(found: Sequence[Contributor], names: Mapping[str, str], places: Mapping[str, str], money: str) -> Table:
    """Everyone who gave, with what they received."""
    rows = tuple(
        Row(one.owner, name_of(one.owner, names), one.received, places.get(one.place or "", "")) for one in found
    )
    return Table("people", _("Who gave"), money, rows)


def name_of(owner: str, names: Mapping[str, str]) -> str:
    """What an owner is called: a name where one may be shown, a pseudonym for people, plain words for the rest."""
    kind, _slash, name = owner.partition("/")
    if owner in names:
        return names[owner]
    if kind == "members":
        return _("Member %(name)s") % {"name": name[:4]}
    if kind == "workers":
        return _("Hired people of %(name)s") % {"name": name.capitalize()}
    if kind == "tax":
        return _("Tax, %(name)s") % {"name": name.upper()}
    if kind == "operators":
        return _("This market")
    if kind == "unknown":
        return _("Nobody we know")
    return name.replace("-", " ").capitalize()


def all_tables(found: Overview) -> list[Table]:
    """All tables of the overview that this reader may see, in the order of its page."""
    seen, place = found.figures, found.places.get(found.asked.boundary, "")
    shows_all = found.reader.sees_all(c.address for c in found.sellers)
    return [
        ends(seen, place), ways(seen), receivers(seen, shows_all=shows_all),
        villages(seen, found.places, shows_all=shows_all), evidence(seen), hours(found.minutes), seasons(found),
        *_more(seen, found, shows_all=shows_all),
    ]  # fmt: skip


def lot_tables(found: LotReport) -> list[Table]:
    """All tables of a lot's report that this reader may see."""
    seen, place = found.figures, found.places.get(found.asked.boundary, "")
    shows_all = found.reader.sees_all([found.lot.cooperative.address])
    return [
        ends(seen, place), ways(seen), receivers(seen, shows_all=shows_all),
        villages(seen, found.places, shows_all=shows_all), evidence(seen), hours(found.line.lot.minutes),
        *_more(seen, found, shows_all=shows_all), chain(found, shows_all=shows_all),
    ]  # fmt: skip


def _more(seen: Figures, found: Overview | LotReport, *, shows_all: bool) -> list[Table]:
    own = yours(seen, found.reader.addresses)
    return ([own] if own.rows else []) + ([everyone(seen, found.names)] if shows_all else [])


def _owners(rows: Iterable[Received]) -> set[str]:
    return {row.owner for row in rows}


def _parts(rows: Iterable[Received]) -> list[int]:
    sums: dict[str, int] = defaultdict(int)
    for row in rows:
        sums[row.owner] += row.quantity
    return list(sums.values())


def _sum(rows: Iterable[Received]) -> int:
    return sum(row.quantity for row in rows)


def _weakest(rows: Iterable[Received]) -> str:
    grades = list(evidence_words())
    return max((row.evidence for row in rows), key=grades.index, default="unknown")
