"""How a family of recipes is drawn: one row a generation, each recipe below all that it was made from."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

WIDTH, HEIGHT, GAP, STEP = 168, 44, 16, 84  # of a box, between two of them, and from row to row, in pixels


@dataclass(frozen=True, slots=True)
class Box:
    """A recipe where it is drawn: its upper left corner."""

    name: str
    x: int
    y: int


@dataclass(frozen=True, slots=True)
class Line:
    """From the middle of a parent's lower edge to the middle of a child's upper edge."""

    x1: int
    y1: int
    x2: int
    y2: int

    @property
    def path(self) -> str:
        """As SVG writes a curve that leaves and arrives upright."""
        middle = (self.y1 + self.y2) // 2
        return f"M{self.x1},{self.y1} C{self.x1},{middle} {self.x2},{middle} {self.x2},{self.y2}"


@dataclass(frozen=True, slots=True)
class Picture:
    """All boxes and lines, and how much room they take."""

    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]
    width: int
    height: int


def picture(pairs: Iterable[tuple[str, str]]) -> Picture:
    """The family of these (parent, child); a recipe that is its own parent (a new version) is drawn once."""
    parents: dict[str, set[str]] = defaultdict(set)
    for parent, child in pairs:
        parents.setdefault(parent, set())
        if parent != child:
            parents[child].add(parent)
    rows: dict[str, int] = {}
    while waiting := [name for name in parents if name not in rows and all(p in rows for p in parents[name])]:
        for name in waiting:
            rows[name] = max((rows[p] + 1 for p in parents[name]), default=0)
    grouped: dict[int, list[str]] = defaultdict(list)
    for name in sorted(rows):
        grouped[rows[name]].append(name)
    widest = max((len(names) for names in grouped.values()), default=0)
    width = widest * (WIDTH + GAP) - GAP if widest else 0
    boxes = {}
    for row, names in grouped.items():
        start = (width - (len(names) * (WIDTH + GAP) - GAP)) // 2
        for place, name in enumerate(names):
            boxes[name] = Box(name, start + place * (WIDTH + GAP), row * STEP)
    lines = [
        Line(boxes[p].x + WIDTH // 2, boxes[p].y + HEIGHT, boxes[name].x + WIDTH // 2, boxes[name].y)
        for name in sorted(boxes)
        for p in sorted(parents[name])
    ]
    return Picture(tuple(boxes.values()), tuple(lines), width, max(0, len(grouped) * STEP - (STEP - HEIGHT)))
