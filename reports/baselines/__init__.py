"""Published figures of other places, typed from the pages that their `source` names."""

import csv
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Share:
    """Which share stayed or was paid on somewhere else, what exactly that measures, and who says so."""

    place: str
    share: Fraction
    measures: str
    source: str


@dataclass(frozen=True, slots=True)
class Condensed:
    """How a published good was condensed: mass in ÷ out, value out ÷ in, and what its producers received."""

    good: str
    mass: Fraction
    value: Fraction
    producer_share: Fraction
    measures: str
    source: str

    @property
    def density_gain(self) -> Fraction:
        """How many times more a kilogram was worth."""
        return self.mass * self.value


@cache
def shares() -> tuple[Share, ...]:
    """Baselines for what stays; they measure different things inside different boundaries, and are no ranking."""
    return tuple(
        Share(row["place"], Fraction(row["share"]), row["measures"], row["source"]) for row in _rows("shares.csv")
    )


@cache
def condensed() -> tuple[Condensed, ...]:
    """Baselines for how much denser a good became."""
    return tuple(
        Condensed(
            row["good"], Fraction(row["mass_ratio"]), Fraction(row["value_ratio"]), Fraction(row["producer_share"]),
            row["measures"], row["source"],
        )
        for row in _rows("condensation.csv")
    )  # fmt: skip


def _rows(name: str) -> list[dict[str, str]]:
    with (HERE / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
