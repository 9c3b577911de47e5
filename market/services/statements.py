"""Taking a bank statement: each line once, matched to an order by its reference, recorded as far as it is certain."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from cooperatives.services.people import refuse_unless
from ledger.queries import balance_of, balances, unit
from ledger.rules.entries import Draft, Flow
from ledger.rules.refusal import Refusal
from ledger.services.journal import record_entries
from market.models import BankLine, Order, Payment
from market.queries import orders_of
from market.rules.statements import StatementLine, order_names, read_statement
from market.services.checkout import lock_lots
from market.services.payments import lay_transfer

if TYPE_CHECKING:
    from cooperatives.models import Cooperative, Membership

State = BankLine.State
MOST_ORDERS = 100  # that one statement's lines are laid on at once


class NoSuchReference(Refusal):
    """No order here has the reference {reference}."""


class LineSettled(Refusal):
    """It is settled already what this line is for."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What a statement brought: its lines that were new, and how many were known."""

    new: Sequence[BankLine]
    known: int


def take_statement(*, by: Membership, content: str, at: datetime, is_dry_run: bool = False) -> Taken:
    """Take the new lines of a statement, in its order; a dry run answers the same and changes nothing.

    Raises NotAllowed (a treasurer, steward or clerk takes), UnreadableStatement, UnreadableLine.
    """
    refuse_unless(by, "treasurer", "steward", "clerk")
    found = unit(by.cooperative.currency)
    lines = read_statement(content, exponent=found.exponent if found else 2)
    with transaction.atomic():
        names = {line.name for line in lines}
        known = set(BankLine.objects.filter(cooperative=by.cooperative, name__in=names).values_list("name", flat=True))
        new = [_take(by, line, at) for line in lines if line.name not in known and line.amount]
        if is_dry_run:
            transaction.set_rollback(True)
    return Taken(new, len(known))


@transaction.atomic
def assign_line(*, by: Membership, line: BankLine, reference: str, at: datetime) -> BankLine:
    """Say for which order or orders a line is: the oldest first, each what it still costs, and the last the rest.

    Raises NotAllowed, NoSuchReference, LineSettled."""
    refuse_unless(by, "treasurer", "steward", "clerk", cooperative=line.cooperative)
    line = BankLine.objects.select_for_update(of=("self",)).select_related("cooperative").get(pk=line.pk)
    if line.state not in {State.UNMATCHED, State.ASIDE}:
        raise LineSettled
    orders = orders_named(line.cooperative, reference)
    if not orders:
        raise NoSuchReference(reference=reference)
    _settle(by, line, orders, at)
    line.save()
    return line


@transaction.atomic
def set_aside(*, by: Membership, line: BankLine) -> BankLine:
    """Say that a line is for no order. Again changes nothing. Raises NotAllowed, LineSettled."""
    refuse_unless(by, "treasurer", "steward", "clerk", cooperative=line.cooperative)
    line = BankLine.objects.select_for_update().get(pk=line.pk)
    if line.state not in {State.UNMATCHED, State.ASIDE}:
        raise LineSettled
    line.state = State.ASIDE
    line.save()
    return line


def orders_named(cooperative: Cooperative, *texts: str) -> list[Order]:
    """The orders in the cooperative's money, with goods of its own, whose references texts hold; the oldest first."""
    names = {name for text in texts for name in order_names(text)}
    if not names:
        return []
    found = orders_of(cooperative).filter(name__in=names, currency=cooperative.currency)
    return list(found.order_by("placed_at", "pk")[:MOST_ORDERS])


def _take(by: Membership, line: StatementLine, at: datetime) -> BankLine:
    cooperative, orders = by.cooperative, orders_named(by.cooperative, line.text)
    row = BankLine(
        cooperative=cooperative, name=line.name, day=line.day, amount=line.amount, currency=cooperative.currency,
        text=line.text[:500], payer=line.payer[:200], state=State.UNMATCHED, taken_at=at, taken_by=by,
    )  # fmt: skip
    if len(orders) == 1 or (orders and sum(dues_of(orders, cooperative).values()) == line.amount):
        _settle(by, row, orders, at)
    row.save()
    return row


def dues_of(orders: Sequence[Order], cooperative: Cooperative) -> dict[str, int]:
    """{name of an order: what is still to come for it}, whatever came already and by whatever way."""
    came: dict[str, int] = defaultdict(int)
    for row in balances(words=["prepaid"], unit=cooperative.currency):
        came[row.address.partition("/prepaid")[0]] += row.quantity
    return {o.name: o.due - came[o.owner] if o.state == Order.State.PLACED else 0 for o in orders}


def _settle(by: Membership, line: BankLine, orders: Sequence[Order], at: datetime) -> None:
    """Lay a line on its order or orders; it stays unmatched where it cannot be for them."""
    lock_lots(path for order in orders for path in order.lines.values_list("listing__lot_path", flat=True))
    keeper = f"bank/{line.cooperative.slug}"
    key = f"{keeper}/{line.name}"
    if len(orders) == 1:
        state = _record(by, keeper, key, line.amount, orders[0], at)
        line.state, line.order = state, None if state == State.UNMATCHED else orders[0]
        return
    if line.amount < 0:
        return
    rest, parts, dues = line.amount, list[list[str | int]](), dues_of(orders, line.cooperative)
    for order in orders:
        part = rest if order == orders[-1] else min(rest, dues[order.name])
        if part:
            _record(by, keeper, f"{key}/{order.name}", part, order, at)
            parts.append([order.name, order.word, part])
        rest -= part
    line.state, line.order, line.parts = State.SEVERAL, orders[0], parts


def _record(by: Membership, keeper: str, key: str, amount: int, order: Order, at: datetime) -> str:
    """Record what a line, or the part of it under that key, means for its order; answers what became of it."""
    order = Order.objects.select_for_update().get(pk=order.pk)
    if Payment.objects.filter(order=order, statement_line=key).exists():
        return State.PAID  # somebody wrote this line in by hand
    if order.refunds.filter(refund=key).exists():
        return State.RETURNED
    before = balance_of(f"{order.owner}/prepaid@{keeper}", order.currency)
    if amount < 0:
        if -amount > before:
            return State.UNMATCHED
        draft = give_back_draft(order=order, keeper=keeper, key=key, amount=-amount, at=at, by=by)
        record_entries([draft])
        return State.RETURNED
    return lay_transfer(by=by, order=order, keeper=keeper, key=key, amount=amount, at=at)


def give_back_draft(*, order: Order, keeper: str, key: str, amount: int, at: datetime, by: Membership) -> Draft:
    """What lay with a keeper for an order's buyer goes back, without a sale."""
    flow = Flow(f"{order.owner}/prepaid@{keeper}", f"{order.owner}/pocket", order.currency, amount)
    return Draft(key, "transfer-custody", "payment", (flow,), at, (by.address,), "invoice")
