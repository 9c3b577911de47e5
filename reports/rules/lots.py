"""How one lot was condensed and what stayed of its price: the indicators B, from lineage and from its sales."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from cooperatives.rules.generations import kind_of_work, minutes_by_kind
from cooperatives.rules.lineage import Facts, Source, costs, embodied, owner_of, word_of
from reports.rules.condensation import (
    Condensation,
    FanIn,
    Unpaid,
    attachment,
    condensation,
    fan_in,
    hours_per_unit,
    traceable_share,
    unpaid_share,
)
from reports.rules.figures import Figures, Received

MATERIAL = frozenset({"harvest", "stock", "opening", "count", "lots", "goods"})  # what a lot is made of
UNPAID = frozenset({"family", "care", "volunteer", "gift"})  # kinds of work that nobody is paid for as such

Grams = Mapping[str, int]  # {unit: grams of one}, units without mass left out


@dataclass(frozen=True, slots=True)
class LotFigures:
    """One dot of the picture, with the numbers behind it. None is undefined, and never zero."""

    path: str
    filled: int
    sold: int
    figures: Figures
    contributors: FanIn
    condensation: Condensation
    minutes: Mapping[str, Fraction]
    hours: Mapping[str, Fraction]
    attachment: Fraction | None
    unpaid: Unpaid
    traceable: Fraction | None

    @property
    def captured(self) -> tuple[Fraction, Fraction] | None:
        """c as an interval: known to stay, and at most, of one unit of money."""
        price = self.figures.price
        return (Fraction(self.figures.known, price), Fraction(self.figures.at_most, price)) if price else None


def lot_figures(path: str, unit: str, facts: Facts, sales: Figures, grams: Grams) -> LotFigures:
    """`sales` are those of this lot, `unit` is its own, `facts` reach back to every source."""
    sources = embodied(path, facts)
    filled = facts.filled.get(path, 0)
    masses = material(sources, grams)
    paid = {row.owner for row in sales.received}
    made = [owner for owner in masses if owner in paid]
    divided = sales.price - sales.groups["waiting"]
    minutes = minutes_by_kind(sources)
    return LotFigures(
        path=path,
        filled=filled,
        sold=sold(path, facts),
        figures=sales,
        contributors=fan_in(given(sources, masses)),
        condensation=condensation(
            grams_in=sum(masses.values(), Fraction(0)) or None,
            grams_out=filled * grams[unit] if unit in grams else None,
            value_in=sum(row.quantity for row in sales.received if row.owner in made) or None,
            value_out=divided or None,
        ),
        minutes=minutes,
        hours=hours_per_unit(minutes, filled),
        attachment=_attachment(sales.received, divided),
        unpaid=_unpaid(path, facts, sources),
        traceable=traceable_share(masses.items()),
    )


def material(sources: Mapping[Source, Fraction], grams: Grams) -> dict[str, Fraction]:
    """{owner: grams} of what the lot is made of; hours, tools, energy and designs have no place in it."""
    found: dict[str, Fraction] = defaultdict(Fraction)
    for source, quantity in sources.items():
        if word_of(source.giver) in MATERIAL and source.unit in grams:
            found[owner_of(source.giver)] += quantity * grams[source.unit]
    return found


def given(sources: Mapping[Source, Fraction], masses: Mapping[str, Fraction]) -> Mapping[str, Fraction]:
    """Whom B1 counts: those who gave goods; where nobody did (code, a course), those who gave hours."""
    people = {owner: mass for owner, mass in masses.items() if owner.startswith("members/")}
    if people:
        return people
    hours: dict[str, Fraction] = defaultdict(Fraction)
    for source, quantity in sources.items():
        if kind_of_work(source.giver, source.unit):
            hours[owner_of(source.giver)] += quantity
    return hours


def sold(path: str, facts: Facts) -> int:
    """How much of a lot buyers have, net of returns."""
    return sum(flow.quantity for flow in facts.draws.get(path, ()) if flow.taker.startswith("orders/"))


def _attachment(received: Iterable[Received], price: int) -> Fraction | None:
    sums: dict[str, int] = defaultdict(int)
    for row in received:
        sums["commons" if row.kind == "commons" else row.reason] += row.quantity
    return attachment(
        residual=sums["reserve"] + sums["own"] + sums["fund"], patronage=sums["share"], commons=sums["commons"],
        sold_for=price,
    )  # fmt: skip


def _unpaid(path: str, facts: Facts, sources: Mapping[Source, Fraction]) -> Unpaid:
    """B6, at the wage that was paid for hours in this very lot; without any, there is no reference."""
    paid = costs(path, facts)
    wages, hours, free = Fraction(0), Fraction(0), Fraction(0)
    for source, minutes in sources.items():
        kind = kind_of_work(source.giver, source.unit)
        if kind in UNPAID:
            free += minutes
        elif kind and owner_of(source.giver) in paid:
            hours += minutes
    earners = {owner_of(s.giver) for s in sources if kind_of_work(s.giver, s.unit) not in UNPAID | {""}}
    wages = sum((amount for payee, amount in paid.items() if payee in earners), Fraction(0))
    wage = wages * 60 / hours if hours else Fraction(0)
    found = unpaid_share(unpaid_minutes=free, wage_per_hour=wage, cited=0, paid=sum(paid.values(), Fraction(0)))
    return found if wage else Unpaid(found.at_zero, None)
