"""What a stranger may read: cells from which nobody's own figure can be worked out (indicators F)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

FEWEST = 5  # contributors to a cell
PERCENT = 20  # how close nobody may come to the largest figure in a cell


@dataclass(frozen=True, slots=True)
class Cell:
    """A published sum, or None where it is withheld."""

    quantity: int | None
    contributors: int

    @property
    def is_withheld(self) -> bool:
        return self.quantity is None


def is_revealing(parts: Sequence[int], *, percent: int = PERCENT, fewest: int = FEWEST) -> bool:
    """Whether the sum of `parts` tells too much: under `fewest` contributors, or T − x₁ − x₂ < p/100 · x₁ for the two
    largest, so that the second could work out the first within p per cent."""
    ranked = sorted((abs(part) for part in parts if part), reverse=True)
    if not ranked:
        return False
    if len(ranked) < fewest:
        return True
    return (sum(ranked) - ranked[0] - ranked[1]) * 100 < percent * ranked[0]


def publish(
    cells: Mapping[str, Sequence[int]],
    *,
    exempt: Collection[str] = (),
    percent: int = PERCENT,
    fewest: int = FEWEST,
    has_total: bool = True,
) -> dict[str, Cell]:
    """{name: cell} of one table whose total is published (`has_total`), each cell given by its contributors' parts.

    The total gives away the sum of all cells that are withheld: more are, the smallest first, until it is harmless.
    `exempt` cells are nobody's own figure (a tax, a reserve); one of them withheld beside others hides them well.
    """
    withheld = {
        name
        for name, parts in cells.items()
        if name not in exempt and is_revealing(parts, percent=percent, fewest=fewest)
    }
    others = sorted((sum(cells[name]), name) for name in cells if name not in withheld and any(cells[name]))
    for _, name in others:
        hidden = [part for cell in withheld for part in cells[cell]]
        if not has_total or withheld & set(exempt) or not is_revealing(hidden, percent=percent, fewest=fewest):
            break
        withheld.add(name)
    return {
        name: Cell(None if name in withheld else sum(parts), sum(1 for part in parts if part))
        for name, parts in cells.items()
    }
