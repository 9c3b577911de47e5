"""Goods that are sent: a carrier around the corner and one from far away, and parcels on their way."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from market.services.carriage import SendTo, offer_carriage, send_parcel
from market.services.checkout import Buyer, place_order
from market.services.payments import receive_payment

if TYPE_CHECKING:
    from config.demo.season import Season
    from market.models import Listing

BICYCLE, POST = "Jura cargo bicycle", "Parcel post"
OFFERS = (  # name, place, price, VAT, countries, days
    (BICYCLE, "fr/jura/poligny", 450, 200, ("FR",), "Thursdays, around Poligny"),
    (POST, "fr/paris", 890, 200, ("FR", "BE", "CH", "DE"), "Two to four working days"),
)
BUYERS = (("Hanna", 1, BICYCLE), ("Ivo", 2, POST), ("Aylin", 1, POST))
HOME = SendTo("8 rue du Collège", "39800", "Poligny", "FR")


def send_parcels(season: Season, listing: Listing, *, now: datetime) -> None:
    """Two carriers are offered; each has taken a parcel, and a third waits to be packed."""
    at, by, cooperative = now - timedelta(days=12), season.steward, season.cooperative
    offers = {
        name: offer_carriage(
            by=by, name=name, place=place, price=price, vat_rate=rate, countries=countries, days=days, at=at
        )
        for name, place, price, rate, countries, days in OFFERS
    }
    for number, (name, pieces, carrier) in enumerate(BUYERS):
        at += timedelta(days=3)
        order = place_order(
            cart={str(listing.pk): pieces}, buyer=Buyer(name, f"{name.lower()}@post.example", to=HOME), way="bank",
            at=at, key=f"demo-parcel-{number}", carriage={cooperative.pk: offers[carrier].pk},
        )  # fmt: skip
        receive_payment(
            by=by, order=order, way="bank", amount=order.total, at=at + timedelta(hours=20),
            statement_line=f"{cooperative.slug}-parcel-{number}",
        )  # fmt: skip
        if number < len(BUYERS) - 1:
            send_parcel(by=by, order=order, tracking=f"RN{1_300 + 41 * number}FR", at=at + timedelta(days=1))
