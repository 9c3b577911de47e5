"""The cart at today's prices, and what stands against ordering it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cooperatives.queries.recipes import labelled_lots
from market import queries
from market.models import CarriageOffer, Listing, Order, Stall
from market.pages.opening import closed_words
from market.pages.pickups import Pickup, pickups
from market.queries import Standing
from market.rules import cart as carts
from market.rules.countries import country_names
from market.rules.prices import vat_inside
from market.stripe_connect import is_set_up

if TYPE_CHECKING:
    from cooperatives.models import Cooperative


@dataclass(frozen=True, slots=True)
class BasketLine:
    """So many pieces of a listing, and how many there could be."""

    listing: Listing
    pieces: int
    most: int

    @property
    def price(self) -> int:
        return self.pieces * self.listing.price

    @property
    def deposits(self) -> int:
        return self.pieces * self.listing.deposit


@dataclass(frozen=True, slots=True)
class Reach:
    """How the goods of one cooperative reach the buyer: by one of its carriers, or he picks them up (`chosen` None)."""

    cooperative: Cooperative
    offers: Sequence[CarriageOffer]
    chosen: CarriageOffer | None


@dataclass(frozen=True, slots=True)
class Basket:
    """A cart at today's prices; `total` holds carriage and the deposits on containers, and `vat` is inside of it."""

    lines: Sequence[BasketLine]
    currency: str
    total: int
    deposits: int
    vat: int
    stalls: Sequence[Stall]
    pickups: Sequence[Pickup]
    reaches: Sequence[Reach]
    ways: tuple[str, ...]
    troubles: Sequence[str]

    @property
    def can_be_ordered(self) -> bool:
        return bool(self.lines) and not self.troubles

    @property
    def sent(self) -> list[CarriageOffer]:
        """By whom what is sent."""
        return [reach.chosen for reach in self.reaches if reach.chosen]

    @property
    def is_picked_up(self) -> bool:
        """Whether anything of it is."""
        return not self.sent or any(reach.chosen is None for reach in self.reaches)

    @property
    def can_be_sent(self) -> bool:
        """Whether there is anything to choose."""
        return any(reach.offers for reach in self.reaches)

    def countries(self, language: str) -> dict[str, str]:
        """{two letters: name} of those to which all of it can be sent."""
        names = country_names(language)
        return {code: name for code, name in names.items() if all(code in offer.countries for offer in self.sent)}


def basket_of(cart: Mapping[str, int], *, at: datetime, carriage: Mapping[int, int] | None = None) -> Basket:
    """The cart's listings in their order, with what stands against ordering them; `carriage` is what was chosen of how
    they are sent, {cooperative: offer} by number."""
    wanted = {int(key): pieces for key, pieces in cart.items()}
    rows = Listing.objects.filter(pk__in=wanted).select_related("product__cooperative", "container") if wanted else []
    rows = sorted(rows, key=lambda row: row.pk)
    left = queries.pieces_left(rows) if rows else {}
    found = queries.standings(rows, at=at) if rows else {}
    left |= {pk: min(left[pk], room) for pk, room in queries.room_in_cycles(found).items()}
    outside = {row.product.cooperative_id for row in rows if row.pk not in found}
    lines = [BasketLine(row, wanted[row.pk], left[row.pk]) for row in rows]
    lines_to_price = [carts.Line(x.listing.pk, x.pieces, x.listing.price, x.listing.vat_rate) for x in lines]
    makers = {row.product.cooperative_id: row.product.cooperative for row in rows}
    reaches = _reaches(makers, carriage or {})
    sent = [reach.chosen for reach in reaches if reach.chosen]
    stalls = queries.stalls_of(makers)
    can_transfer = len(makers) == 1 and all(stall.iban for stall in stalls.values()) and bool(stalls)
    fetched = {reach.cooperative.pk for reach in reaches if reach.chosen is None}
    here = {row.pk for row in rows if row.product.cooperative_id in fetched}
    ways = _ways(can_transfer=can_transfer, is_sent=bool(sent))
    return Basket(
        lines,
        lines[0].listing.currency if lines else "EUR",
        carts.total(lines_to_price) + sum(line.deposits for line in lines) + sum(offer.price for offer in sent),
        sum(line.deposits for line in lines),
        carts.vat(lines_to_price) + sum(vat_inside(offer.price, offer.vat_rate) for offer in sent),
        list(stalls.values()),
        pickups(
            (each.open for pk, each in found.items() if each.open and pk in here),
            (s for pk, s in stalls.items() if pk in outside & fetched),
        ),
        reaches,
        ways,
        [*_troubles(lines, found, at), *_troubles_on_the_way(sent, ways)],
    )


def _reaches(makers: Mapping[int, Cooperative], carriage: Mapping[int, int]) -> list[Reach]:
    offers = queries.offers_of(makers) if makers else []
    found = []
    for pk, maker in sorted(makers.items(), key=lambda row: row[1].name):
        its = [offer for offer in offers if offer.cooperative_id == pk]
        found.append(Reach(maker, its, next((offer for offer in its if offer.pk == carriage.get(pk)), None)))
    return found


def _ways(*, can_transfer: bool, is_sent: bool) -> tuple[str, ...]:
    """How this cart can be paid here and now, the usual one first; what is sent is paid before it leaves."""
    offered = [(Order.Way.CARD, is_set_up()), (Order.Way.PICKUP, not is_sent), (Order.Way.BANK, can_transfer)]
    return tuple(way for way, is_offered in offered if is_offered)


def _troubles_on_the_way(sent: Sequence[CarriageOffer], ways: Sequence[str]) -> Iterable[str]:
    if not ways:
        yield _("What is sent is paid before it leaves, and this cart can only be paid at pick-up. Choose pick-up.")
    if sent and not set.intersection(*(set(offer.countries) for offer in sent)):
        names = ", ".join(offer.name for offer in sent)
        yield _("%(carriers)s go to no country in common; order from one cooperative after the other.") % {
            "carriers": names
        }


def _troubles(lines: Sequence[BasketLine], found: Mapping[int, Standing], at: datetime) -> Iterable[str]:
    labelled = labelled_lots() if lines else {}
    for line in lines:
        title = line.listing.title
        if label := queries.asks_not(labelled.get(line.listing.lot_path, ()), at):
            facts = {"title": title, "community": label.recipe.by, "words": label.text}
            yield _("“%(title)s” is not sold for now, as %(community)s asks: %(words)s") % facts
        if line.listing.state != Listing.State.PUBLISHED:
            yield _("“%(title)s” is not for sale any more.") % {"title": title}
        elif words := closed_words(line.listing, found.get(line.listing.pk), at=at):
            yield words
        elif line.most < line.pieces:
            few = ngettext(
                "Only one piece of “%(title)s” is left.", "Only %(n)s pieces of “%(title)s” are left.", line.most
            )
            yield (
                few % {"title": title, "n": line.most}
                if line.most
                else _("“%(title)s” is sold out.") % {"title": title}
            )
    if len({line.listing.currency for line in lines}) > 1:
        yield _("The cart mixes currencies; order them one after the other.")
