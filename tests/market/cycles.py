"""Order cycles in tests, planned through services."""

from datetime import timedelta

from market.models import Cycle, Listing
from market.queries import stall_of
from market.services.cycles import Plan, open_cycle
from tests.market.goods import stall
from tests.world import World, key

PLACE = "Old dairy hall, Poligny"


def plan(w: World, *, opens: timedelta = timedelta(), lasts: timedelta = timedelta(days=5), **more) -> Plan:
    """From `opens` after now for so long, handed over a day later."""
    opens_at = w.at + opens
    closes_at = opens_at + lasts
    said = {"name": "Week 48", "handover_on": (closes_at + timedelta(days=1)).date(), "handover_place": PLACE}
    return Plan(opens_at=opens_at, closes_at=closes_at, **said | more)


def cycle(w: World, **more) -> Cycle:
    """A cycle of Fern's that is open from now on."""
    if stall_of(w.fern) is None:
        stall(w)
    at = w.later()
    return open_cycle(by=w.ada, cooperative=w.fern, plan=plan(w, **more), at=at, key=key("cycle"))


def after(w: World, row: Cycle) -> None:
    """Time goes on until the cycle is closed."""
    w.at = max(w.at, row.closes_at)


def only(*listings: Listing) -> dict:
    """A cycle of these goods alone."""
    return {"goods": tuple(row.pk for row in listings)}
