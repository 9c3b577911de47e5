"""What a design passes on to the designs that it was forked or merged from, step by step back (indicators E)."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from fractions import Fraction
from graphlib import CycleError, TopologicalSorter

from cooperatives.rules.lineage import CircularLineage

Parents = Mapping[str, Sequence[str]]  # {design: the designs it was made from}


def along_lineage(cited: Mapping[str, Fraction], parents: Parents, passed_on: int) -> dict[str, Fraction]:
    """{design: its part}: each passes `passed_on` thousandths of what reaches it to its parents, in equal parts.

    A design without parents keeps all, so that the parts sum to what was cited. Raises CircularLineage.
    """
    parts: dict[str, Fraction] = defaultdict(Fraction, cited)
    for design in _youngest_first(cited, parents):
        behind = sorted(set(parents.get(design, ())))
        share = parts[design] * passed_on / 1000 if behind else Fraction(0)
        parts[design] -= share
        for parent in behind:
            parts[parent] += share / len(behind)
    return {design: part for design, part in parts.items() if part}


def _youngest_first(cited: Mapping[str, Fraction], parents: Parents) -> list[str]:
    graph: dict[str, Sequence[str]] = {}
    frontier = sorted(cited)
    while frontier:
        design = frontier.pop()
        if design not in graph:
            graph[design] = parents.get(design, ())
            frontier.extend(graph[design])
    try:
        return list(TopologicalSorter(graph).static_order())[::-1]
    except CycleError as no:
        raise CircularLineage(path=no.args[1][0]) from None
