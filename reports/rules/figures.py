"""What buyers paid, seen from one boundary: who stays, what leaves and by which way, and how we know (indicators A)."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ledger.rules.entries import EVIDENCE
from market.rules.splits import GROUPS, Breakdown, Slice, by_boundary, group_of

VERSION = 1  # of the method; it rises when the same entries would give another figure

# A2: the ways by which money leaves, and who stands for each.
WAYS = ("import", "ownership", "fees", "tax", "away")
_WAY_OF = {"tax": "tax", "processors": "fees", "operators": "fees", "funders": "ownership", "suppliers": "import",
           "carriers": "import", "coops": "import"}  # fmt: skip

Places = Mapping[str, str | None]


class Received(NamedTuple):
    """What one owner has of the sales, at one end of the bar, for one reason."""

    owner: str
    group: str
    reason: str
    evidence: str
    place: str | None
    quantity: int

    @property
    def kind(self) -> str:
        """members, workers, coops, commons, suppliers, tax …"""
        return self.owner.partition("/")[0]


@dataclass(frozen=True, slots=True)
class Figures:
    """One report: everything on its pages is summed from `received`, and `received` sums to `price`, always."""

    money: str
    boundary: str
    price: int
    received: tuple[Received, ...]
    groups: Mapping[str, int]

    @property
    def known(self) -> int:
        """What is known to stay: commons inside the boundary stay too."""
        return self.groups["local"] + self.groups["commons"]

    @property
    def at_most(self) -> int:
        """What stays at most: all that is unknown, and all that is not divided yet, might still."""
        return self.known + self.groups["unknown"] + self.groups["waiting"]

    def leaves_by_way(self) -> dict[str, int]:
        """{way: amount} in the order of WAYS; they sum to what leaves."""
        return self.sums(lambda row: way_of(row), WAYS, "extracted")

    def by_evidence(self) -> dict[str, int]:
        """{grade: amount}, best first; what is unknown or waiting counts as unknown."""
        return self.sums(_grade, EVIDENCE)

    def by_kind(self) -> dict[tuple[str, str], int]:
        """{(kind of receiver, group): amount}, what is waiting under `waiting`: the two sides of the flow."""
        found: dict[tuple[str, str], int] = defaultdict(int)
        for row in self.received:
            found["waiting" if row.group == "waiting" else row.kind, row.group] += row.quantity
        return dict(found)

    def by_place(self) -> dict[str, list[Received]]:
        """{place inside the boundary, one step in: who received what there}; the boundary itself where no step is."""
        found: dict[str, list[Received]] = defaultdict(list)
        for row in self.received:
            if row.group in {"local", "commons"} and row.place is not None:
                found[step_in(row.place, self.boundary)].append(row)
        return dict(found)

    def sums(self, key: Callable[[Received], str], order: Iterable[str], group: str | None = None) -> dict[str, int]:
        """Amounts by `key` in that order, of one group or of all; what nobody has is zero."""
        found = dict.fromkeys(order, 0)
        for row in self.received:
            if group is None or row.group == group:
                found[key(row)] += row.quantity
        return found


def figures(went: Breakdown, places: Places, boundary: str | None) -> Figures:
    """A breakdown of sales as it looks from `boundary`; without one, nothing is known to stay anywhere."""
    seen: Places = places if boundary else {}
    received = tuple(_received(part, seen, boundary or "") for part in went.slices)
    return Figures(went.money, boundary or "", went.price, received, by_boundary(went.slices, seen, boundary or ""))


def _received(part: Slice, places: Places, boundary: str) -> Received:
    group = group_of(part, places, boundary)
    return Received(part.owner, group, part.reason, part.evidence, places.get(part.owner), part.quantity)


def way_of(row: Received) -> str:
    """By which way money left; people and commons elsewhere are `away`."""
    return "ownership" if row.reason in {"capital", "debt", "interest", "rent"} else _WAY_OF.get(row.kind, "away")


def step_in(place: str, boundary: str) -> str:
    """The place one step inside a boundary in which `place` lies: a village of a district; else the place itself."""
    if not place.startswith(f"{boundary}/"):
        return place
    inner = place.removeprefix(f"{boundary}/").partition("/")[0]
    return f"{boundary}/{inner}"


def common_place(places: Iterable[str]) -> str | None:
    """The smallest place that holds all of these; None where they share none."""
    paths = [place.split("/") for place in places]
    shared: list[str] = []
    for parts in zip(*paths, strict=False):
        if len(set(parts)) > 1:
            break
        shared.append(parts[0])
    return "/".join(shared) or None


def _grade(row: Received) -> str:
    return "unknown" if row.group in {"unknown", "waiting"} else row.evidence


def nothing(money: str, boundary: str | None) -> Figures:
    """A report before the first sale."""
    return Figures(money, boundary or "", 0, (), dict.fromkeys(GROUPS, 0))


def together(money: str, boundary: str, parts: Sequence[Figures]) -> Figures:
    """Several reports as one, each seen from its own boundary; `boundary` is what they are called together."""
    groups = {name: sum(part.groups[name] for part in parts) for name in GROUPS}
    sums: dict[Received, int] = defaultdict(int)
    for part in parts:
        for row in part.received:
            sums[row._replace(quantity=0)] += row.quantity
    summed = (row._replace(quantity=quantity) for row, quantity in sums.items())
    received = sorted(summed, key=lambda row: (-row.quantity, row.owner, row.group, row.reason))
    return Figures(money, boundary, sum(part.price for part in parts), tuple(received), groups)
