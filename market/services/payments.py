"""Receiving money for an order: in the cash box at pick-up, or as a line of a bank's statement."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction

from cooperatives.services.people import OPERATOR
from ledger.queries import balances, places_of
from ledger.rules.refusal import BadInput, Refusal
from ledger.services.journal import record_entries, record_owners
from market.models import Hold, Order, Payment
from market.rules.cards import PROCESSOR
from market.rules.sales import SoldLine, handover_draft, payment_draft, sale_draft
from market.rules.taxes import country_of
from market.services.checkout import lock_lots
from market.services.invoices import write_invoices
from market.services.letters import say_money, write_order_paid
from market.services.orders import AlreadyPaid, OrderCancelled, refuse_unless_seller, sold_lines

if TYPE_CHECKING:
    from cooperatives.models import Membership

CASH = "cash"  # in the box of the hub where the goods are handed over
BANK = "bank"
WAYS = (CASH, BANK)


class AmountDiffers(Refusal):
    """This order costs {total}, not {amount}."""


class NoStatementLineGiven(BadInput):
    """Say which line of the bank statement this is, so that it can be found again."""


class LineUsed(Refusal):
    """Line {line} of the statement already pays another order."""


class PartHasCome(Refusal):
    """A part of it came by bank transfer. Take the rest with the next statement, or give the part back first."""


@transaction.atomic
def receive_payment(
    *, by: Membership, order: Order, way: str, amount: int, at: datetime, statement_line: str = ""
) -> Payment:
    """Record that an order was paid, and sell its lines with it, in one transaction.

    Cash is taken at the hub and the goods are handed over with it; a bank transfer is named by `statement_line` and the
    goods wait to be picked up. The same line for the same order answers the same payment.
    """
    lock_lots(order.lines.values_list("listing__lot_path", flat=True))
    order = Order.objects.select_for_update().get(pk=order.pk)
    refuse_unless_seller(by, order)
    lines = sold_lines(order)
    keeper = _keeper(way, by, lines)
    key = f"{keeper}/{_line_name(way, order, statement_line)}"
    if paid := Payment.objects.filter(order=order).first():
        if paid.statement_line == key:
            return paid
        raise AlreadyPaid
    _refuse(order, amount, key)
    if any(row.quantity for row in balances(owner=order.owner, words=["prepaid"])):
        raise PartHasCome
    return sell_order(order=order, keeper=keeper, key=key, at=at, by=by, is_handed_over=way == CASH)


def sell_order(
    *,
    order: Order,
    keeper: str,
    key: str,
    at: datetime,
    by: Membership | None = None,
    is_handed_over: bool = False,
    is_fee_known: bool = True,
    amount: int | None = None,
) -> Payment:
    """Record that all of a locked order was paid to `keeper`, and sell its lines with it, within the caller's
    transaction; by nobody where a keeper's word is enough. `amount` came by this line, where it is not the total: the
    rest lay with the keeper before, or lies there on for the buyer."""
    lines = sold_lines(order)
    sold_by = (by.address if by else OPERATOR,)
    drafts = [
        payment_draft(
            key=key,
            order=order.owner,
            keeper=keeper,
            money=order.currency,
            amount=order.total if amount is None else amount,
            at=at,
            by=sold_by,
            evidence="two-sided" if is_handed_over else "invoice",
        ),
        *[sale_draft(line, operator=OPERATOR, keeper=keeper, at=at, by=sold_by) for line in lines],
    ]
    order.state, order.paid_at = Order.State.PAID, at
    if is_handed_over:
        drafts += [handover_draft(line, at=at, by=sold_by) for line in lines]
        order.state, order.handed_over_at = Order.State.HANDED_OVER, at
    order.save()
    Hold.objects.filter(line__order=order).delete()
    declare_parties(order, lines, at=at)
    entry = record_entries(drafts)[0]
    payment = Payment.objects.create(
        order=order,
        keeper=keeper,
        statement_line=key,
        amount=order.total,
        currency=order.currency,
        is_fee_known=is_fee_known,
        received_at=at,
        received_by=by,
        entry=entry.id,
    )
    invoices = write_invoices(order=order, at=at)
    write_order_paid(order=order, invoices=invoices, at=at)
    return payment


def _keeper(way: str, by: Membership, lines: list[SoldLine]) -> str:
    if way == CASH:
        here = [line.hub for line in lines if line.seller == by.cooperative.address]
        return f"cash/{here[0].partition('/')[2]}"
    sellers = {line.seller for line in lines}
    holder = sellers.pop() if len(sellers) == 1 else OPERATOR
    return f"bank/{holder.partition('/')[2]}"


def _line_name(way: str, order: Order, statement_line: str) -> str:
    if way == BANK and not statement_line.strip():
        raise NoStatementLineGiven
    return statement_line.strip() or f"order-{order.name}"


def _refuse(order: Order, amount: int, key: str) -> None:
    if order.state == Order.State.CANCELLED:
        raise OrderCancelled
    if amount != order.total:
        raise AmountDiffers(total=say_money(order.total, order.currency), amount=say_money(amount, order.currency))
    if Payment.objects.filter(statement_line=key).exists():
        raise LineUsed(line=key)


def declare_parties(order: Order, lines: list[SoldLine], *, at: datetime) -> None:
    """Tell the ledger who is new to it."""
    places: dict[str, str | None] = {line.tax: country_of(line.tax) for line in lines}
    places[OPERATOR] = settings.MARKET_OPERATOR_PLACE or None
    places[order.owner] = None
    if order.way == Order.Way.CARD:
        places[PROCESSOR] = settings.STRIPE_PLACE or None
    known = places_of(places)
    record_owners([(owner, place) for owner, place in places.items() if owner not in known], at=at)
