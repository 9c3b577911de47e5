"""How value is condensed: much that is thin and spread becomes little that is dense (indicators B).

Eglash describes the flows and gives no index; these are ours. What has no mass (code, art, a course) has no mass or
density measure: such a value is None, and says so on the page as “undefined”.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class FanIn:
    """B1: how many gave, and how many it feels like: 1 ÷ Σ share², which is below `count` where a few gave most."""

    count: int
    effective: Fraction


def fan_in(given: Mapping[str, int | Fraction]) -> FanIn:
    """B1 from {contributor: how much}, of one unit."""
    whole = sum((Fraction(quantity) for quantity in given.values()), Fraction(0))
    shares = [Fraction(quantity) / whole for quantity in given.values() if quantity] if whole else []
    squares = sum((share * share for share in shares), Fraction(0))
    return FanIn(len(shares), 1 / squares if squares else Fraction(0))


@dataclass(frozen=True, slots=True)
class Condensation:
    """B2 and B3 of one lot: mass in ÷ mass out, value out ÷ value in, and their product, the gain in price per kg."""

    mass: Fraction | None  # κ_m
    value: Fraction | None  # κ_v

    @property
    def density_gain(self) -> Fraction | None:
        """ρ, never shown without its two factors."""
        return None if self.mass is None or self.value is None else self.mass * self.value

    @property
    def producer_share(self) -> Fraction | None:
        """What of the output's value the inputs were paid."""
        return 1 / self.value if self.value else None


def condensation(
    *,
    grams_in: int | Fraction | None,
    grams_out: int | Fraction | None,
    value_in: int | Fraction | None,
    value_out: int | Fraction | None,
) -> Condensation:
    """Both factors, as far as they are defined: no mass, or inputs nobody put a price on, leave one undefined."""
    mass = Fraction(grams_in) / Fraction(grams_out) if grams_in and grams_out else None
    value = Fraction(value_out) / Fraction(value_in) if value_in and value_out is not None else None
    return Condensation(mass, value)


def hours_per_unit(minutes: Mapping[str, int | Fraction], made: int | Fraction) -> dict[str, Fraction]:
    """B4: {kind of work: hours in one unit}, over all paths behind it."""
    return {kind: Fraction(quantity) / 60 / Fraction(made) for kind, quantity in minutes.items()} if made else {}


def attachment(*, residual: int, patronage: int, commons: int, sold_for: int) -> Fraction | None:
    """B5: claims that stay with those who made it, ÷ what it was sold for. A spot sale to a trader has none."""
    return Fraction(residual + patronage + commons, sold_for) if sold_for else None


@dataclass(frozen=True, slots=True)
class Unpaid:
    """B6: the share of work, care and cited designs that nobody paid for, at no wage and at a reference wage."""

    at_zero: Fraction
    at_reference: Fraction | None


def unpaid_share(
    *, unpaid_minutes: int | Fraction, wage_per_hour: int | Fraction, cited: int | Fraction, paid: int | Fraction
) -> Unpaid:
    """B6; `cited` is the declared value of designs that were used without payment, `paid` what was paid in money."""

    def share(imputed: Fraction) -> Fraction | None:
        return imputed / (imputed + paid) if imputed + paid else None

    work = Fraction(unpaid_minutes) * Fraction(wage_per_hour) / 60
    return Unpaid(share(Fraction(cited)) or Fraction(0), share(work + cited))


CONTRIBUTORS = ("members/", "workers/", "commons/", "nature/")


def traceable_share(given: Iterable[tuple[str, int | Fraction]]) -> Fraction | None:
    """B7: which part of what is in a lot leads to a contributor; `given` is (owner, mass or value) of all its sources.

    A supplier is a shop: we know it, and not who made what it sold.
    """
    rows = [(owner.startswith(CONTRIBUTORS), Fraction(quantity)) for owner, quantity in given]
    whole = sum((quantity for _, quantity in rows), Fraction(0))
    return sum((quantity for is_known, quantity in rows if is_known), Fraction(0)) / whole if whole else None
