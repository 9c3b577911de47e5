"""Fern's bars on the shelf, and orders of them: made through services, as everything in tests/world.py."""

from itertools import count

from cooperatives.models import Lot, Membership
from cooperatives.services.people import admit_member
from market.models import Listing, Order
from market.services.catalogue import list_lot, open_stall, publish_listing
from market.services.checkout import Buyer, place_order
from market.services.payments import CASH, receive_payment
from tests.world import World, bars, person

CLEO = Buyer("Cleo", "cleo@rennet.example")
LABEL = {
    "description": "Made where the cocoa grows.",
    "net_quantity": 100,
    "net_unit": "g",
    "ingredients": "Cocoa mass, cane sugar",
    "allergens": [],
    "operator": "Fern Cooperative, Station Road, Kumasi, Ghana",
    "origin": "Ashanti, Ghana",
    "storage": "Dry, 16 to 18 °C",
}
STALL = {
    "seller": "Fern Cooperative",
    "address": "Station Road, Kumasi, Ghana",
    "email": "fern@rennet.example",
    "pickup_address": "Old dairy hall, Poligny",
    "pickup_hours": "Saturday, 10:00–13:00",
    "account_holder": "Fern Cooperative",
    "iban": "FR76 3000 6000 0112 3456 7890 189",
}

_keys = count(1)


def offered(w: World, lot: Lot | None = None, *, price: int = 600, number: int = 400, **more) -> Listing:
    """A listing that is not on the shelf yet."""
    lot = lot or bars(w, number)
    said = {**LABEL, "kind": "chocolate", "vat_rate": 55, "unit_quantity": 1, "currency": "EUR", **more}
    return list_lot(by=w.ada, lot=lot, title=lot.goods, price=price, at=w.later(), **said)


def on_shelf(w: World, lot: Lot | None = None, **more) -> Listing:
    """A listing that can be bought."""
    return publish_listing(by=w.ada, listing=offered(w, lot, **more), at=w.later())


def stall(w: World) -> None:
    open_stall(by=w.ada, cooperative=w.fern, said=STALL, at=w.later())


def ordered(w: World, listing: Listing, pieces: int = 1, *, buyer: Buyer = CLEO, way: str = "pickup") -> Order:
    """An order of so many pieces, not paid."""
    key = f"checkout-of-a-test-{next(_keys):06}"
    return place_order(cart={str(listing.pk): pieces}, buyer=buyer, way=way, at=w.later(), key=key)


def bought(w: World, listing: Listing, pieces: int = 1) -> Order:
    """An order paid in cash and picked up."""
    order = ordered(w, listing, pieces)
    receive_payment(by=w.tom, order=order, way=CASH, amount=order.total, at=w.later())
    order.refresh_from_db()
    return order


def treasurer(w: World, name: str = "Eve") -> Membership:
    """A treasurer of the cooperative, apart from its steward; admitted without the two persons that make one."""
    return admit_member(
        cooperative=w.fern, member=person(name), name=name, place="gh/ashanti/kumasi", roles=["treasurer"],
        at=w.later(), by=None,
    )  # fmt: skip
