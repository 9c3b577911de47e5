"""The cart at today's prices, and what stands against ordering it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cooperatives.queries.recipes import labelled_lots
from market import queries
from market.models import Listing, Order, Stall
from market.pages.opening import closed_words
from market.pages.pickups import Pickup, pickups
from market.queries import Standing
from market.rules import cart as carts
from market.stripe_connect import is_set_up


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
class Basket:
    """A cart at today's prices; `total` holds the deposits on containers, `vat` is inside the rest of it."""

    lines: Sequence[BasketLine]
    currency: str
    total: int
    deposits: int
    vat: int
    stalls: Sequence[Stall]
    pickups: Sequence[Pickup]
    ways: tuple[str, ...]
    troubles: Sequence[str]

    @property
    def can_be_ordered(self) -> bool:
        return bool(self.lines) and not self.troubles


def basket_of(cart: Mapping[str, int], *, at: datetime) -> Basket:
    """The cart's listings in their order, with what stands against ordering them."""
    wanted = {int(key): pieces for key, pieces in cart.items()}
    rows = Listing.objects.filter(pk__in=wanted).select_related("product__cooperative", "container") if wanted else []
    rows = sorted(rows, key=lambda row: row.pk)
    left = queries.pieces_left(rows) if rows else {}
    found = queries.standings(rows, at=at) if rows else {}
    left |= {pk: min(left[pk], room) for pk, room in queries.room_in_cycles(found).items()}
    outside = {row.product.cooperative_id for row in rows if row.pk not in found}
    lines = [BasketLine(row, wanted[row.pk], left[row.pk]) for row in rows]
    lines_to_price = [carts.Line(x.listing.pk, x.pieces, x.listing.price, x.listing.vat_rate) for x in lines]
    makers = {row.product.cooperative_id for row in rows}
    stalls = queries.stalls_of(makers)
    can_transfer = len(makers) == 1 and all(stall.iban for stall in stalls.values()) and bool(stalls)
    return Basket(
        lines,
        lines[0].listing.currency if lines else "EUR",
        carts.total(lines_to_price) + sum(line.deposits for line in lines),
        sum(line.deposits for line in lines),
        carts.vat(lines_to_price),
        list(stalls.values()),
        pickups((each.open for each in found.values() if each.open), (s for pk, s in stalls.items() if pk in outside)),
        _ways(can_transfer=can_transfer),
        list(_troubles(lines, found, at)),
    )


def _ways(*, can_transfer: bool) -> tuple[str, ...]:
    """How this cart can be paid here and now, the usual one first."""
    offered = [(Order.Way.CARD, is_set_up()), (Order.Way.PICKUP, True), (Order.Way.BANK, can_transfer)]
    return tuple(way for way, is_offered in offered if is_offered)


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
