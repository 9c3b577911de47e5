"""Goods that a buyer brings back: into their lot again, or to the soil where they are spoiled."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from ledger.queries import entries_by_key, entries_by_prefix
from ledger.rules.refusal import BadInput, Refusal
from ledger.services.journal import record_entries
from market.models import Dispute, Order, Refund
from market.rules.sales import goods_back_drafts
from market.services.checkout import lock_lots
from market.services.orders import NotYourOrder, end_if_picked_up, refuse_unless_seller, sold_lines

if TYPE_CHECKING:
    from cooperatives.models import Membership


class NothingCameBack(BadInput):
    """Say how many pieces of which goods came back."""


class NotSoMany(Refusal):
    """Only {left} of “{title}” can still come back."""


class MoneyComesFirst(Refusal):
    """Nothing was given back for “{title}” yet. Give the money back first, then the goods count as unsold."""


@transaction.atomic
def take_goods_back(
    *, by: Membership, order: Order, pieces: Mapping[int, int], is_good: bool, at: datetime, key: str
) -> Order:
    """Record that goods came back: `pieces` is {number of a line: pieces}, of lines that the cooperative of `by` sold.
    The same key again changes nothing. What is good is for sale again; what is not goes to the soil.

    Raises NotAllowed, NothingCameBack, NotYourOrder, MoneyComesFirst, NotSoMany.
    """
    lock_lots(order.lines.values_list("listing__lot_path", flat=True))
    order = Order.objects.select_for_update().get(pk=order.pk)
    refuse_unless_seller(by, order)
    stem = f"order/{order.name}/returned/{key}"
    if entries_by_prefix(stem):
        return order
    pieces = {number: n for number, n in pieces.items() if n > 0}
    if not pieces:
        raise NothingCameBack
    rows = {row.number: row for row in order.lines.select_related("listing__product")}
    repaid = _repaid(order)
    for number, n in pieces.items():
        row = rows.get(number)
        if row is None or row.listing.product.cooperative_id != by.cooperative_id:
            raise NotYourOrder
        if number not in repaid:
            raise MoneyComesFirst(title=row.title)
        if n > row.kept:
            raise NotSoMany(left=row.kept, title=row.title)
    sold = {line.number: line for line in sold_lines(order)}
    sales = entries_by_key(f"order/{order.name}/line/{number}" for number in pieces)
    drafts = [
        draft
        for number, n in sorted(pieces.items())
        for draft in goods_back_drafts(
            sold[number], key=stem, quantity=n * rows[number].quantity // rows[number].pieces,
            sale=sales[f"order/{order.name}/line/{number}"].id, is_good=is_good,
            is_handed_over=rows[number].handed_over_at is not None, lies_at=rows[number].listing.hub, at=at,
            by=(by.address,),
        )
    ]  # fmt: skip
    for number, n in pieces.items():
        rows[number].returned += n
        rows[number].save()
    if not any(row.kept for row in rows.values()):
        order.state = Order.State.RETURNED
        order.save()
    elif order.state == Order.State.PAID:
        end_if_picked_up(order)
    record_entries(drafts)
    return order


def _repaid(order: Order) -> set[int]:
    """The lines (by number) of which money went back, or is asked to."""
    rows = [row.lines for row in order.refunds.exclude(state=Refund.State.FAILED)]
    rows += [row.lines for row in order.disputes.filter(state=Dispute.State.LOST)]
    return {int(number) for lines in rows for number in lines}
