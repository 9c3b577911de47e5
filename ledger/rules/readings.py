"""Readings of the journal: what happened in the end, once every undoing is set against what it undoes."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from ledger.rules.entries import Recorded
from ledger.rules.parts import whole_key


@dataclass(frozen=True, slots=True)
class NetFlow:
    """A flow less what later entries took back; `quantity` is above zero, in the unit's smallest part."""

    token: int
    key: str
    action: str
    purpose: str
    at: datetime
    evidence: str
    giver: str
    taker: str
    unit: str
    quantity: int


def net_flows(entries: Iterable[Recorded]) -> list[NetFlow]:
    """The flows of `entries` (in order of recording) as they stand in the end.

    An undoing flow out of X lessens the flows into X of the entry it undoes, in their order, and disappears. What it
    gives beyond them (a party that the undone entry did not know, such as a seller who makes up a loss) stays a flow.
    Parts of an entry too long for one leaf are read as the one that they are: with the token and key of its first.
    """
    left: dict[tuple[int, int], int] = {}
    into: dict[tuple[UUID, str, str], list[tuple[int, int]]] = defaultdict(list)
    kept: list[tuple[Recorded, int]] = []
    heads: dict[str, Recorded] = {}
    for entry in entries:
        heads[entry.key] = heads.get(whole_key(entry.key), entry)
        for n, (giver, taker, unit, quantity) in enumerate(entry.flows):
            rest = quantity
            if entry.undoes is not None:
                for origin in into[entry.undoes, giver, unit]:
                    taken = min(rest, left[origin])
                    left[origin] -= taken
                    rest -= taken
            left[entry.token, n] = rest
            into[entry.id, taker, unit].append((entry.token, n))
            kept.append((entry, n))
    return [
        NetFlow(
            heads[e.key].token, heads[e.key].key, e.action, e.purpose, e.at, e.evidence,
            e.flows[n].giver, e.flows[n].taker, e.flows[n].unit, left[e.token, n],
        )
        for e, n in kept
        if left[e.token, n]
    ]  # fmt: skip
