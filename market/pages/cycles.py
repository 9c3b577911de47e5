"""The page of an order cycle: what was ordered, who brings what, what is left unsold, and what it earned."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from market import queries
from market.models import Cycle

if TYPE_CHECKING:
    from cooperatives.models import Cooperative


def cycle_page(cycle: Cycle, cooperative: Cooperative, *, at: datetime) -> dict[str, Any]:
    """All that a stall sees of a cycle: its coordinator of everybody's goods, a supplier of its own."""
    is_ours = cycle.cooperative_id == cooperative.pk
    bring = queries.to_bring(cycle, only=None if is_ours else cooperative)
    goods = queries.goods_in(cycle) if is_ours else []
    left, ordered = queries.pieces_left([row for row, _most in goods]), Counter[int]()
    for each in bring:
        ordered[each.listing] += each.pieces
    earned = queries.earned_in(cycle, cooperative)
    divided = list(queries.divisions_of(cooperative).filter(cycle=cycle))
    state = cycle.window.state(at)
    waiting = queries.waiting_for_fees(cooperative, cycle)
    return {
        "cycle": cycle,
        "state": state,
        "may_call": is_ours and state == "closed" and queries.still_to_fetch(cycle).exists(),
        "is_ours": is_ours,
        "bring": bring,
        "unsold": [
            (row, ordered[row.pk], left[row.pk] if most is None else min(left[row.pk], max(0, most - ordered[row.pk])))
            for row, most in goods
        ],
        "undivided": sum(earned.values()) + waiting.aside,
        "divided": sum(row.amount for row in divided),
        "divisions": divided,
        "waiting": waiting,
    }


def bring_table(cycle: Cycle, cooperative: Cooperative) -> list[list[str]]:
    """What each supplier must bring, heads first; quantities in the smallest part of their unit."""
    heads = [_("Supplier"), _("Goods"), _("Lot"), _("Hub"), _("Pieces"), _("Quantity"), _("Unit")]
    only = None if cycle.cooperative_id == cooperative.pk else cooperative
    rows = queries.to_bring(cycle, only=only)
    return [heads, *([r.supplier, r.title, r.lot, r.hub, str(r.pieces), str(r.quantity), r.unit] for r in rows)]
