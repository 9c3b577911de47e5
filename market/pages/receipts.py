"""The order's own page: what comes next, what was paid, and where the money went."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from cooperatives.queries import atlas
from market import charts, queries
from market.charts import Price
from market.models import Order
from market.pages.foresight import places_known, where_prices_go
from market.pages.offers import countries, home_of, owner_names
from market.pages.pickups import pickups
from market.rules.receivers import region_of
from market.rules.splits import GROUPS, Breakdown, Destination, SaleLine, breakdown, sale_lines
from market.rules.words import bank_reference
from market.stripe_connect import is_set_up

if TYPE_CHECKING:
    from cooperatives.models import Cooperative
    from ledger.rules.entries import Recorded


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


def order_page(order: Order, *, takes_credit: bool = False) -> dict[str, Any]:
    """Everything the order's page says; `takes_credit`: its reader could pay a part of it in members' credit."""
    paid = list(order.payments.all()) if order.is_sold else []
    payment, came = (paid[0] if paid else None), ({} if paid else queries.came_of(order))
    rest = 0 if paid else order.due - sum(came.values())
    is_placed = order.state == Order.State.PLACED
    entries = queries.entries_of(order) if came or not is_placed else []
    makers = _makers(order, entries if payment else None) if order.state != Order.State.CANCELLED else []
    groups = {name: sum(maker.price.groups[name] for maker in makers) for name in GROUPS}
    stalls = list(queries.stalls_of(_cooperatives(order)).values())
    lines = [line for line in order.lines.all() if line.waits] or list(order.lines.all())
    senders = order.senders
    fetched = [line for line in lines if line.listing.product.cooperative_id not in senders]
    outside = {line.listing.product.cooperative_id for line in fetched if line.cycle is None}
    here = pickups(
        (line.cycle for line in fetched if line.cycle), (stall for stall in stalls if stall.cooperative_id in outside)
    )
    return {
        "order": order,
        "payment": payment,
        "paid": [(row.keeper.partition("/")[0], row.amount, row.received_at) for row in reversed(paid)],
        "came": [(keeper.partition("/")[0], amount) for keeper, amount in sorted(came.items())],
        "rest": rest,
        "too_much": 0 if is_placed else queries.lies_there(order, entries),
        "given_back": queries.given_back(order, entries),
        "credit": queries.credit_part_of(order),
        "takes_credit": takes_credit,
        "headline": _headline(order),
        "next_step": _next_step(order),
        "steps": _steps(order),
        "reference": bank_reference(order.name),
        "stalls": stalls,
        "pickups": here,
        "is_fetched": bool(fetched),
        "transfer": stalls[0] if stalls and order.way == "bank" and order.state == "placed" else None,
        "can_pay_by_card": (order.way == "card" or order.total != rest) and order.state == "placed" and is_set_up(),
        "makers": makers,
        "groups": groups,
        "cells": _cells(groups),
        "can_cancel": order.state == Order.State.PLACED,
    }


def _cooperatives(order: Order) -> dict[int, Cooperative]:
    return {line.listing.product.cooperative_id: line.listing.product.cooperative for line in order.lines.all()}


def _makers(order: Order, entries: Sequence[Recorded] | None) -> list[Maker]:
    """A part for each cooperative, seen from its own region: by what was recorded of the order, or, before the payment
    (None), as each price would go."""
    cooperatives = _cooperatives(order)
    if entries is not None:
        trail = queries.trail_behind(known=entries)
        mine: dict[str, list[SaleLine]] = defaultdict(list)
        for line in sale_lines(trail.flows):
            if line.order == order.owner:
                mine[line.seller].append(line)
        went = {c.pk: trail.went(mine[c.address], order.currency) for c in cooperatives.values()}
    else:
        went = _foreseen_order(order)
    owners = {part.owner for found in went.values() for part in found.slices}
    where = atlas()
    places = places_known(owners, where)
    regions = {pk: region_of(home_of(c, where)) for pk, c in cooperatives.items()}
    names = where.named({place for place in regions.values() if place} | countries(owners))
    called = owner_names(owners, cooperatives.values(), names)
    called |= {each.offer.carrier: each.offer.name for each in order.carriages.all()}
    made = []
    for pk, cooperative in sorted(cooperatives.items(), key=lambda item: item[1].name):
        region = regions[pk]
        price = charts.price_of(
            went[pk], places, region, place=names.get(region or "", region or ""),
            names=called,
        )  # fmt: skip
        made.append(Maker(cooperative.name, price, _cells(price.groups)))
    return made


def _foreseen_order(order: Order) -> dict[int, Breakdown]:
    lines = list(order.lines.all())
    pieces = where_prices_go([line.listing for line in lines])
    parts: dict[int, dict[Destination, Fraction]] = defaultdict(lambda: defaultdict(Fraction))
    for line in lines:
        found, _is_forecast = pieces[line.listing_id]
        for part in found.slices:
            share = Fraction((line.price - line.worth) * part.quantity, found.price)
            parts[line.listing.product.cooperative_id][Destination(*part[:3])] += share
    for each in order.carriages.all():
        its = parts[each.offer.cooperative_id]
        its[Destination(each.offer.carrier, "delivery", "invoice")] += each.price - each.vat
        its[Destination(each.offer.tax, "tax", "invoice")] += each.vat
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
        "handed_over": _("%(name)s, it was sent to you") if order.senders else _("%(name)s, you have picked it up"),
        "cancelled": _("%(name)s, your order is cancelled"),
        "returned": _("%(name)s, all of it came back"),
    }
    return said[order.state] % {"name": order.buyer}


def _next_step(order: Order) -> str:
    if order.state == "placed" and order.way == "bank":
        return _("Next: transfer the amount with the reference on this page. We hold the goods for you until then.")
    if order.state == "placed" and order.way == "card":
        return _("Next: pay by card. We hold the goods for you for an hour.")
    said = {
        "placed": _("Next: pick it up and pay there. We hold the goods for you."),
        "paid": _paid_next(order),
        "handed_over": _("You have nothing more to do."),
        "cancelled": _("You owe nothing, and the goods are for sale again."),
        "returned": _("You have nothing more to do."),
    }
    return said[order.state]


def _paid_next(order: Order) -> str:
    senders = order.senders
    waiting = {line.listing.product.cooperative_id for line in order.lines.all() if line.waits}
    if not waiting & senders:
        return _("Next: pick it up. You have nothing more to pay.")
    if waiting <= senders:
        return _("Next: it is packed and sent. You have nothing more to pay, and are told when it leaves.")
    return _("Next: pick up what is not sent. You have nothing more to pay, and are told when the rest leaves.")


def _steps(order: Order) -> list[dict[str, Any]]:
    if order.state == "cancelled":
        return [_step(_("Ordered"), order.placed_at), _step(_("Cancelled"), order.cancelled_at)]
    rows = [
        _step(_("Ordered"), order.placed_at),
        _step(_("Paid"), order.paid_at),
        _step(_("Sent") if order.senders else _("Picked up"), order.handed_over_at),
    ]
    if order.state == "returned":
        return [row for row in rows if row["state"]]
    for row in rows:
        if not row["state"]:
            row |= {"state": "now", "note": _("Next")}
            break
    return rows


def _step(title: str, at: datetime | None) -> dict[str, Any]:
    return {"title": title, "note": at, "state": "done" if at else ""}
