"""Entries too long for a leaf, told in numbered parts: `divide/…`, `divide/…/part/2`, and so on, in one call.

A leaf has at most 65,535 bytes (tlog-tiles), some six hundred flows. What divides claims among more people than that is
several entries, recorded together or not at all, and read as the one that they are.
"""

import re
from dataclasses import replace

from ledger.rules.entries import Address, Draft, Flow
from ledger.rules.records import LONGEST

FEW = 100  # flows that fit in a leaf whatever their names are
ROOM = LONGEST - 2_000  # bytes of flows in a part: the rest is for what else it says, or will say when it is undone
_PART = re.compile(r"(.+)/part/[1-9][0-9]*")


def parts_of(draft: Draft) -> list[Draft]:
    """The draft as it is, or where it is too long and may be parted, its parts in order; the first keeps its key.

    Only what moves claims between those who have them is parted: after each part the claims on a holder equal its
    money, and nobody's sum depends on another part.
    """
    if len(draft.flows) <= FEW or sum(map(_length, draft.flows)) <= ROOM or not all(map(_stands_alone, draft.flows)):
        return [draft]
    parts: list[list[Flow]] = [[]]
    room = ROOM
    for flow in draft.flows:
        room -= _length(flow)
        if room < 0:
            parts.append([])
            room = ROOM - _length(flow)
        parts[-1].append(flow)
    first, *others = (replace(draft, flows=tuple(flows)) for flows in parts)
    return [first, *(replace(part, key=part_key(draft.key, n)) for n, part in enumerate(others, 2))]


def part_key(key: str, number: int) -> str:
    return key if number == 1 else f"{key}/part/{number}"


def whole_key(key: str) -> str:
    """The key of the entry that this one is a part of; its own where it is none."""
    found = _PART.fullmatch(key)
    return found[1] if found else key


def _length(flow: Flow) -> int:
    """The bytes of a flow in a leaf, with its brackets, quotes and commas; addresses and units are ASCII."""
    return len(flow.giver) + len(flow.taker) + len(flow.unit) + len(str(flow.quantity)) + len('["","","",""],')


def _stands_alone(flow: Flow) -> bool:
    return "@" in flow.unit and not any(Address.parse(address).word == "owes" for address in flow[:2])
