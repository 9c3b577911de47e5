"""Placing an order: a guest's promise to pay, and goods held for it until then."""

import secrets
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, time, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from cooperatives.services.labels import (
    LabelForbidsSale,
    OwnershipUnknown,
    PermissionNeeded,
    refuse_forbidden_sale,
)
from ledger.queries import balance_of
from ledger.rules.refusal import BadInput, Refusal
from market.models import Cycle, Hold, Listing, Order, OrderLine
from market.queries import held
from market.rules.cart import MOST, Line
from market.rules.words import POSSIBLE, order_word
from market.services.carriage import SendTo, add_carriages, chosen_offers, refuse_address
from market.services.cycles import take_into_cycles
from market.services.letters import say_money, write_order_placed
from market.stripe_connect import is_set_up

HELD_FOR = {
    Order.Way.PICKUP: timedelta(days=14),
    Order.Way.BANK: timedelta(days=7),
    Order.Way.CARD: timedelta(hours=1),
}
LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"  # none that looks like another


class EmptyCart(BadInput):
    """There is nothing in the cart."""


class NotForSale(Refusal):
    """“{title}” is not for sale any more."""


class NotEnough(Refusal):
    """Only {left} of “{title}” are left."""


class SoldOut(Refusal):
    """“{title}” is sold out."""


class OneCurrencyAtATime(Refusal):
    """The cart mixes prices in {currencies}; order them one after the other."""


class KeptFromSale(Refusal):
    """“{title}” is not sold for now: {community} has set “{label}” on the recipe {recipe}. {words}"""


class PriceChanged(Refusal):
    """A price has changed meanwhile: the total is now {total}. Look at it again before you order."""


class NoCards(Refusal):
    """Cards cannot be taken here."""


class SentIsPaidFirst(Refusal):
    """What is sent to you is paid before it leaves. Choose another way to pay."""


class AnotherOrder(Refusal):
    """This checkout has already placed another order."""


@dataclass(frozen=True, slots=True)
class Buyer:
    """Who orders. Guests need no more than a name and an e-mail address."""

    name: str
    email: str
    phone: str = ""
    note: str = ""
    language: str = "en"
    to: SendTo = field(default_factory=SendTo)


@transaction.atomic
def place_order(
    *,
    cart: Mapping[str, int],
    buyer: Buyer,
    way: str,
    at: datetime,
    key: str,
    total: int | None = None,
    carriage: Mapping[int, int] | None = None,
) -> Order:
    """Place an order of what is in the cart, at the prices of this moment, and hold the goods for it.

    `carriage` is {cooperative: offer} by number, whose goods are sent and how; those of others are picked up. `total`
    is what the buyer was shown; nobody is bound to another sum. The same `key` with the same cart and buyer
    answers the same order. The last unit is promised once: whoever comes second waits for the first, then sees what is
    left; what is sold in order cycles is ordered while one is open, and counts to it whenever it is paid.
    """
    chosen = carriage or {}
    if placed := Order.objects.filter(key=key).first():
        return _same(placed, cart, buyer, chosen)
    wanted = {int(listing): pieces for listing, pieces in cart.items() if pieces > 0}
    if not wanted or max(wanted.values()) > MOST:
        raise EmptyCart
    if way == Order.Way.CARD and not is_set_up():
        raise NoCards
    lots = Listing.objects.filter(pk__in=wanted).values_list("lot_path", flat=True)
    listings = {listing.pk: listing for listing in lock_lots(lots)}
    if placed := Order.objects.filter(key=key).first():
        return _same(placed, cart, buyer, chosen)
    _refuse_unsold(wanted, listings)
    _refuse_kept(wanted, listings, at)
    cycles = take_into_cycles(wanted, listings, at=at)
    _refuse_shortage(wanted, listings)
    offers = chosen_offers(chosen, (listings[pk].product.cooperative_id for pk in wanted))
    if offers and way == Order.Way.PICKUP:
        raise SentIsPaidFirst
    refuse_address(offers, buyer.to, buyer.language)
    now = sum(pieces * (listings[pk].price + listings[pk].deposit) for pk, pieces in wanted.items())
    now += sum(offer.price for offer in offers)
    if total is not None and total != now:
        raise PriceChanged(total=say_money(now, listings[next(iter(wanted))].currency))
    order = Order.objects.create(
        name="".join(secrets.choice(LETTERS) for _ in range(12)),
        token=secrets.token_urlsafe(24),
        key=key,
        word=order_word(secrets.randbelow(POSSIBLE)),
        buyer=buyer.name,
        email=buyer.email,
        phone=buyer.phone,
        note=buyer.note,
        **(asdict(buyer.to) if offers else {}),
        language=buyer.language,
        way=way,
        currency=listings[next(iter(wanted))].currency,
        placed_at=at,
        expires_at=_held_until(way, cycles.values(), at),
    )
    for number, (pk, pieces) in enumerate(sorted(wanted.items()), start=1):
        _add_line(order, number, listings[pk], pieces, cycles.get(pk))
    add_carriages(order, offers, after=len(wanted))
    write_order_placed(order=order, at=at)
    return order


def lock_lots(lots: Iterable[str]) -> list[Listing]:
    """All listings of some lots (by path), locked in one order: two checkouts that could want the same goods have at
    least one row in common, and so have a sale and the division of what it earned."""
    rows = Listing.objects.filter(lot_path__in=set(lots)).select_related(
        "product__cooperative", "lot__cooperative", "container"
    )
    return list(rows.order_by("pk").select_for_update(of=("self",)))


def _refuse_unsold(wanted: Mapping[int, int], listings: Mapping[int, Listing]) -> None:
    for pk in wanted:
        listing = listings.get(pk)
        if listing is None or listing.state != Listing.State.PUBLISHED:
            raise NotForSale(title=listing.title if listing else str(pk))
    currencies = sorted({listings[pk].currency for pk in wanted})
    if len(currencies) > 1:
        raise OneCurrencyAtATime(currencies=", ".join(currencies))


def _refuse_kept(wanted: Mapping[int, int], listings: Mapping[int, Listing], at: datetime) -> None:
    """What the communities of recipes have said since the listing was published holds for new orders."""
    for listing in {listings[pk].lot_path: listings[pk] for pk in sorted(wanted)}.values():
        try:
            refuse_forbidden_sale(lot=listing.lot, at=at)
        except LabelForbidsSale as no:
            raise KeptFromSale(title=listing.title, **no.facts) from None
        except (PermissionNeeded, OwnershipUnknown):
            raise NotForSale(title=listing.title) from None


def _refuse_shortage(wanted: Mapping[int, int], listings: Mapping[int, Listing]) -> None:
    promised: dict[tuple[str, str], int] = defaultdict(int, held(listings[pk].lot_address for pk in wanted))
    for pk, pieces in sorted(wanted.items()):
        listing = listings[pk]
        lot = listing.lot_address, listing.unit
        left = max(0, balance_of(*lot) - promised[lot]) // listing.unit_quantity
        if left < 1:
            raise SoldOut(title=listing.title)
        if left < pieces:
            raise NotEnough(title=listing.title, left=left)
        promised[lot] += pieces * listing.unit_quantity


def _held_until(way: str, cycles: Iterable[Cycle], at: datetime) -> datetime:
    """What is paid at pick-up is held until the day after its hand-over, however far off that is."""
    held = at + HELD_FOR[Order.Way(way)]
    if way != Order.Way.PICKUP:
        return held
    here = timezone.get_current_timezone()
    days = [datetime.combine(cycle.handover_on + timedelta(days=2), time(), here) for cycle in cycles]
    return max([held, *days])


def _add_line(order: Order, number: int, listing: Listing, pieces: int, cycle: Cycle | None = None) -> None:
    split = Line(listing.pk, pieces, listing.price, listing.vat_rate).split(settings.MARKET_COMMISSION)
    line = OrderLine.objects.create(
        order=order,
        number=number,
        listing=listing,
        cycle=cycle,
        title=listing.title,
        hub=listing.hub,
        pieces=pieces,
        quantity=pieces * listing.unit_quantity,
        price=split.price,
        vat_rate=listing.vat_rate,
        vat=split.vat,
        commission=split.commission,
        container=listing.container,
        deposit=listing.deposit,
    )
    Hold.objects.create(line=line, lot_address=listing.lot_address, unit=listing.unit, quantity=line.quantity)


def _same(order: Order, cart: Mapping[str, int], buyer: Buyer, carriage: Mapping[int, int]) -> Order:
    """The order, if the same buyer asked for the same goods: a key alone never opens somebody else's order."""
    lines = list(order.lines.select_related("listing__product"))
    sellers = {line.listing.product.cooperative_id for line in lines}
    sent = {each.offer.cooperative_id: each.offer_id for each in order.carriages.all()}
    is_same = (
        {str(line.listing_id): line.pieces for line in lines} == {key: n for key, n in cart.items() if n > 0}
        and sent == {seller: offer for seller, offer in carriage.items() if seller in sellers}
        and order.email.lower() == buyer.email.lower()
    )
    if not is_same:
        raise AnotherOrder
    return order
