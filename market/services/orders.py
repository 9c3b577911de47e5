"""What becomes of an order: handed over, cancelled, or let go when nobody pays."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import Exists, OuterRef

from cooperatives.queries import hubs_of
from cooperatives.services.people import refuse_unless
from ledger.rules.entries import Draft
from ledger.rules.refusal import NotFound, Refusal
from ledger.services.journal import record_entries
from market.models import Hold, Order, OrderLine, PaymentPage
from market.rules.sales import SoldLine, handover_draft
from market.services.credit_returns import undo_credit_part
from market.services.deposits import containers_leave
from market.services.letters import write_order_cancelled

if TYPE_CHECKING:
    from cooperatives.models import Membership


class NotYourOrder(NotFound):
    """Your cooperative has no such order."""


class AlreadyPaid(Refusal):
    """This order is paid. Ask for a refund instead."""


class NotYetPaid(Refusal):
    """This order is not paid yet, so it cannot be handed over."""


class OrderCancelled(Refusal):
    """This order was cancelled; the goods are on the shelf again."""


class AllCameBack(Refusal):
    """All goods of this order came back, so there is nothing to hand over."""


class PaymentUnderWay(Refusal):
    """A card payment may be under way on another page. Close that page, wait a moment and try again."""


def sold_lines(order: Order) -> list[SoldLine]:
    """The order's lines as the journal's entries want them: its goods, then what it costs to bring them."""
    rows = order.lines.select_related("listing__product__cooperative", "cycle").order_by("number")
    return [*(sold(order, line) for line in rows), *carried(order)]


def carried(order: Order) -> list[SoldLine]:
    """What it costs to bring them, as the journal's entries want it."""
    return [
        SoldLine(
            order=order.owner, number=each.number, seller=each.offer.cooperative.address, lot="", hub="", unit="",
            quantity=0, price=each.price, vat=each.vat, commission=0, tax=each.offer.tax, money=order.currency,
            carrier=each.offer.carrier, is_sent=each.sent_at is not None,
        )
        for each in order.carriages.all()
    ]  # fmt: skip


def refuse_unless_sold_by(by: Membership, order: Order, numbers: Iterable[int]) -> dict[int, str]:
    """{number: title} of what the cooperative of `by` sold of an order, goods and carriage; NotYourOrder where one of
    these numbers is not among it."""
    own = by.cooperative_id
    titles = {
        line.number: line.title
        for line in order.lines.select_related("listing__product")
        if line.listing.product.cooperative_id == own
    }
    titles |= {each.number: each.title for each in order.carriages.all() if each.offer.cooperative_id == own}
    if not titles.keys() >= set(numbers):
        raise NotYourOrder
    return titles


def sold(order: Order, line: OrderLine) -> SoldLine:
    """One line as the journal's entries want it."""
    listing = line.listing
    return SoldLine(
        order=order.owner,
        number=line.number,
        seller=listing.product.cooperative.address,
        lot=listing.lot_path.rpartition("/")[2],
        hub=line.hub,
        unit=listing.unit,
        quantity=line.quantity,
        price=line.price - line.worth,
        vat=line.vat,
        commission=line.commission,
        tax=listing.tax,
        money=order.currency,
        cycle=line.cycle.code if line.cycle else "",
    )


@transaction.atomic
def hand_over(*, by: Membership, order: Order, at: datetime) -> Order:
    """Give the goods of a paid order to its buyer: what the cooperative of `by` sells, what was ordered in a cycle of
    its own, and what lies at its hubs. What others have waits for them, and what is sent for its carrier
    (services/carriage.py); done again, it changes nothing."""
    order = Order.objects.select_for_update().get(pk=order.pk)
    refuse_unless_seller(by, order)
    if order.state == Order.State.HANDED_OVER:
        return order
    if order.state == Order.State.CANCELLED:
        raise OrderCancelled
    if order.state == Order.State.RETURNED:
        raise AllCameBack
    if order.state != Order.State.PAID:
        raise NotYetPaid
    record_entries(give_out(order, lines_here(by, order), at=at, by=(by.address,)))
    return order


def lines_here(by: Membership, order: Order) -> list[OrderLine]:
    """The lines of an order that the cooperative of `by` can hand over, and that still wait."""
    sent = order.senders
    hubs = {f"hubs/{hub.slug}" for hub in hubs_of(by.cooperative)}
    own = by.cooperative_id
    return [
        line
        for line in order.lines.select_related("listing__product", "cycle")
        if line.waits
        and line.listing.product.cooperative_id not in sent
        and (line.hub in hubs or own in {line.listing.product.cooperative_id, line.cycle and line.cycle.cooperative_id})
    ]


def give_out(order: Order, lines: Iterable[OrderLine], *, at: datetime, by: tuple[str, ...]) -> list[Draft]:
    """The entries by which these lines of a locked order leave with their buyer, and with them his order, if nothing of
    it waits elsewhere."""
    kept = {line.number: line.kept * line.quantity // line.pieces for line in lines}
    drafts = [
        handover_draft(line, at=at, by=by, quantity=kept[line.number])
        for line in sold_lines(order)
        if line.number in kept
    ]
    drafts += containers_leave(order, kept, at=at, by=by)
    order.lines.filter(number__in=kept).update(handed_over_at=at)
    end_if_picked_up(order)
    return drafts


def end_if_picked_up(order: Order) -> None:
    """An order is picked up when the last of its lines is, less what came back before."""
    lines = list(order.lines.all())
    times = [line.handed_over_at for line in lines if line.handed_over_at]
    if times and not any(line.waits for line in lines):
        order.state, order.handed_over_at = Order.State.HANDED_OVER, max(times)
        order.save()


@transaction.atomic
def cancel_order(*, order: Order, at: datetime, by: Membership | None = None) -> Order:
    """Take an unpaid order back: whoever holds its secret link may (`by` nobody), and the stall that sells it. The
    goods are for sale again at once."""
    order = Order.objects.select_for_update().get(pk=order.pk)
    if by is not None:
        refuse_unless_seller(by, order)
    if order.state == Order.State.CANCELLED:
        return order
    if order.state != Order.State.PLACED:
        raise AlreadyPaid
    if order.pages.filter(state__in=["asked", "open"], session__isnull=False).exists():
        raise PaymentUnderWay  # what Stripe may still take cannot be cancelled here alone
    Hold.objects.filter(line__order=order).delete()
    undo_credit_part(order=order, at=at)
    order.state, order.cancelled_at = Order.State.CANCELLED, at
    order.save()
    write_order_cancelled(order=order, at=at)
    return order


def expire_orders(*, at: datetime, orders: Iterable[Order] | None = None) -> int:
    """Let go of the orders that nobody paid in time; answers how many. Run twice, the second time finds none.

    One whose payment page is still open waits until Stripe has closed it."""
    if orders is None:
        paying = Exists(PaymentPage.objects.filter(order=OuterRef("pk"), state__in=["asked", "open"]))
        orders = Order.objects.filter(~paying, state=Order.State.PLACED, expires_at__lte=at)
    return sum(cancel_order(order=order, at=at).cancelled_at == at for order in orders)


def refuse_unless_seller(by: Membership, order: Order, *roles: str) -> None:
    """Only those whose cooperative sells a line of the order, or in whose order cycle it was placed, may touch it; for
    others it is not there."""
    lines = order.lines.select_related("listing__product", "cycle")
    sellers = {line.listing.product.cooperative_id for line in lines}
    sellers |= {line.cycle.cooperative_id for line in lines if line.cycle}
    refuse_unless(by, *(roles or ("steward", "clerk", "treasurer")))
    if by.cooperative_id not in sellers:
        raise NotYourOrder
