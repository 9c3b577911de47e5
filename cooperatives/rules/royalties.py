"""What a design passes on to the designs that it was forked or merged from, step by step back (indicators E)."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from fractions import Fraction

Parents = Mapping[str, Sequence[str]]  # {design: the designs it was made from}


def along_lineage(cited: Mapping[str, Fraction], parents: Parents, passed_on: int) -> dict[str, Fraction]:
    """{design: its part}: each passes `passed_on` thousandths of what reaches it to its parents, in equal parts.

    A design without parents keeps all, so that the parts sum to what was cited. A design that took something back from
    its own fork is not thanked by that fork twice: thanks never come round.
    """
    parts: dict[str, Fraction] = defaultdict(Fraction, cited)
    for design, behind in _youngest_first(cited, parents):
        share = parts[design] * passed_on / 1000 if behind else Fraction(0)
        parts[design] -= share
        for parent in behind:
            parts[parent] += share / len(behind)
    return {design: part for design, part in parts.items() if part}


def _youngest_first(cited: Mapping[str, Fraction], parents: Parents) -> list[tuple[str, list[str]]]:
    """Every design reached, before those it was made from, with its parents but for those that lead back to it."""
    found: dict[str, list[str]] = {}
    finished: list[str] = []
    for start in sorted(cited):
        stack = [] if start in found else [start]
        while stack:
            design = stack[-1]
            if design not in found:
                under_way = {design, *found} - set(finished)
                found[design] = sorted(set(parents.get(design, ())) - under_way)
            ahead = next((each for each in found[design] if each not in found), None)
            if ahead is None:
                finished.append(stack.pop())
            else:
                stack.append(ahead)
    return [(design, found[design]) for design in reversed(finished)]
