"""A lot's story by weight, as a drawing to scale needs it: what was brought, what each step left, what joined later."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from cooperatives.rules.lineage import Facts, owner_of, path_of, weights_behind, word_of
from ledger.rules.readings import NetFlow


@dataclass(frozen=True, slots=True)
class Stage:
    """Grams after a step, grams that came in at it beside the stream, and whether their giver is known."""

    weight: int
    joined: int
    is_known: bool


@dataclass(frozen=True, slots=True)
class Stream:
    """Grams that each first giver brought, and every step after."""

    threads: tuple[int, ...]
    stages: tuple[Stage, ...]


def stream(lot: str, known: Facts, grams: Mapping[str, int]) -> Stream | None:
    """None where weights say nothing: code, a course, or goods that nobody made or weighed.

    `grams` is what one of each weighed unit weighs. All quantities are the share that is in this lot. Processes as far
    from the first gifts as each other are drawn as one step.
    """
    weights = weights_behind(lot, known)
    levels = _levels(weights, known)
    threads: dict[str, Fraction] = defaultdict(Fraction)
    joined: dict[int, list[tuple[str, Fraction]]] = defaultdict(list)
    made: dict[int, Fraction] = defaultdict(Fraction)
    for process, level in levels.items():
        for flow in known.outputs.get(process, ()):
            made[level] += _grams(flow, grams) * weights.get(path_of(flow.taker), Fraction(0))
        for giver, weight in _brought(process, weights, known, grams):
            if level:
                joined[level].append((giver, weight))
            else:
                threads[giver] += weight
    if not sum(threads.values()) or not all(made.values()):
        return None
    stages = [
        Stage(
            round(made[level]),
            round(sum(weight for _, weight in joined[level])),
            not any(giver.startswith("unknown/") for giver, _ in joined[level]),
        )
        for level in sorted(made)
    ]
    return Stream(tuple(round(weight) for weight in threads.values() if weight), tuple(stages))


def _levels(weights: Mapping[str, Fraction], known: Facts) -> dict[str, int]:
    """Each process behind the lot, and how many processes lie before it."""
    found: dict[str, int] = {}
    made_in = {path_of(flow.taker): process for process in weights for flow in known.outputs.get(process, ())}
    for account in reversed(list(weights)):
        if word_of(account) == "processes":
            before = (made_in.get(path_of(flow.giver)) for flow in known.inputs.get(account, ()))
            found[account] = 1 + max((found[process] for process in before if process in found), default=-1)
    return found


def _brought(
    process: str, weights: Mapping[str, Fraction], known: Facts, grams: Mapping[str, int]
) -> list[tuple[str, Fraction]]:
    """Who gave what a process took that no process had made: straight to it, or into a lot that it drew from."""
    found = []
    for flow in known.inputs.get(process, ()):
        if word_of(flow.giver) != "lots":
            found.append((owner_of(flow.giver), _grams(flow, grams) * weights[process]))
            continue
        fills = known.fills.get(path_of(flow.giver), ())
        if any(word_of(fill.giver) in {"processes", "lots"} for fill in fills):
            continue
        drawn = Fraction(flow.quantity, known.filled[path_of(flow.giver)]) * weights[process]
        found += [(owner_of(fill.giver), _grams(fill, grams) * drawn) for fill in fills]
    return [(giver, weight) for giver, weight in found if weight]


def _grams(flow: NetFlow, grams: Mapping[str, int]) -> Fraction:
    return Fraction(flow.quantity * grams.get(flow.unit, 0))
