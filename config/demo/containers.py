"""Fern's packaging that comes back: crates in which farms bring the harvest, and tins in which bars are sold."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from cooperatives.services.containers import add_container, bring_back, count_in, lend
from market.services.catalogue import list_lot, publish_listing
from market.services.checkout import Buyer, place_order
from market.services.containers_back import give_deposits_back, take_containers_back
from market.services.payments import receive_payment

if TYPE_CHECKING:
    from config.demo.season import Season
    from cooperatives.models import Lot
    from market.models import Listing

TIN, DEPOSIT, BARS = "Tin for six bars", 250, 6
BUYERS = (("Wanda", 2), ("Eli", 1), ("Rosa", 3))


def use_containers(season: Season, lot: Lot, *, now: datetime, times: int = 1) -> Listing:
    """Two farms take crates along and one brings some back; three buyers take tins home, and most of them return.
    Answers what is sold in tins."""
    at, by, hub = now - timedelta(days=16), season.steward, season.hub
    crate = add_container(by=by, name="Harvest crate", deposit=0, at=at)
    count_in(by=by, container=crate, hub=hub, quantity=40 * times, at=at, key="demo-crates")
    for n, farm in enumerate(season.farms[1 : 1 + 2 * times]):
        lend(by=season.clerk, container=crate, member=farm, hub=hub, quantity=6, at=at, key=f"demo-crates-out-{n}")
    bring_back(
        by=season.clerk, container=crate, member=season.farms[1], hub=hub, quantity=5, at=at + timedelta(days=3),
        key="demo-crates-back",
    )  # fmt: skip
    tin = add_container(by=by, name=TIN, deposit=DEPOSIT, at=at)
    count_in(by=by, container=tin, hub=hub, quantity=30 * times, at=at, key="demo-tins")
    offer = season.story.offer
    listing = list_lot(
        by=by, lot=lot, title="Dark 72 chocolate, six bars in a tin", price=BARS * offer.price - 150,
        currency=season.cooperative.currency, unit_quantity=BARS, vat_rate=offer.vat_rate, kind=offer.kind,
        description="Six bars of 100 g in a tin that comes back to us, and is filled again.", container=tin, at=at,
        **offer.facts | {"net_quantity": 600, "credit_share": 0},
    )  # fmt: skip
    listing = publish_listing(by=by, listing=listing, at=at)
    orders = []
    for n, (name, pieces) in enumerate(BUYERS * times):
        at += timedelta(hours=20) / times
        order = place_order(
            cart={str(listing.pk): pieces}, buyer=Buyer(name, f"{name.lower()}@post.example"), way="pickup", at=at,
            key=f"demo-tins-{n}",
        )  # fmt: skip
        receive_payment(by=season.clerk, order=order, way="cash", amount=order.total, at=at + timedelta(hours=4))
        orders.append(order)
    at += timedelta(days=6)
    give_deposits_back(
        by=season.clerk, order=orders[0], containers={1: 2}, hub=hub, at=at, key="demo-tins-of-wanda"
    )  # fmt: skip
    take_containers_back(
        by=season.clerk, container=tin, containers=2, hub=hub, at=at + timedelta(hours=2), key="demo-tins-at-the-door"
    )  # fmt: skip
    return listing
