"""The value bar: who receives a price, as segments whose edges meet."""

from collections.abc import Mapping
from dataclasses import dataclass

# Known ends where the hatch begins, "at most" ends where it does: the order carries the interval.
GROUPS = ("local", "commons", "unknown", "waiting", "extracted")
LABELLED_FROM = 1000  # hundredths of a percent: a narrower segment has no room for its figure


@dataclass(frozen=True, slots=True)
class Segment:
    """One part of a bar; `x`, `width` and `middle` are SVG percentages, `share` is in hundredths of a percent."""

    group: str
    share: int
    x: str
    width: str
    middle: str

    @property
    def is_labelled(self) -> bool:
        return self.share >= LABELLED_FROM and self.group not in ("unknown", "waiting")


def segments(amounts: Mapping[str, int]) -> list[Segment]:
    """The parts of a bar that are not empty, in the order of GROUPS; together they are exactly 100%."""
    whole = sum(amounts.get(group, 0) for group in GROUPS)
    if whole <= 0 or any(amounts.get(group, 0) < 0 for group in GROUPS):
        return []
    found, passed, start = [], 0, 0
    for group in GROUPS:
        passed += amounts.get(group, 0)
        end = rounded(passed * 10_000, whole)
        if end > start:
            found.append(Segment(group, end - start, percent(start), percent(end - start), percent((start + end) // 2)))
        start = end
    return found


def rounded(numerator: int, denominator: int) -> int:
    """The nearest whole number, halves up, without leaving the integers."""
    return (2 * numerator + denominator) // (2 * denominator)


def percent(hundredths: int) -> str:
    """6883 → "68.83%", as SVG wants it in every language."""
    whole, rest = divmod(hundredths, 100)
    return f"{whole}.{rest:02d}".rstrip("0").rstrip(".") + "%"
