"""Containers come back to the stall: their deposit goes back in cash, or by the way it was paid."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from cooperatives.services.containers import NotSoManyOut, coming_back, lock_container, lock_hub, out_with
from cooperatives.services.people import refuse_unless
from ledger.queries import balance_of, entries_by_prefix
from ledger.rules.entries import Draft
from ledger.rules.refusal import NotFound, Refusal
from ledger.services.journal import record_entries
from market.models import Dispute, Order, OrderLine, Refund
from market.queries import buyers_with
from market.rules.cards import PLATFORM
from market.rules.deposits import repaid_draft
from market.services.deposits import left_at_card, seller_of, took
from market.services.invoices import write_credit_notes
from market.services.letters import say_money
from market.services.orders import NotYourOrder, refuse_unless_seller
from market.services.refunds import InDispute, lock_order
from market.services.refunds_by_hand import LineGivenBack, NotEnoughThere, NotPaidYet, SayWhichLine
from market.services.returns import NothingCameBack
from market.services.stripe_calls import marked, write_call

if TYPE_CHECKING:
    from cooperatives.models import Container, Hub, Membership

CASH, BANK, CARD = "cash", "bank", "card"


class NotSoManyBack(Refusal):
    """Only {left} containers of “{title}” can still come back."""


class DepositNotByCard(Refusal):
    """Of the deposits on “{title}” only {left} came by card. Give the rest back in cash."""


@transaction.atomic
def give_deposits_back(
    *, by: Membership, order: Order, containers: Mapping[int, int], way: str = CASH, hub: Hub, statement_line: str = "",
    at: datetime, key: str,
) -> int:  # fmt: skip
    """Record that containers of an order came back to a hub, and give their deposits back: `containers` is {number of a
    line: how many}, of lines that the cooperative of `by` sold. Answers the amount. The same key again changes nothing.

    In cash out of the hub's box, as a line of the bank's statement, or to the card. Raises NotAllowed, NotPaidYet,
    NothingCameBack, NotYourOrder, NotSoManyBack, NotEnoughThere, SayWhichLine, LineGivenBack, DepositNotByCard,
    InDispute.
    """
    order = lock_order(order)
    refuse_unless_seller(by, order)
    if hub.cooperative_id != by.cooperative_id:
        raise NotFound
    stem = f"{_stem(by, key)}/{order.name}"
    if known := Refund.objects.filter(key=key, order=order).first():
        return known.amount
    if entries_by_prefix(stem):
        return 0
    if not order.is_sold:
        raise NotPaidYet
    lines = _wanted(by, order, containers)
    total = sum(n * line.deposit for line, n in lines)
    drafts = list[Draft]()
    for line, n in lines:
        kind = lock_container(line.container_id or 0)
        if out := min(n, out_with(kind, order.owner)):  # what never left the hub cannot come to it
            drafts.append(
                coming_back(container=kind, hub=hub.address, who=order.owner, quantity=out, at=at, by=(by.address,),
                            key=f"{stem}/{line.number}")
            )  # fmt: skip
        line.containers_back += n
        line.save()
    if total and way == CARD:
        _ask_card(by, order, lines, at, key)
    elif total:
        keeper = f"bank/{by.cooperative.slug}" if way == BANK else f"cash/{hub.slug}"
        drafts += _by_hand(by, order, lines, keeper, statement_line, at, key)
    record_entries(drafts)
    return total


@transaction.atomic
def take_containers_back(
    *, by: Membership, container: Container, containers: int, hub: Hub, at: datetime, key: str
) -> int:
    """Record that somebody, whoever it is, brought containers back, and paid their deposits out of the hub's cash box.
    They look alike, so they count for the orders that have waited longest, each at the deposit that was paid for it.
    Answers the amount. The same key again changes nothing. Raises NotAllowed, NothingCameBack, NotSoManyOut,
    NotEnoughThere."""
    refuse_unless(by, "steward", "clerk", "treasurer", cooperative=container.cooperative)
    if containers < 1:
        raise NothingCameBack
    lock_hub(hub.pk)  # the same form sent twice at once: the second waits here, and then sees the first
    if entries_by_prefix(f"{_stem(by, key)}/"):
        return sum(Refund.objects.filter(key__startswith=f"{key}/").values_list("amount", flat=True))
    left, total = containers, 0
    for name in buyers_with(container):
        order = lock_order(Order.objects.get(name=name))
        wanted = dict[int, int]()
        for line in order.lines.filter(container=container).select_related("order"):
            wanted[line.number] = min(left - sum(wanted.values()), line.containers_left)
        if sum(wanted.values()):
            total += give_deposits_back(
                by=by, order=order, containers=wanted, hub=hub, at=at, key=f"{key}/{order.name}"
            )
        left -= sum(wanted.values())
        if not left:
            return total
    raise NotSoManyOut(left=containers - left, name=container.name)


def _stem(by: Membership, key: str) -> str:
    return f"containers-back/{by.cooperative.slug}/{key}"


def _wanted(by: Membership, order: Order, containers: Mapping[int, int]) -> list[tuple[OrderLine, int]]:
    wanted = {number: n for number, n in containers.items() if n > 0}
    if not wanted:
        raise NothingCameBack
    rows = {line.number: line for line in order.lines.select_related("listing__product__cooperative", "order")}
    for number, n in wanted.items():
        line = rows.get(number)
        if line is None or line.listing.product.cooperative_id != by.cooperative_id:
            raise NotYourOrder
        if n > line.containers_left:
            raise NotSoManyBack(left=line.containers_left, title=line.title)
    return [(rows[number], n) for number, n in sorted(wanted.items())]


def _by_hand(
    by: Membership, order: Order, lines: list[tuple[OrderLine, int]], keeper: str, statement_line: str, at: datetime,
    key: str,
) -> list[Draft]:  # fmt: skip
    total, said = sum(n * line.deposit for line, n in lines), statement_line.strip()
    if keeper.startswith("bank/") and not said:
        raise SayWhichLine
    named = f"{keeper}/{said or f'deposit-{order.name}-{key}'}"
    if Refund.objects.filter(refund=named).exists():
        raise LineGivenBack(line=named)
    held = balance_of(f"{by.cooperative.address}/till@{keeper}", order.currency)
    if held < total:
        raise NotEnoughThere(keeper=keeper, held=say_money(held, order.currency))
    row = Refund.objects.create(
        order=order, key=key, amount=total, currency=order.currency, deposits=_told(lines), asked_at=at, asked_by=by,
        refund=named, state=Refund.State.GIVEN, given_at=at,
    )  # fmt: skip
    write_credit_notes(refund=row, at=at)
    entries = took(order, (line.number for line, _ in lines))
    return [
        repaid_draft(
            key=f"{named}/{line.number}", order=order.owner, seller=seller_of(line), money=order.currency,
            keeper=keeper, amount=n * line.deposit, took=entries[line.number].id, at=at, by=(by.address,),
        )
        for line, n in lines
        if line.deposit
    ]  # fmt: skip


def _ask_card(by: Membership, order: Order, lines: list[tuple[OrderLine, int]], at: datetime, key: str) -> None:
    left = left_at_card(order)
    for line, n in lines:
        if n * line.deposit > left[line.number]:
            raise DepositNotByCard(left=say_money(left[line.number], order.currency), title=line.title)
    if order.disputes.filter(state=Dispute.State.OPEN).exists():
        raise InDispute
    payment = order.payments.get(keeper=PLATFORM)
    charge, ask = payment.statement_line.rpartition("/")[2], f"refund/{key}"
    total = sum(n * line.deposit for line, n in lines)
    body = {
        "charge": charge, "amount": total, "reason": "requested_by_customer", "metadata": marked(ask, order=order.name)
    }  # fmt: skip
    call = write_call(key=ask, verb="give_refund", body=body, at=at)
    Refund.objects.create(
        order=order, payment=payment, key=key, charge=charge, amount=total, currency=order.currency,
        deposits=_told(lines), asked_at=at, asked_by=by, call=call,
    )  # fmt: skip


def _told(lines: list[tuple[OrderLine, int]]) -> dict[str, int]:
    return {str(line.number): n for line, n in lines if line.deposit}
