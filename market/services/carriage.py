"""Sending goods: the carriers a cooperative offers, and giving them the parcels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from cooperatives.rules.names import plain_name
from cooperatives.services.contributions import lock_cooperative
from cooperatives.services.people import find_place, refuse_unless
from ledger.queries import places_of
from ledger.rules.refusal import BadInput, NotFound, Refusal
from ledger.services.journal import record_entries, record_owner
from market.models import Carriage, CarriageOffer, Order
from market.queries.carriage import offers_of
from market.rules.countries import say_countries
from market.rules.prices import split_price
from market.rules.taxes import tax_owner
from market.services.letters import write_parcel_sent
from market.services.orders import NotYetPaid, NotYourOrder, give_out, refuse_unless_seller

if TYPE_CHECKING:
    from cooperatives.models import Membership


class UnreadableCarrier(BadInput):
    """“{name}” cannot be written in an address. Use letters and digits."""


class NotACarriagePrice(BadInput):
    """A price is a whole number above zero, and a tax rate is from 0 to 999 per mille."""


class NoCountryNamed(BadInput):
    """Say at least one country it goes to."""


class OfferedAlready(Refusal):
    """You offer {name} already. Close that offer before you make another."""


class CarriageGone(Refusal):
    """{name} is not offered any more. Choose again in your cart how the goods reach you."""


class AddressMissing(BadInput):
    """Say where it shall be sent: street, town and country."""


class NotToThatCountry(Refusal):
    """{name} does not go there. It goes to {countries}."""


class NothingToSend(Refusal):
    """Nothing of this order waits for a carrier here."""


@dataclass(frozen=True, slots=True)
class SendTo:
    """Where a buyer has goods sent; `country` by its two letters."""

    street: str = ""
    postcode: str = ""
    town: str = ""
    country: str = ""


@transaction.atomic
def offer_carriage(
    *, by: Membership, name: str, place: str | None, price: int, vat_rate: int, countries: Sequence[str], days: str,
    at: datetime,
) -> CarriageOffer:  # fmt: skip
    """Offer that a carrier brings goods to buyers in some countries (two letters), for `price` an order with VAT of
    `vat_rate` per mille inside, whatever it has of this cooperative's goods. The ledger knows the carrier by its name,
    the same for all who work with it; `place` is where it is, None where nobody knows.

    Raises NotAllowed, UnreadableCarrier, NotACarriagePrice, NoCountryNamed, OfferedAlready, UnknownPlace.
    """
    cooperative = by.cooperative
    refuse_unless(by, "steward", "clerk", cooperative=cooperative)
    word = plain_name(name)
    if not word:
        raise UnreadableCarrier(name=name)
    if price <= 0 or not 0 <= vat_rate < 1000:
        raise NotACarriagePrice
    if not countries:
        raise NoCountryNamed
    lock_cooperative(cooperative.pk)  # two at once would offer one carrier twice
    if any(row.name == name.strip() for row in offers_of([cooperative])):
        raise OfferedAlready(name=name.strip())
    find_place(place)
    carrier = f"carriers/{word}"
    known = places_of([carrier])
    if carrier not in known or (place and known[carrier] is None):
        record_owner(owner=carrier, place=place, at=at)
    return CarriageOffer.objects.create(
        cooperative=cooperative, carrier=carrier, name=name.strip(), days=days.strip(), countries=list(countries),
        price=price, currency=cooperative.currency, vat_rate=vat_rate,
        tax=tax_owner(cooperative.place.path if cooperative.place else None), offered_at=at,
    )  # fmt: skip


@transaction.atomic
def close_offer(*, by: Membership, pk: int, at: datetime) -> CarriageOffer:
    """Offer a carrier no more. Orders that were placed by it stay as they are."""
    refuse_unless(by, "steward", "clerk")
    offer = CarriageOffer.objects.select_for_update().filter(pk=pk, cooperative=by.cooperative).first()
    if offer is None:
        raise NotFound
    if offer.closed_at is None:
        offer.closed_at = at
        offer.save()
    return offer


def chosen_offers(chosen: Mapping[int, int], sellers: Iterable[int]) -> list[CarriageOffer]:
    """The offers that a buyer chose, {cooperative: offer} by number, of those who sell to him. Raises CarriageGone."""
    wanted = {seller: chosen[seller] for seller in sorted(set(sellers)) if seller in chosen}
    rows = CarriageOffer.objects.filter(pk__in=wanted.values()).select_related("cooperative").order_by("pk")
    found = {row.cooperative_id: row for row in rows.select_for_update(of=("self",))}
    for seller, pk in wanted.items():
        row = found.get(seller)
        if row is None or row.closed_at:
            name = CarriageOffer.objects.filter(pk=pk).values_list("name", flat=True).first()
            raise CarriageGone(name=name or pk)
    return [found[seller] for seller in wanted]


def refuse_address(offers: Iterable[CarriageOffer], to: SendTo, language: str) -> None:
    """Refuse an address that a carrier cannot bring goods to."""
    for offer in offers:
        if not (to.street.strip() and to.town.strip() and to.country):
            raise AddressMissing
        if to.country not in offer.countries:
            raise NotToThatCountry(name=offer.name, countries=say_countries(offer.countries, language))


def add_carriages(order: Order, offers: Iterable[CarriageOffer], *, after: int) -> None:
    """Write down what an order costs to bring, numbered on after its lines, within the caller's transaction."""
    for number, offer in enumerate(offers, start=after + 1):
        split = split_price(offer.price, vat_rate=offer.vat_rate, commission_rate=0)
        Carriage.objects.create(order=order, number=number, offer=offer, price=split.price, vat=split.vat)


@transaction.atomic
def send_parcel(*, by: Membership, order: Order, tracking: str, at: datetime) -> Carriage:
    """Record that the carrier took what the cooperative of `by` sends of a paid order; the buyer is told, with the
    number of the parcel, where there is one. Done again, it changes nothing.

    Raises NotAllowed, NotYourOrder, NotYetPaid, NothingToSend.
    """
    order = Order.objects.select_for_update().get(pk=order.pk)
    refuse_unless_seller(by, order)
    carriage = order.carriages.filter(offer__cooperative=by.cooperative).first()
    if carriage is None:
        raise NotYourOrder
    if carriage.sent_at:
        return carriage
    if not order.is_sold:
        raise NotYetPaid
    rows = order.lines.select_related("listing__product")
    lines = [row for row in rows if row.waits and row.listing.product.cooperative_id == by.cooperative_id]
    if not lines:
        raise NothingToSend
    carriage.sent_at, carriage.tracking = at, tracking.strip()
    carriage.save()
    record_entries(give_out(order, lines, at=at, by=(by.address,)))
    write_parcel_sent(order=order, carriage=carriage, at=at)
    return carriage
