"""Local against extracted: how much of each unit of money ends inside a boundary (indicators A1 to A4, A7)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from ledger.rules.refusal import BadInput, Refusal

Vector = dict[str, Fraction]


class RowNotWhole(BadInput):
    """What {agent} does with one unit of money sums to {total}, not to one."""


class NoWayOut(Refusal):
    """Some money goes round for ever among {agents}: it never ends as anybody's income."""


@dataclass(frozen=True, slots=True)
class Row:
    """What an agent does with one unit that it earns: on to other local agents, or to an end. The parts sum to one."""

    to: Mapping[str, Fraction] = field(default_factory=dict)
    local: Fraction = Fraction(0)
    extracted: Fraction = Fraction(0)
    unknown: Fraction = Fraction(0)

    @property
    def total(self) -> Fraction:
        return sum(self.to.values(), self.local + self.extracted + self.unknown)


@dataclass(frozen=True, slots=True)
class Capture:
    """Where one unit ends, over all hops: `captured` + `extracted` + `unknown` = 1."""

    captured: Fraction
    extracted: Fraction
    unknown: Fraction

    @property
    def interval(self) -> tuple[Fraction, Fraction]:
        """What is known to stay, and what stays at most."""
        return self.captured, self.captured + self.unknown


def capture(rows: Mapping[str, Row]) -> dict[str, Capture]:
    """{agent: where a unit that it earns ends}: c = N h, x = N e, unknown = N u, with N = (I − S)⁻¹, exactly.

    Raises RowNotWhole, and NoWayOut where a circle of agents passes everything on among itself.
    """
    for agent, row in rows.items():
        if row.total != 1:
            raise RowNotWhole(agent=agent, total=row.total)
    shares = {agent: row.to for agent, row in rows.items()}
    ends = {agent: (row.local, row.extracted, row.unknown) for agent, row in rows.items()}
    return {agent: Capture(*found) for agent, found in solve(shares, ends).items()}


def solve(
    shares: Mapping[str, Mapping[str, Fraction]], ends: Mapping[str, tuple[Fraction, ...]]
) -> dict[str, tuple[Fraction, ...]]:
    """(I − S)⁻¹ times each column of `ends`, by elimination over the agents; `shares` is S, row by row. NoWayOut."""
    left = {agent: {to: -share for to, share in row.items() if share} for agent, row in shares.items()}
    for agent, row in left.items():
        row[agent] = row.get(agent, Fraction(0)) + 1
    right = {agent: list(ends[agent]) for agent in left}
    for pivot in left:
        if not left[pivot].get(pivot):
            _swap(pivot, left, right)
        _divide(left[pivot], right[pivot], left[pivot][pivot])
        for agent in left:
            if agent != pivot and left[agent].get(pivot):
                _subtract(left[agent], right[agent], left[pivot], right[pivot], left[agent][pivot])
    return {agent: tuple(right[agent]) for agent in left}


def _swap(pivot: str, left: dict[str, Vector], right: dict[str, list[Fraction]]) -> None:
    names = list(left)
    for agent in names[names.index(pivot) + 1 :]:
        if left[agent].get(pivot):
            left[pivot], left[agent] = left[agent], left[pivot]
            right[pivot], right[agent] = right[agent], right[pivot]
            return
    raise NoWayOut(agents=", ".join(names))


def _divide(row: Vector, ends: list[Fraction], by: Fraction) -> None:
    for name in row:
        row[name] /= by
    ends[:] = [end / by for end in ends]


def _subtract(row: Vector, ends: list[Fraction], other: Vector, others: list[Fraction], times: Fraction) -> None:
    for name, share in other.items():
        row[name] = row.get(name, Fraction(0)) - times * share
        if not row[name]:
            del row[name]
    ends[:] = [end - times * o for end, o in zip(ends, others, strict=True)]


# Beside the headline ------------------------------------------------------------------------------------------------


def paid_to_producers(paid: int, price: int) -> Fraction | None:
    """A3: what primary producers were paid of a price. Say which price: farm gate, at the port, in the shop."""
    return Fraction(paid, price) if price else None


def cost_coverage(price: Fraction, costs: Iterable[Fraction]) -> Fraction | None:
    """A4: a producer's price over the full cost of it, own family's hours at a reference wage among the costs."""
    full = sum(costs, Fraction(0))
    return price / full if full else None


def returned_surplus(patronage: int, dividend: int, commons: int, surplus: int) -> Fraction | None:
    """A7: what of a surplus went back to members and commons."""
    return Fraction(patronage + dividend + commons, surplus) if surplus > 0 else None
