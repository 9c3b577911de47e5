"""Who receives a price, as a page may say it: people are counted, never singled out by an amount."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from ledger.rules.entries import EVIDENCE
from market.rules.disclosure import is_revealing
from market.rules.splits import GROUPS, Slice, group_of

# One row for all of a kind. A carrier is no secret: buyers choose it by its name, at a price that all may read.
COUNTED = frozenset({"members", "workers", "suppliers", "funders"})


class Receiver(NamedTuple):
    """One row: its owner where that may be named, else how many there are of a kind; the weakest evidence of all.

    A row of the kind `together` is the sum of `people` and, where they are too few by themselves, of `owner`.
    """

    kind: str
    owner: str
    reason: str
    people: int
    quantity: int
    evidence: str


class Group(NamedTuple):
    """All receivers in one of GROUPS, the largest first."""

    name: str
    quantity: int
    receivers: tuple[Receiver, ...]


def receivers(slices: Iterable[Slice], places: Mapping[str, str | None], boundary: str) -> list[Group]:
    """The slices by group, in the order of a bar; groups that receive nothing are left out."""
    rows: dict[str, dict[tuple[str, str, str], list[Slice]]] = defaultdict(lambda: defaultdict(list))
    for part in slices:
        kind = part.owner.partition("/")[0]
        owner = "" if kind in COUNTED and part.reason != "waiting" else part.owner
        rows[group_of(part, places, boundary)][kind, owner, part.reason].append(part)
    found = []
    for name in GROUPS:
        its = _discreet(rows.get(name, {}))
        its.sort(key=lambda row: (-row.quantity, row.kind, row.owner))
        if its:
            found.append(Group(name, sum(row.quantity for row in its), tuple(its)))
    return found


def _discreet(rows: Mapping[tuple[str, str, str], list[Slice]]) -> list[Receiver]:
    """The rows of one group; those from which somebody's own could be worked out are told as one sum, and if that
    still gives somebody away, as one with the smallest other row. A group of one row stays as it is: it is the bar."""
    shy = {key: parts for key, parts in rows.items() if key[0] in COUNTED and is_revealing(_each(parts))}
    told = {key: parts for key, parts in rows.items() if key not in shy and key[2] != "waiting"}
    if not shy or len(rows) == 1:
        return [_receiver(*key, parts) for key, parts in rows.items()]
    hidden, owner = [part for parts in shy.values() for part in parts], ""
    if told and is_revealing(_each(hidden)):
        beside = min(told, key=lambda key: (key[0] in COUNTED, sum(part.quantity for part in told[key]), key))
        hidden, owner = hidden + told.pop(beside), beside[1]
    people = len({part.owner for part in hidden if part.owner != owner})
    joined = _receiver("together", owner, "together", hidden)._replace(people=people)
    waiting = [_receiver(*key, parts) for key, parts in rows.items() if key[2] == "waiting" and key not in shy]
    return [joined, *(_receiver(*key, parts) for key, parts in told.items()), *waiting]


def _each(parts: Iterable[Slice]) -> list[int]:
    """What each owner of some slices receives."""
    sums: dict[str, int] = defaultdict(int)
    for part in parts:
        sums[part.owner] += part.quantity
    return list(sums.values())


def _receiver(kind: str, owner: str, reason: str, parts: list[Slice]) -> Receiver:
    weakest = max((part.evidence for part in parts), key=EVIDENCE.index)
    people = len({part.owner for part in parts})
    return Receiver(kind, owner, reason, people, sum(part.quantity for part in parts), weakest)


def region_of(place: str | None) -> str | None:
    """The boundary a maker's own goods are first shown in: the place around its place, or that itself if none is."""
    return (place.rpartition("/")[0] or place) if place else None


def around(place: str | None) -> list[str]:
    """A place and all that lie around it, the nearest first: the boundaries a reader may choose."""
    parts = place.split("/") if place else []
    return ["/".join(parts[:n]) for n in range(len(parts), 0, -1)]
