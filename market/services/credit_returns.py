"""Members' credit that lies with an order: it goes to the sellers with the sale, or back to the member."""

from __future__ import annotations

from datetime import datetime

from cooperatives.services.credit import lock_limits
from ledger.rules.entries import Draft, Flow
from ledger.services.journal import undo_entry
from market.models import CreditPart, Order


def credit_sale_drafts(*, order: Order, at: datetime, by: tuple[str, ...]) -> list[Draft]:
    """What each seller's cooperative has of the part that is paid in credit; within the caller's transaction."""
    part = CreditPart.objects.filter(order=order).select_related("circle").first()
    if part is None:
        return []
    sold: dict[str, int] = {}
    for line in order.lines.select_related("listing__product__cooperative"):
        seller = line.listing.product.cooperative.address
        sold[seller] = sold.get(seller, 0) + line.credit
    lock_limits(part.circle, [seller for seller, quantity in sold.items() if quantity], at=at)
    flows = tuple(
        Flow(f"{order.owner}/prepaid", f"{seller}/purse", part.circle.code, quantity)
        for seller, quantity in sorted(sold.items())
        if quantity
    )
    return [Draft(f"order/{order.name}/credit", "transfer", "sale", flows, at, by, "declared")]


def undo_credit_part(*, order: Order, at: datetime) -> None:
    """The order is cancelled: its part in credit goes back to the member, whatever his limits are by now."""
    part = CreditPart.objects.filter(order=order, returned=0).first()
    if part is not None:
        undo_entry(
            entry=part.entry, key=f"{part.key}/back", at=at, by=(part.owner,), purpose="credit", evidence="declared"
        )
        part.returned = part.quantity
        part.save()
