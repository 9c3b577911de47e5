"""The settlement page: what is earned and not divided, by lot and by order cycle, and what nobody may divide yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from cooperatives.queries.credit import credit_words
from market import queries
from market.models import Cycle
from market.queries.credit import CreditWaiting

if TYPE_CHECKING:
    from cooperatives.models import Cooperative


@dataclass(frozen=True, slots=True)
class OpenCycle:
    """An order cycle that earned something which is not divided: how much money, credit in words, and whether it takes
    orders still."""

    cycle: Cycle
    earned: int
    credit: tuple[str, ...]
    is_closed: bool


def open_cycles(
    cooperative: Cooperative, pots: Mapping[str, int], credit: list[CreditWaiting], *, at: datetime
) -> list[OpenCycle]:
    """The cycles in which something is not divided yet, the first to be handed over first. `pots`: what all earned."""
    earned = queries.by_cycle(pots)
    codes = set(earned) | {each.cycle.code for each in credit if each.cycle}
    rows = queries.cycles_of(cooperative).filter(code__in=codes).order_by("handover_on", "pk") if codes else ()
    return [
        OpenCycle(
            row,
            earned.get(row.code, 0),
            tuple(credit_words(each.quantity, each.circle) for each in credit if each.cycle == row),
            row.window.state(at) == "closed",
        )
        for row in rows
    ]
