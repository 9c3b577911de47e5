"""Order cycles: the dairy's, one handed over and divided and one running; and one of Fern's that takes orders."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from market.services.checkout import Buyer, place_order
from market.services.cycles import Plan, close_cycle, open_cycle, repeat_cycle
from market.services.orders import hand_over
from market.services.payments import receive_payment
from market.services.settlements import divide_cycle

if TYPE_CHECKING:
    from config.demo.season import Season
    from market.models import Cycle, Listing, Order

PLACE = "Old dairy hall, Poligny"
BUYERS = (("Inès", 3), ("Paul", 2), ("Noor", 4))
FRENCH = ("Inès", "Paul")  # who are written to in French


def run_cycles(season: Season, listing: Listing, *, now: datetime, times: int = 1) -> None:
    """A week's cheese is ordered, cut, handed over and divided; the next week is open, and Rosa has ordered."""
    today = now.replace(minute=0, second=0, microsecond=0)
    for earlier in range(times - 1, 0, -1):
        _run_cycle(season, listing, f"demo-cycle-before-{earlier}", opens=today - timedelta(days=9 + 7 * earlier))
    first = _run_cycle(season, listing, "demo-cycle-1", opens=today - timedelta(days=9))
    again = repeat_cycle(by=season.steward, cycle=first, at=first.closes_at + timedelta(hours=1), key="demo-cycle-2")
    _order(listing, "Rosa", 2, at=again.opens_at + timedelta(hours=5))


def _run_cycle(season: Season, listing: Listing, key: str, *, opens: datetime) -> Cycle:
    cooperative, steward = season.cooperative, season.steward
    plan = Plan(
        name="Comté, cut to order",
        opens_at=opens,
        closes_at=opens + timedelta(days=5),
        handover_on=(opens + timedelta(days=6)).date(),
        handover_place=PLACE,
        handover_note="10:00–13:00. Bring a box that closes.",
        most={listing.pk: 40},
    )
    first = open_cycle(by=steward, cooperative=cooperative, plan=plan, at=opens - timedelta(days=1), key=key)
    orders = [
        _order(listing, name, pieces, at=opens + timedelta(hours=8 * n)) for n, (name, pieces) in enumerate(BUYERS)
    ]
    first = close_cycle(by=steward, cycle=first, at=first.closes_at)
    at = first.closes_at + timedelta(days=1)
    for n, order in enumerate(orders):
        at += timedelta(minutes=9)
        receive_payment(
            by=season.clerk, order=order, way="bank", amount=order.total, at=at, statement_line=f"sedge-{key}-{n}"
        )
        hand_over(by=season.clerk, order=order, at=at + timedelta(minutes=4))
    divide_cycle(by=season.treasurer, cooperative=cooperative, cycle=first, at=at + timedelta(hours=3))
    return first


def take_orders_for_tins(season: Season, listing: Listing, *, now: datetime) -> None:
    """Fern fills tins for one hand-over; Pia has ordered, and there are nine days left."""
    opens = now.replace(minute=0, second=0, microsecond=0) - timedelta(days=1)
    plan = Plan(
        name="Tins for the harvest feast",
        opens_at=opens,
        closes_at=opens + timedelta(days=10),
        handover_on=(opens + timedelta(days=11)).date(),
        handover_place=season.story.stall["pickup_address"],
        handover_note="Bring your empty tins: you have their deposit back.",
        goods=(listing.pk,),
        most={listing.pk: 12},
    )
    open_cycle(by=season.steward, cooperative=season.cooperative, plan=plan, at=opens, key="demo-tins")
    _order(listing, "Pia", 2, at=opens + timedelta(hours=6))


def _order(listing: Listing, name: str, pieces: int, *, at: datetime) -> Order:
    plain = name.lower().replace("è", "e")
    buyer = Buyer(name, f"{plain}@post.example", language="fr" if name in FRENCH else "en")
    return place_order(
        cart={str(listing.pk): pieces}, buyer=buyer, way="bank", at=at, key=f"demo-cycle/{plain}/{at:%j}"
    )
