"""Each listing on the bar of who receives its price: the shelf's cards and the page of one lot."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from django.utils.formats import number_format

from cooperatives.queries import atlas
from cooperatives.queries.recipes import cited_in, labels_on
from cooperatives.rules.places import Atlas
from market import charts, queries
from market.charts import Price
from market.models import Listing, Stall
from market.pages.foresight import places_known, where_prices_go, where_prices_went
from market.pages.stories import Story, story_of
from market.queries import Standing
from market.rules.prices import unit_price
from market.rules.receivers import around, region_of
from market.rules.splits import Breakdown
from market.rules.taxes import country_of

if TYPE_CHECKING:
    from cooperatives.models import Cooperative, RecipeLabel

DRAWINGS = {
    "chocolate": "chocolate",
    "cheese": "cheese",
    "grain": "rice",
    "food": "nibs",
    "garden": "biochar",
    "craft": "art",
    "code": "code",
    "course": "course",
}
LOOSE = {"chocolate": "nibs", "cheese": "cheese-wedge"}


@dataclass(frozen=True, slots=True)
class Offer:
    """One listing as the shop shows it."""

    listing: Listing
    left: int
    price: Price
    is_forecast: bool
    is_waiting: bool
    boundary: str = ""
    boundaries: Sequence[tuple[str, str]] = ()
    stall: Stall | None = None
    story: Story | None = None
    labels: Sequence[RecipeLabel] = ()  # of the recipes behind the lot
    kept: RecipeLabel | None = None  # the one among them by which it is not sold now
    standing: Standing | None = None  # where it is sold in order cycles

    @property
    def lot_code(self) -> str:
        return self.listing.lot_code

    @property
    def drawing(self) -> str:
        """The static file of a drawing, where there is no photograph; what is sold by weight is drawn loose or cut."""
        kind = self.listing.product.kind
        drawing = LOOSE.get(kind, DRAWINGS[kind]) if self.listing.unit == "g" else DRAWINGS[kind]
        return f"look/illustrations/{drawing}.svg"

    @property
    def can_be_bought(self) -> bool:
        is_published = self.listing.state == Listing.State.PUBLISHED
        return self.left > 0 and is_published and self.kept is None and self.is_open

    @property
    def is_open(self) -> bool:
        """Whether orders are taken now: always, or in a cycle that is open."""
        return self.standing is None or self.standing.open is not None

    @property
    def unit_price(self) -> int:
        return self._compared()[0]

    @property
    def per(self) -> str:
        return self._compared()[1]

    def _compared(self) -> tuple[int, str]:
        return unit_price(self.listing.price, self.listing.net_quantity or 1, self.listing.net_unit)

    @property
    def vat_percent(self) -> str:
        return number_format(Decimal(self.listing.vat_rate) / 10, 1, use_l10n=True)

    def keeps_at_least(self, percent: int) -> bool:
        """Whether so much of the price is known to stay."""
        return self.price.low * 100 >= percent * self.price.price


def sorted_by(sort: str, offers: list[Offer]) -> list[Offer]:
    """The offers in the order that was asked for; the newest stand first as they came."""
    if sort == "kept":
        return sorted(offers, key=lambda offer: -offer.price.low / offer.price.price)
    if sort == "price":
        return sorted(offers, key=lambda offer: (offer.per, offer.unit_price))
    return offers


def offers(
    listings: Iterable[Listing], labelled: Mapping[str, Sequence[RecipeLabel]] | None = None, *, at: datetime
) -> list[Offer]:
    """Listings with what is left of them and who receives their price, seen from each maker's own region.

    `labelled` are the labels on lots, by their paths.
    """
    rows = list(listings)
    left, found = _left(rows, at)
    where = atlas()
    regions = {row.pk: region_of(home_of(row.product.cooperative, where)) for row in rows}
    made = _offers(rows, left, regions, where_prices_went(rows), where)
    return [
        replace(offer, labels=(labelled or {}).get(offer.listing.lot_path, ()), standing=found.get(offer.listing.pk))
        for offer in made
    ]


def _left(rows: list[Listing], at: datetime) -> tuple[dict[int, int], dict[int, Standing]]:
    """How many pieces of each can be ordered, and how those are that are sold in order cycles."""
    left, found = queries.pieces_left(rows), queries.standings(rows, at=at)
    return left | {pk: min(left[pk], room) for pk, room in queries.room_in_cycles(found).items()}, found


def _offers(
    rows: list[Listing],
    left: Mapping[int, int],
    boundaries: Mapping[int, str | None],
    went: Mapping[int, tuple[Breakdown, bool]],
    where: Atlas,
    *,
    choices: Sequence[str] = (),
) -> list[Offer]:
    """`choices` are the boundaries that a page offers beside."""
    owners = {part.owner for found, _is in went.values() for part in found.slices}
    places = places_known(owners, where)
    names = where.named({place for place in boundaries.values() if place} | countries(owners) | {*choices})
    can_choose = [(path, names.get(path, path)) for path in choices]
    made = []
    for row in rows:
        found, is_forecast = went[row.pk]
        boundary = boundaries[row.pk]
        called = owner_names(owners, [row.product.cooperative], names)
        price = charts.price_of(found, places, boundary, place=names.get(boundary or "", boundary or ""), names=called)
        waits = bool(found.waiting)
        made.append(Offer(row, left[row.pk], price, is_forecast, waits, boundary or "", can_choose))
    return made


def countries(owners: Iterable[str]) -> set[str]:
    """The countries whose taxes are among some owners."""
    return {place for owner in owners if owner.startswith("tax/") and (place := country_of(owner))}


def owner_names(
    owners: Iterable[str], cooperatives: Iterable[Cooperative], places: Mapping[str, str]
) -> dict[str, str]:
    """What a page calls cooperatives, by name, and taxes, by their country."""
    taxes = {owner: places.get(country_of(owner) or "", "") for owner in owners if owner.startswith("tax/")}
    return taxes | {cooperative.address: cooperative.name for cooperative in cooperatives}


def home_of(cooperative: Cooperative, where: Atlas) -> str | None:
    """Where it lies today, if it said where it is."""
    return where.located(cooperative.place.path) if cooperative.place else None


def offer_page(row: Listing, *, boundary: str | None, at: datetime) -> Offer:
    """One listing with its story and the labels on it at a moment, seen from a boundary around its maker."""
    where = atlas()
    home = home_of(row.product.cooperative, where)
    around_it = around(home)
    chosen = boundary if boundary in around_it else region_of(home)
    trail = queries.trail_behind([row.lot_path])
    (left, standing), went = _left([row], at), where_prices_go([row], trail)
    (found,) = _offers([row], left, {row.pk: chosen}, went, where, choices=around_it)
    labels = labels_on(cited_in(trail.flows))
    stall = None if standing else queries.stall_with(row)  # a cycle has a hand-over of its own
    return replace(
        found, stall=stall, story=story_of(row, trail.flows), labels=labels,
        kept=queries.asks_not(labels, at), standing=standing.get(row.pk),
    )  # fmt: skip
