"""What the shop's pages show: each listing on the bar of who receives its price, a basket, an order's own page."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.conf import settings
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cooperatives.models import Cooperative, Membership
from cooperatives.queries import agreements_in_force, lot_story, names_of, place_names
from cooperatives.rules.agreements import read_agreement
from cooperatives.services.people import OPERATOR
from ledger.queries import places_of
from ledger.rules.entries import claim
from market import charts, queries
from market.charts import Price
from market.models import Division, Listing, Order, Stall
from market.queries import Trail
from market.rules import cart as carts
from market.rules.prices import split_price, unit_price
from market.rules.receivers import around, region_of
from market.rules.settlements import basis, filled, foreseen
from market.rules.splits import (
    GROUPS,
    Breakdown,
    Destination,
    Journal,
    SaleLine,
    breakdown,
    sale_lines,
    where_it_went,
)
from market.rules.taxes import country_of
from market.rules.words import bank_reference

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
    story: "Story | None" = None

    @property
    def lot_code(self) -> str:
        return self.listing.lot_path.rpartition("/")[2]

    @property
    def drawing(self) -> str:
        """The static file of a drawing, where there is no photograph; what is sold by weight is drawn loose or cut."""
        kind = self.listing.product.kind
        drawing = LOOSE.get(kind, DRAWINGS[kind]) if self.listing.unit == "g" else DRAWINGS[kind]
        return f"look/illustrations/{drawing}.svg"

    @property
    def can_be_bought(self) -> bool:
        return self.left > 0 and self.listing.state == Listing.State.PUBLISHED

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


def offers(listings: Iterable[Listing]) -> list[Offer]:
    """Listings with what is left of them and who receives their price, seen from each maker's own region."""
    rows = list(listings)
    left = queries.pieces_left(rows)
    regions = {row.pk: region_of(_place(row.product.cooperative)) for row in rows}
    return _offers(rows, left, regions)


def _offers(rows: list[Listing], left: Mapping[int, int], boundaries: Mapping[int, str | None]) -> list[Offer]:
    went = _where_prices_go(rows)
    owners = {part.owner for found, _is in went.values() for part in found.slices}
    places = _places(owners)
    names = place_names({place for place in boundaries.values() if place})
    made = []
    for row in rows:
        found, is_forecast = went[row.pk]
        boundary = boundaries[row.pk]
        names_here = {row.product.cooperative.address: row.product.cooperative.name}
        price = charts.price_of(
            found, places, boundary, place=names.get(boundary or "", boundary or ""), names=names_here
        )
        made.append(Offer(row, left[row.pk], price, is_forecast, bool(found.waiting), boundary or ""))
    return made


def _place(cooperative: Cooperative) -> str | None:
    return cooperative.place.path if cooperative.place else None


def _places(owners: Iterable[str]) -> dict[str, str | None]:
    """Where owners are. Before the first sale the journal knows neither its tax nor the operator; their places are
    those which the sale will declare."""
    wanted = set(owners)
    expected = {owner: country_of(owner) for owner in wanted if owner.startswith("tax/")}
    return expected | {OPERATOR: settings.MARKET_OPERATOR_PLACE or None} | places_of(wanted)


def _where_prices_go(rows: list[Listing]) -> dict[int, tuple[Breakdown, bool]]:
    """{listing: (where the price of one piece goes, whether that is foreseen)}.

    A lot that was divided goes on as its last division did; one that was not, as the agreement in force would do it."""
    if not rows:
        return {}
    trail = queries.trail_behind({row.lot_path for row in rows})
    undivided = [row for row in rows if not _last_division(row, trail.journal)]
    agreements = agreements_in_force({row.product.cooperative_id for row in undivided}) if undivided else {}
    found = {}
    for row in rows:
        last, journal, is_forecast = _last_division(row, trail.journal), trail.journal, False
        agreement = agreements.get(row.product.cooperative_id)
        if not last and agreement:
            last, journal, is_forecast = 1, _foreseen(row, trail, agreement.steps), True
        line = _one_piece(row, token=last - 1 if last else 0)
        parts = where_it_went([line], journal, trail.costs)
        found[row.pk] = breakdown(row.currency, parts), is_forecast
    return found


def _last_division(row: Listing, journal: Journal) -> int:
    unit = claim(row.currency, row.product.cooperative.address)
    return max(journal.divisions.get((row.earned_path, unit), {}), default=0)


def _foreseen(row: Listing, trail: Trail, steps: Sequence[Mapping[str, Any]]) -> Journal:
    """The whole lot, sold and divided by the agreement, as it would stand in the journal."""
    pieces = max(1, filled(row.lot_path, row.unit, trail.flows) // row.unit_quantity)
    based = basis(row.lot_path, row.currency, Fraction(1), trail.facts)
    split = split_price(row.price, vat_rate=row.vat_rate, commission_rate=settings.MARKET_COMMISSION)
    division = based.divided(split.rest * pieces, read_agreement(steps))
    flows = foreseen(division.parts, basis=based, after=1, at=row.listed_at)
    return Journal.of([*[f for f in trail.flows if f.giver != row.earned_path], *flows])


def _one_piece(row: Listing, *, token: int) -> SaleLine:
    """One piece as if it were sold just before its lot's division."""
    split = split_price(row.price, vat_rate=row.vat_rate, commission_rate=settings.MARKET_COMMISSION)
    direct = {
        Destination(row.tax, "tax", "invoice"): split.vat,
        Destination(OPERATOR, "commission", "invoice"): split.commission,
    }
    return SaleLine("", "", token, row.listed_at, row.currency, row.price, direct, {row.earned_path: split.rest})


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a lot's story, in the share that is in the lot."""

    title: str
    amounts: Sequence[tuple[str, int]]
    minutes: int
    people: int


@dataclass(frozen=True, slots=True)
class Story:
    """How a lot came about, and what is inside one piece of it."""

    steps: Sequence[Step]
    each: Sequence[tuple[str, int]]
    minutes_each: int
    people: int


def story_of(row: Listing) -> Story | None:
    """The story of a listing's lot; None where nothing is known of it."""
    told = lot_story(row.lot)
    if not told.given:
        return None
    pieces = max(1, told.filled // row.unit_quantity)
    brought: dict[str, int] = defaultdict(int)
    for given in told.given:
        if not given.kind.startswith("work"):
            brought[given.unit] += given.quantity
    steps = [
        Step(
            _("Brought by its givers") if step.step == "given" else step.paths[0].rpartition("/")[2],
            [(unit, round(amount)) for unit, amount in sorted(step.came_out.items()) if round(amount)],
            round(sum(step.minutes.values())),
            len(step.people),
        )
        for step in told.steps
    ]
    each = [(unit, round(Fraction(amount, pieces))) for unit, amount in sorted(brought.items())]
    minutes = round(Fraction(sum(told.minutes.values()), pieces))
    return Story(steps, [(unit, amount) for unit, amount in each if amount], minutes, told.people)


def offer_page(row: Listing, *, boundary: str | None) -> Offer:
    """One listing with its story, seen from a boundary around its maker."""
    around_it = around(_place(row.product.cooperative))
    chosen = boundary if boundary in around_it else region_of(_place(row.product.cooperative))
    found = _offers([row], queries.pieces_left([row]), {row.pk: chosen})[0]
    names = place_names(around_it)
    return Offer(
        row,
        found.left,
        found.price,
        found.is_forecast,
        found.is_waiting,
        chosen or "",
        [(path, names.get(path, path)) for path in around_it],
        queries.stall_of(row.product.cooperative),
        story_of(row),
    )


# The basket ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class BasketLine:
    """So many pieces of a listing, and how many there could be."""

    listing: Listing
    pieces: int
    most: int

    @property
    def price(self) -> int:
        return self.pieces * self.listing.price


@dataclass(frozen=True, slots=True)
class Basket:
    """A cart at today's prices."""

    lines: Sequence[BasketLine]
    currency: str
    total: int
    vat: int
    stalls: Sequence[Stall]
    ways: tuple[str, ...]
    troubles: Sequence[str]

    @property
    def can_be_ordered(self) -> bool:
        return bool(self.lines) and not self.troubles


def basket(cart: Mapping[str, int]) -> Basket:
    """The cart's listings in their order, with what stands against ordering them."""
    wanted = {int(key): pieces for key, pieces in cart.items()}
    rows = Listing.objects.filter(pk__in=wanted).select_related("product__cooperative").order_by("pk") if wanted else []
    left = queries.pieces_left(rows) if rows else {}
    lines = [BasketLine(row, wanted[row.pk], left[row.pk]) for row in rows]
    lines_to_price = [carts.Line(x.listing.pk, x.pieces, x.listing.price, x.listing.vat_rate) for x in lines]
    makers = {row.product.cooperative_id for row in rows}
    stalls = queries.stalls_of(makers)
    can_transfer = len(makers) == 1 and all(stall.iban for stall in stalls.values()) and bool(stalls)
    return Basket(
        lines,
        lines[0].listing.currency if lines else "EUR",
        carts.total(lines_to_price),
        carts.vat(lines_to_price),
        list(stalls.values()),
        (Order.Way.PICKUP, Order.Way.BANK) if can_transfer else (Order.Way.PICKUP,),
        list(_troubles(lines)),
    )


def _troubles(lines: Sequence[BasketLine]) -> Iterable[str]:
    for line in lines:
        title = line.listing.title
        if line.listing.state != Listing.State.PUBLISHED:
            yield _("“%(title)s” is not for sale any more.") % {"title": title}
        elif line.most < line.pieces:
            words = ngettext(
                "Only one piece of “%(title)s” is left.", "Only %(n)s pieces of “%(title)s” are left.", line.most
            )
            yield (
                words % {"title": title, "n": line.most}
                if line.most
                else _("“%(title)s” is sold out.") % {"title": title}
            )
    if len({line.listing.currency for line in lines}) > 1:
        yield _("The cart mixes currencies; order them one after the other.")


# The order's page ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Cell:
    """One group's amount, with the words that a folded table shows beside it."""

    name: str
    words: str
    quantity: int


@dataclass(frozen=True, slots=True)
class Maker:
    """What became of the part of an order that one cooperative sold."""

    name: str
    price: Price
    cells: Sequence[Cell]


def order_page(order: Order) -> dict[str, Any]:
    """Everything the order's page says."""
    payment = getattr(order, "payment", None)
    makers = _makers(order, is_paid=payment is not None) if order.state != Order.State.CANCELLED else []
    groups = {name: sum(maker.price.groups[name] for maker in makers) for name in GROUPS}
    stalls = list(queries.stalls_of(_cooperatives(order)).values())
    return {
        "order": order,
        "payment": payment,
        "headline": _headline(order),
        "next_step": _next_step(order),
        "steps": _steps(order),
        "reference": bank_reference(order.name),
        "stalls": stalls,
        "transfer": stalls[0] if stalls and order.way == "bank" and order.state == "placed" else None,
        "makers": makers,
        "groups": groups,
        "cells": _cells(groups),
        "can_cancel": order.state == Order.State.PLACED,
    }


def _cooperatives(order: Order) -> dict[int, Cooperative]:
    return {line.listing.product.cooperative_id: line.listing.product.cooperative for line in order.lines.all()}


def _makers(order: Order, *, is_paid: bool) -> list[Maker]:
    """A part for each cooperative, seen from its own region; before the payment, as each price would go."""
    cooperatives = _cooperatives(order)
    if is_paid:
        trail = queries.trail_behind(orders=[order.owner])
        mine: dict[str, list[SaleLine]] = defaultdict(list)
        for line in sale_lines(trail.flows):
            if line.order == order.owner:
                mine[_seller(line)].append(line)
        went = {c.pk: trail.went(mine[c.address], order.currency) for c in cooperatives.values()}
    else:
        went = _foreseen_order(order)
    owners = {part.owner for found in went.values() for part in found.slices}
    places = _places(owners)
    regions = {pk: region_of(_place(c)) for pk, c in cooperatives.items()}
    names = place_names({place for place in regions.values() if place})
    made = []
    for pk, cooperative in sorted(cooperatives.items(), key=lambda item: item[1].name):
        region = regions[pk]
        price = charts.price_of(
            went[pk], places, region, place=names.get(region or "", region or ""),
            names={c.address: c.name for c in cooperatives.values()},
        )  # fmt: skip
        made.append(Maker(cooperative.name, price, _cells(price.groups)))
    return made


def _seller(line: SaleLine) -> str:
    return next(iter(line.earned), "").partition("/earned/")[0]


def _foreseen_order(order: Order) -> dict[int, Breakdown]:
    lines = list(order.lines.all())
    pieces = _where_prices_go([line.listing for line in lines])
    parts: dict[int, dict[Destination, Fraction]] = defaultdict(lambda: defaultdict(Fraction))
    for line in lines:
        found, _is_forecast = pieces[line.listing_id]
        for part in found.slices:
            share = Fraction(line.price * part.quantity, found.price)
            parts[line.listing.product.cooperative_id][Destination(*part[:3])] += share
    return {pk: breakdown(order.currency, its) for pk, its in parts.items()}


def _cells(groups: Mapping[str, int]) -> list[Cell]:
    words = {
        "local": _("Stays local"),
        "commons": _("Commons"),
        "unknown": _("Unknown"),
        "waiting": _("Not divided yet"),
        "extracted": _("Leaves"),
    }
    return [Cell(name, words[name], groups[name]) for name in GROUPS]


def _headline(order: Order) -> str:
    said = {
        "placed": _("%(name)s, your order is placed"),
        "paid": _("%(name)s, your order is paid"),
        "handed_over": _("%(name)s, you have picked it up"),
        "cancelled": _("%(name)s, your order is cancelled"),
    }
    return said[order.state] % {"name": order.buyer}


def _next_step(order: Order) -> str:
    if order.state == "placed" and order.way == "bank":
        return _("Next: transfer the amount with the reference on this page. We hold the goods for you until then.")
    said = {
        "placed": _("Next: pick it up and pay there. We hold the goods for you."),
        "paid": _("Next: pick it up. You have nothing more to pay."),
        "handed_over": _("You have nothing more to do."),
        "cancelled": _("You owe nothing, and the goods are for sale again."),
    }
    return said[order.state]


def _steps(order: Order) -> list[dict[str, Any]]:
    if order.state == "cancelled":
        return [_step(_("Ordered"), order.placed_at), _step(_("Cancelled"), order.cancelled_at)]
    rows = [
        _step(_("Ordered"), order.placed_at),
        _step(_("Paid"), order.paid_at),
        _step(_("Picked up"), order.handed_over_at),
    ]
    for row in rows:
        if not row["state"]:
            row |= {"state": "now", "note": _("Next")}
            break
    return rows


def _step(title: str, at: Any) -> dict[str, Any]:
    return {"title": title, "note": at, "state": "done" if at else ""}


# The stall -----------------------------------------------------------------------------------------------------------


def named_lots(earnings: Mapping[str, int]) -> list[tuple[str, int]]:
    """(lot, amount) for what is earned and not divided."""
    return [(path.rpartition("/")[2], amount) for path, amount in sorted(earnings.items())]


def names_for(by: Membership, owners: Iterable[str]) -> dict[str, str]:
    """What `by` may call each owner: a name where there is consent, the address's own word where there is none."""
    known = names_of(owners, reader=by)
    return {owner: known.get(owner) or owner.partition("/")[2] for owner in owners}


def divisions(rows: Iterable[Division], cooperative: Cooperative) -> list[dict[str, Any]]:
    """Past divisions with their parts, the largest first."""
    return [
        {
            "row": row,
            "lot": row.lot_path.rpartition("/")[2],
            "parts": sorted(row.parts["parts"].items(), key=lambda part: -part[1]),
        }
        for row in rows
    ]
