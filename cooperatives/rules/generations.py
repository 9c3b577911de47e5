"""How a lot came about, told step by step: what was given first, what each process made of it, and by how much work."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from cooperatives.rules.lineage import (
    Facts,
    Source,
    brought_to,
    given_to,
    goes_back,
    owner_of,
    path_of,
    right_behind,
    weights_behind,
    word_of,
)
from ledger.rules.readings import NetFlow


@dataclass(frozen=True, slots=True)
class Generation:
    """One step of a lot's story: what was given at the start (`given`), or what a process made (`made`).

    Quantities are the share that is in the lot, by unit; minutes by kind of work; people are those who gave here.
    """

    level: int  # the longest way from a source, 0 where nothing was made before
    step: str
    paths: tuple[str, ...]  # the process, or the lots that were filled
    came_in: Mapping[str, Fraction]
    came_out: Mapping[str, Fraction]
    minutes: Mapping[str, Fraction]
    people: frozenset[str]
    flows: tuple[NetFlow, ...]  # what sources gave here, as recorded


def story(lot: str, known: Facts) -> list[Generation]:
    """How a lot came about, from what was given first to the process that made it."""
    weights = weights_behind(lot, known)
    levels: dict[str, int] = {}
    for account in reversed(list(weights)):
        levels[account] = 1 + max((levels[behind] for behind in right_behind(account, known)), default=-1)
    given: dict[int, list[str]] = defaultdict(list)
    told = []
    for account in weights:
        if word_of(account) == "processes":
            told.append(_made(account, levels[account], weights, known))
        elif any(given_to(account, known)):
            given[levels[account]].append(account)
    told += [_gifts(level, sorted(lots), weights, known) for level, lots in given.items()]
    return sorted(told, key=lambda row: (row.level, row.paths))


def minutes_by_kind(sources: Mapping[Source, Fraction]) -> dict[str, Fraction]:
    """{kind of work: minutes} among what sources gave: family, hired, care …; `unknown` where nobody is known."""
    found: dict[str, Fraction] = defaultdict(Fraction)
    for source, quantity in sources.items():
        if kind := kind_of_work(source.giver, source.unit):
            found[kind] += quantity
    return dict(found)


def kind_of_work(address: str, unit: str) -> str:
    """family of members/f1/work/family; `unknown` for minutes that nobody is known to have given; empty for no work."""
    words = path_of(address).split("/")
    if words[2] == "work":
        return words[3] if len(words) > 3 else "work"
    return "unknown" if unit == "min" and words[0] == "unknown" else ""


def _made(process: str, level: int, weights: Mapping[str, Fraction], known: Facts) -> Generation:
    weight = weights[process]
    came_out: dict[str, Fraction] = defaultdict(Fraction)
    for flow in known.outputs.get(process, ()):
        came_out[flow.unit] += flow.quantity * weights.get(path_of(flow.taker), Fraction(0))
    came_in, minutes, flows = _totals([process], weights, known)
    for flow in brought_to(process, known):
        if goes_back(flow, known):
            came_in[flow.unit] += flow.quantity * weight
    out = {unit: quantity for unit, quantity in came_out.items() if quantity}
    return Generation(level, "made", (process,), dict(came_in), out, minutes, _people(flows), flows)


def _gifts(level: int, lots: list[str], weights: Mapping[str, Fraction], known: Facts) -> Generation:
    came_in, minutes, flows = _totals(lots, weights, known)
    return Generation(level, "given", tuple(lots), dict(came_in), dict(came_in), minutes, _people(flows), flows)


def _totals(
    accounts: list[str], weights: Mapping[str, Fraction], known: Facts
) -> tuple[dict[str, Fraction], dict[str, Fraction], tuple[NetFlow, ...]]:
    came_in: dict[str, Fraction] = defaultdict(Fraction)
    minutes: dict[str, Fraction] = defaultdict(Fraction)
    flows = []
    for account in accounts:
        for flow in given_to(account, known):
            kind = kind_of_work(flow.giver, flow.unit)
            into, name = (minutes, kind) if kind else (came_in, flow.unit)
            into[name] += flow.quantity * weights[account]
            flows.append(flow)
    return came_in, dict(minutes), tuple(flows)


def _people(flows: Iterable[NetFlow]) -> frozenset[str]:
    return frozenset(o for o in (owner_of(flow.giver) for flow in flows) if o.startswith(("members/", "workers/")))
