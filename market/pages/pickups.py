"""Where and when goods are fetched: at the hand-over of the order cycle that they are ordered in, or at the stall."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from market.models import Cycle, Stall


@dataclass(frozen=True, slots=True)
class Pickup:
    """One place to go to: on a day, or at the stall's hours."""

    place: str
    day: date | None
    hours: str
    seller: str


def pickups(cycles: Iterable[Cycle], stalls: Iterable[Stall]) -> list[Pickup]:
    """The hand-overs of some cycles, the next first, then the stalls that sell as their goods lie."""
    rows = sorted({cycle.pk: cycle for cycle in cycles}.values(), key=lambda cycle: cycle.handover_on)
    found = [Pickup(c.handover_place, c.handover_on, c.handover_note, c.cooperative.name) for c in rows]
    return found + [Pickup(s.pickup_address, None, s.pickup_hours, s.seller) for s in stalls]
