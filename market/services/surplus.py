"""What came for an order beyond its price, or after it was cancelled: it lies at the bank until it goes back or on."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from ledger.queries import entries_by_key
from ledger.rules.refusal import BadInput, Refusal
from ledger.services.journal import record_entries
from market.models import Order, Refund
from market.queries.orders import open_of, surplus_of
from market.services.checkout import lock_lots
from market.services.letters import say_money
from market.services.orders import refuse_unless_seller
from market.services.payments import lay_transfer
from market.services.statements import NoSuchReference, give_back_draft, orders_named

if TYPE_CHECKING:
    from cooperatives.models import Membership


class NothingTooMuch(Refusal):
    """Nothing lies at your bank for this order’s buyer."""


class LessThanThat(Refusal):
    """Only {left} lies at your bank for this order’s buyer."""


class SayWhichLineItWas(BadInput):
    """Say which line of the bank statement this is, so that it can be found again."""


class LineTold(Refusal):
    """Line {line} of the statement is recorded already, for something else."""


class NothingOpenThere(Refusal):
    """That order is paid or cancelled, so nothing can go on to it."""


@transaction.atomic
def give_surplus_back(*, by: Membership, order: Order, amount: int, statement_line: str, at: datetime) -> Order:
    """Record that a buyer was sent back what he paid too much; the same line is recorded once.

    Raises NotAllowed (a treasurer or a steward gives), NothingTooMuch, LessThanThat, SayWhichLineItWas, LineTold.
    """
    order, keeper, left = _locked(by, order, "treasurer", "steward")
    if not statement_line.strip():
        raise SayWhichLineItWas
    key = f"{keeper}/{statement_line.strip()}"
    if known := entries_by_key([key]).get(key):
        if not any(flow.giver == f"{order.owner}/prepaid@{keeper}" for flow in known.flows):
            raise LineTold(line=key)
        return order
    if Refund.objects.filter(refund=key).exists():
        raise LineTold(line=key)
    _refuse_more_than(left, amount, order)
    record_entries([give_back_draft(order=order, keeper=keeper, key=key, amount=amount, at=at, by=by)])
    return order


@transaction.atomic
def forward_surplus(*, by: Membership, order: Order, reference: str, at: datetime) -> Order:
    """Lay what a buyer paid too much on another order of his, as far as that is open; answers that one.

    Raises NotAllowed (a treasurer, steward or clerk forwards), NothingTooMuch, NoSuchReference, NothingOpenThere.
    """
    found = [one for one in orders_named(by.cooperative, reference) if one.pk != order.pk]
    if len(found) != 1:
        raise NoSuchReference(reference=reference)
    lots = {path for one in (order, found[0]) for path in one.lines.values_list("listing__lot_path", flat=True)}
    lock_lots(lots)
    order, keeper, left = _locked(by, order, "treasurer", "steward", "clerk")
    target = Order.objects.select_for_update().get(pk=found[0].pk)
    if target.state != Order.State.PLACED:
        raise NothingOpenThere
    _refuse_more_than(left, left, order)
    stem = f"forward/{order.name}/{target.name}"
    tries = len(entries_by_key([f"{stem}/{n}" for n in range(1, 100)]))
    amount = min(left, open_of(target))
    lay_transfer(by=by, order=target, keeper=keeper, key=f"{stem}/{tries + 1}", amount=amount, at=at, source=order)
    return target


def _locked(by: Membership, order: Order, *roles: str) -> tuple[Order, str, int]:
    """The order, locked after its lots; the bank of the cooperative, and what lies there for the buyer."""
    lock_lots(order.lines.values_list("listing__lot_path", flat=True))
    order = Order.objects.select_for_update().get(pk=order.pk)
    refuse_unless_seller(by, order, *roles)
    keeper = f"bank/{by.cooperative.slug}"
    return order, keeper, surplus_of(order, keeper)


def _refuse_more_than(left: int, amount: int, order: Order) -> None:
    if left <= 0:
        raise NothingTooMuch
    if not 0 < amount <= left:
        raise LessThanThat(left=say_money(left, order.currency))
