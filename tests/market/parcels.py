"""Goods that are sent: Fern's carrier, and orders by it; made through services."""

from itertools import count
from typing import Any

from market.models import CarriageOffer, Listing, Order
from market.services.carriage import SendTo, offer_carriage
from market.services.checkout import Buyer, place_order
from tests.market.jars import by_bank
from tests.world import World

POST, POST_PURSE = "carriers/la-poste", "carriers/la-poste/purse"
POLIGNY = SendTo("3 rue du Collège", "39800", "Poligny", "FR")
CLEO_AT_HOME = Buyer("Cleo", "cleo@rennet.example", to=POLIGNY)

_keys = count(1)


def carrier(w: World, **more: Any) -> CarriageOffer:
    """La Poste brings Fern's goods to France and Belgium for 6.90 with VAT of 20 %."""
    said = {"name": "La Poste", "place": "fr", "price": 690, "vat_rate": 200, "countries": ["FR", "BE"], "days": ""}
    return offer_carriage(by=w.ada, at=w.later(), **said | more)


def sent_order(listing: Listing, offer: CarriageOffer, pieces: int = 2, **more: Any) -> Order:
    """An order of a listing that is sent, not paid: two bars of 6.00 and 6.90 for the carrier."""
    said = {
        "cart": {str(listing.pk): pieces}, "buyer": CLEO_AT_HOME, "way": "bank",
        "key": f"checkout-of-a-parcel-{next(_keys):06}", "carriage": {offer.cooperative_id: offer.pk},
    }  # fmt: skip
    return place_order(**said | more)


def paid_order(w: World, listing: Listing, offer: CarriageOffer, pieces: int = 2, **more: Any) -> Order:
    """The same, paid by bank transfer."""
    order = sent_order(listing, offer, pieces, at=w.later(), **more)
    by_bank(w, order, line=f"line-{order.name}")
    return order
