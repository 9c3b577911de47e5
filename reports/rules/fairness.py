"""How evenly pay is spread, per hour and per kilogram (indicators D). Equal shares are no aim where gifts differ."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import log


def gini(values: Sequence[int | Fraction]) -> Fraction | None:
    """2 Σ i·x₍ᵢ₎ ÷ (n Σx) − (n+1) ÷ n; 0 where all have the same. None where nobody has anything."""
    count, whole = len(values), sum((Fraction(v) for v in values), Fraction(0))
    if not whole:
        return None
    ranked = sum((i * Fraction(v) for i, v in enumerate(sorted(values), start=1)), Fraction(0))
    return 2 * ranked / (count * whole) - Fraction(count + 1, count)


@dataclass(frozen=True, slots=True)
class Theil:
    """Theil T: the part inside the groups and the part between them; they sum to the whole."""

    within: float
    between: float

    @property
    def whole(self) -> float:
        return self.within + self.between


def theil(groups: Mapping[str, Sequence[int | Fraction]]) -> Theil | None:
    """Theil T over everybody, split by group. None where nobody has anything."""
    members = {name: [Fraction(v) for v in values] for name, values in groups.items() if values}
    count = sum(len(values) for values in members.values())
    whole = sum((sum(values, Fraction(0)) for values in members.values()), Fraction(0))
    if not whole:
        return None
    mean, within, between = whole / count, 0.0, 0.0
    for values in members.values():
        theirs = sum(values, Fraction(0))
        if theirs:
            own = theirs / len(values)
            within += float(theirs / whole) * sum(_spread(v / own) for v in values) / len(values)
            between += float(theirs / whole) * log(own / mean)
    return Theil(within, between)


def _spread(relative: Fraction) -> float:
    return float(relative) * log(relative) if relative else 0.0


def quantile(values: Sequence[int | Fraction], of: Fraction) -> Fraction | None:
    """The value below which `of` of them lie, between neighbours in proportion; 1/2 is the median."""
    ranked = sorted(Fraction(v) for v in values)
    if not ranked:
        return None
    at = of * (len(ranked) - 1)
    low = int(at)
    high = min(low + 1, len(ranked) - 1)
    return ranked[low] + (ranked[high] - ranked[low]) * (at - low)


def rates(paid: Mapping[str, int], given: Mapping[str, int | Fraction], per: int) -> dict[str, Fraction]:
    """{who: paid for `per` of what was given}: cents per hour of minutes, cents per kilogram of grams."""
    return {who: Fraction(paid[who]) * per / Fraction(given[who]) for who in paid if given.get(who)}
