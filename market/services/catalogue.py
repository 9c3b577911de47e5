"""Bringing goods to the shelf and taking them off again."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction

from cooperatives.queries.recipes import lots_made_by, recipes_behind
from cooperatives.services.approvals import ask_approval
from cooperatives.services.labels import (
    OwnershipUnknown,
    PermissionNeeded,
    refuse_by_terms,
    refuse_forbidden_sale,
)
from cooperatives.services.lots import PromisedFromHere
from cooperatives.services.people import refuse_unless
from ledger.rules.refusal import BadInput, NotFound, Refusal
from market.models import Hold, Listing, Product, Stall
from market.rules.labels import ALLERGENS, missing
from market.rules.taxes import tax_owner

if TYPE_CHECKING:
    from cooperatives.models import Container, Cooperative, Hub, Lot, Membership, Recipe


class NotYourLot(NotFound):
    """There is no lot {lot} in your cooperative."""


class UnknownAllergen(BadInput):
    """“{allergen}” is not one of the fourteen allergens."""


class NotAPrice(BadInput):
    """A price and the size of a piece are whole numbers above zero, and a tax rate is from 0 to 999 per mille."""


class NotYourContainer(Refusal):
    """Goods come in containers of their own cooperative, priced in its own money."""


class FactsMissing(Refusal):
    """This cannot be published yet. Still missing: {fields}."""


class TakenOff(Refusal):
    """“{title}” was taken off the shelf; list the lot again."""


BANK_FIELDS = ("account_holder", "iban")
FACTS = (
    "container",
    "credit_share",
    "description",
    "is_food",
    "net_quantity",
    "net_unit",
    "ingredients",
    "allergens",
    "operator",
    "origin",
    "storage",
)


@transaction.atomic
def open_stall(*, by: Membership, cooperative: Cooperative, said: Mapping[str, str], at: datetime) -> Stall:
    """Say who sells and where goods are picked up; said again, it replaces what was said. Where transfers go changes
    once a second person agreed (cooperatives.services.approvals); until then buyers see the account as it was.

    Raises NotAllowed, AnotherWishWaits, NobodyElse.
    """
    refuse_unless(by, "steward", cooperative=cooperative)
    facts = {name: value for name, value in said.items() if name not in BANK_FIELDS}
    stall, _ = Stall.objects.update_or_create(cooperative=cooperative, defaults=facts)
    wish = {name: said.get(name, "").strip() for name in BANK_FIELDS}
    if any(name in said for name in BANK_FIELDS) and wish != _bank_account(stall):
        key = f"bank/{cooperative.slug}/{secrets.token_urlsafe(12)}"
        asked = ask_approval(by=by, kind="bank", about="bank", wish=wish, at=at, key=key, is_first=not stall.iban)
        if asked.state == "approved":
            stall = set_bank_account(cooperative=cooperative, wish=wish)
    return stall


def set_bank_account(*, cooperative: Cooperative, wish: Mapping[str, str]) -> Stall:
    """Carry out what was agreed about the bank account."""
    stall = Stall.objects.select_for_update().get(cooperative=cooperative)
    stall.account_holder, stall.iban = wish["account_holder"], wish["iban"]
    stall.save()
    return stall


def _bank_account(stall: Stall) -> dict[str, str]:
    return {name: getattr(stall, name) for name in BANK_FIELDS}


@transaction.atomic
def list_lot(
    *,
    by: Membership,
    lot: Lot,
    title: str,
    price: int,
    currency: str,
    unit_quantity: int,
    vat_rate: int,
    at: datetime,
    kind: str = Product.Kind.FOOD,
    **facts: Any,
) -> Listing:
    """Offer a lot by the piece: a draft until it is published. `price` holds its VAT (`vat_rate` per mille) and is for
    one piece of `unit_quantity` units of the lot. `facts` are those of the label (FACTS). Raises NotYourLot, NotAPrice,
    and what a recipe behind the lot forbids (LabelForbidsSale, PermissionNeeded, OwnershipUnknown)."""
    cooperative = by.cooperative
    refuse_unless(by, "steward", "clerk", cooperative=cooperative)
    if lot.cooperative_id != cooperative.pk:
        raise NotYourLot(lot=lot.code)
    refuse_forbidden_sale(lot=lot, at=at)
    _refuse_facts(price=price, unit_quantity=unit_quantity, vat_rate=vat_rate, facts=facts)
    _refuse_container(facts.get("container"), cooperative, currency)
    product, _ = Product.objects.get_or_create(cooperative=cooperative, name=title, defaults={"kind": kind})
    return Listing.objects.create(
        product=product,
        lot=lot,
        lot_path=lot.path,
        hub=lot.hub.address,
        title=title,
        price=price,
        currency=currency,
        unit=lot.unit,
        unit_quantity=unit_quantity,
        vat_rate=vat_rate,
        tax=tax_owner(cooperative.place.path if cooperative.place else None),
        listed_at=at,
        **facts,
    )


@transaction.atomic
def change_listing(*, by: Membership, listing: Listing, **said: Any) -> Listing:
    """Change the price or the label of a listing. Orders keep the price at which they were placed."""
    listing = Listing.objects.select_for_update().get(pk=listing.pk)
    refuse_unless(by, "steward", cooperative=listing.product.cooperative)
    if listing.state == Listing.State.WITHDRAWN:
        raise TakenOff(title=listing.title)
    changed = {name: said[name] for name in ("price", "vat_rate", *FACTS) if name in said}
    for name, value in changed.items():
        setattr(listing, name, value)
    _refuse_facts(price=listing.price, unit_quantity=listing.unit_quantity, vat_rate=listing.vat_rate, facts=changed)
    _refuse_container(listing.container, by.cooperative, listing.currency)
    if listing.state == Listing.State.PUBLISHED:
        _refuse_unsaid(listing)
    listing.save()
    return listing


@transaction.atomic
def publish_listing(*, by: Membership, listing: Listing, at: datetime) -> Listing:
    """Put a listing on the shelf, once everything that must be said about it is said."""
    listing = Listing.objects.select_for_update().get(pk=listing.pk)
    refuse_unless(by, "steward", cooperative=listing.product.cooperative)
    if listing.state == Listing.State.PUBLISHED:
        return listing
    if listing.state == Listing.State.WITHDRAWN:
        raise TakenOff(title=listing.title)
    refuse_forbidden_sale(lot=listing.lot, at=at)
    _refuse_unsaid(listing)
    listing.state, listing.published_at = Listing.State.PUBLISHED, at
    listing.save()
    return listing


@transaction.atomic
def withdraw_listing(*, by: Membership, listing: Listing, at: datetime) -> Listing:
    """Take a listing off the shelf; what was ordered stays ordered."""
    listing = Listing.objects.select_for_update().get(pk=listing.pk)
    refuse_unless(by, "steward", cooperative=listing.product.cooperative)
    if listing.state != Listing.State.WITHDRAWN:
        listing.state, listing.withdrawn_at = Listing.State.WITHDRAWN, at
        listing.save()
    return listing


def follow_lot(*, lot: Lot, hub: Hub, **_signal: Any) -> None:
    """Offer the goods of a lot where they are taken to. Raises PromisedFromHere where buyers wait for some of them."""
    listings = Listing.objects.filter(lot_path=lot.path).order_by("pk").select_for_update()
    if list(listings) and Hold.objects.filter(lot_address=lot.address).exists():
        raise PromisedFromHere(lot=lot.code)
    listings.update(hub=hub.address)


def take_off_forbidden(*, recipe: Recipe, at: datetime, **_signal: Any) -> list[tuple[Cooperative, str]]:
    """Take off the shelf what the terms of the recipes behind it no longer let its seller offer, where this recipe is
    one of them; answers whose it was, and what it was called. A label of a season is no reason: that comes again."""
    published = Listing.objects.filter(state=Listing.State.PUBLISHED, lot_path__in=lots_made_by(recipe))
    taken = []
    for listing in published.order_by("pk").select_for_update(of=("self",)).select_related("lot__cooperative"):
        try:
            refuse_by_terms(lot=listing.lot, behind=recipes_behind(listing.lot))
        except (PermissionNeeded, OwnershipUnknown):
            listing.state, listing.withdrawn_at = Listing.State.WITHDRAWN, at
            listing.save()
            taken.append((listing.lot.cooperative, listing.title))
    return taken


def _refuse_facts(*, price: int, unit_quantity: int, vat_rate: int, facts: Mapping[str, Any]) -> None:
    if price < 1 or unit_quantity < 1 or not 0 <= vat_rate < 1000:
        raise NotAPrice
    for allergen in facts.get("allergens") or ():
        if allergen not in ALLERGENS:
            raise UnknownAllergen(allergen=allergen)


def _refuse_container(container: Container | None, cooperative: Cooperative, currency: str) -> None:
    if container and (container.cooperative_id != cooperative.pk or currency != cooperative.currency):
        raise NotYourContainer


def _refuse_unsaid(listing: Listing) -> None:
    said = {name: getattr(listing, name) for name in ("title", *FACTS)}
    if fields := missing(said, is_food=listing.is_food):
        words = {field.name: field.verbose_name for field in Listing._meta.fields}
        names = [str(words[name]) for name in fields]
        raise FactsMissing(fields=", ".join(names))
