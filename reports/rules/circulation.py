"""How value goes round before it leaves a community (indicators C2 to C4, and the Finn cycling index)."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from fractions import Fraction

from ledger.rules.refusal import Refusal
from reports.rules.capture import solve

Volumes = Mapping[tuple[str, str], int | Fraction]  # (from, to) → how much in the period


class ClosedNetwork(Refusal):
    """Nothing comes in from outside, so a cycling index of this network is undefined."""


def largest_circle(volumes: Volumes) -> frozenset[str]:
    """The largest group in which everyone is reached from everyone (by members, then by name); empty without any."""
    ahead, back = _neighbours(volumes), _neighbours({(to, of): q for (of, to), q in volumes.items()})
    left = {name for pair in volumes for name in pair}
    found: list[list[str]] = []
    while left:
        start = min(left)
        group = _reached(start, ahead) & _reached(start, back)
        left -= group
        if len(group) > 1:
            found.append(sorted(group))
    return frozenset(sorted(found, key=lambda group: (-len(group), group))[0]) if found else frozenset()


def circle_share(volumes: Volumes) -> Fraction | None:
    """C2: which share of the volume moves inside the largest circle."""
    whole = sum((Fraction(q) for q in volumes.values()), Fraction(0))
    group = largest_circle(volumes)
    inside = sum((Fraction(q) for (of, to), q in volumes.items() if of in group and to in group), Fraction(0))
    return inside / whole if whole else None


def velocity(volume: int | Fraction, mean_balance: int | Fraction) -> Fraction | None:
    """C3: 1 ÷ mean holding time, in times per period: what moved in the period ÷ what was held on average."""
    return Fraction(volume) / Fraction(mean_balance) if mean_balance else None


def concentration(positions: Iterable[int | Fraction]) -> Fraction | None:
    """C4: Herfindahl–Hirschman index of net positions by size: 1/n where all are alike, 1 where one has all."""
    sizes = [abs(Fraction(position)) for position in positions]
    whole = sum(sizes, Fraction(0))
    return sum(((size / whole) ** 2 for size in sizes), Fraction(0)) if whole else None


def cycling(flows: Volumes, imports: Mapping[str, int | Fraction]) -> Fraction:
    """Finn's cycling index of an open network at steady state: which share of the throughflow was there before.

    T_i = Σ_j f_ji + z_i, G = f_ij ÷ T_i, N = (I − G)⁻¹, FCI = Σ T_i (n_ii − 1) ÷ n_ii ÷ Σ T_i (Finn 1976).
    Raises ClosedNetwork where nothing comes in.
    """
    if not any(imports.values()):
        raise ClosedNetwork()
    through: dict[str, Fraction] = defaultdict(Fraction, {n: Fraction(z) for n, z in imports.items()})
    for (_, to), quantity in flows.items():
        through[to] += quantity
    nodes = [name for name in through if through[name]]
    shares = {of: {to: Fraction(q) / through[of] for (f, to), q in flows.items() if f == of} for of in nodes}
    cycled = Fraction(0)
    for n, name in enumerate(nodes):
        # One column of N at a time: what each node sends to `name`, over all ways.
        column = solve(shares, {of: (Fraction(of == name),) for of in nodes})
        again = column[nodes[n]][0]
        cycled += through[name] * (again - 1) / again
    return cycled / sum(through.values(), Fraction(0))


def _neighbours(volumes: Volumes) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for (of, to), quantity in volumes.items():
        if quantity:
            found[of].add(to)
    return found


def _reached(start: str, ahead: Mapping[str, set[str]]) -> set[str]:
    seen, waiting = {start}, [start]
    while waiting:
        further = ahead.get(waiting.pop(), set()) - seen
        seen |= further
        waiting += further
    return seen
