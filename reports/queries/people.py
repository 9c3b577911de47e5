"""Who stands behind what was sold, and how evenly they were paid."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction

from cooperatives.rules import lineage
from market.rules.disclosure import FEWEST
from reports.queries.overviews import Overview
from reports.rules.fairness import Theil, gini, quantile, rates, theil


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
