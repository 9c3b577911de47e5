"""Deposits on containers: taken with the sale, containers that leave with the goods, and what Stripe tells of both."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from datetime import datetime

from cooperatives.services.containers import leaving, lock_container
from cooperatives.services.people import OPERATOR
from ledger.queries import entries_by_key
from ledger.rules.entries import Draft, Flow, Recorded, claim
from market.models import Order, OrderLine, Payment, Refund
from market.rules.cards import PLATFORM
from market.rules.deposits import deposit_draft, deposit_key, given_up_drafts, laid_on
from market.rules.splits import DEPOSIT

SYSTEM = (OPERATOR,)


def lines_with_containers(order: Order) -> list[OrderLine]:
    """The lines of an order whose goods come in containers that come back."""
    rows = order.lines.filter(container__isnull=False).select_related("listing__product__cooperative", "container")
    return list(rows.order_by("number"))


def deposit_drafts(
    order: Order, lines: Iterable[OrderLine], laid: Mapping[int, Mapping[str, int]], *, at: datetime,
    by: tuple[str, ...],
) -> list[Draft]:  # fmt: skip
    """The entries by which the deposits of a sale are taken; `laid` is {number: {keeper: amount}}."""
    return [
        deposit_draft(
            order=order.owner, number=line.number, seller=seller_of(line), money=order.currency,
            paid=laid[line.number], at=at, by=by,
        )
        for line in lines
        if line.deposits
    ]  # fmt: skip


def containers_leave(order: Order, numbers: Container[int], *, at: datetime, by: tuple[str, ...]) -> list[Draft]:
    """The entries by which containers leave with the goods of the lines that are handed over, by number: one for each
    piece that is kept."""
    drafts = []
    for line in lines_with_containers(order):
        if line.container_id and line.kept and line.number in numbers:
            drafts += leaving(
                container=lock_container(line.container_id), hub=line.hub, to=order.owner, quantity=line.kept, at=at,
                by=by, key=f"order/{order.name}/containers/{line.number}",
            )  # fmt: skip
    return drafts


def seller_of(line: OrderLine) -> str:
    """The address of the cooperative that sells a line."""
    return line.listing.product.cooperative.address


def laid_of(order: Order) -> dict[int, dict[str, int]]:
    """{number of a line: {keeper: what of its deposits was paid there}} of an order that is sold."""
    amounts = {row.keeper: row.amount for row in order.payments.all()}
    return laid_on({line.number: line.deposits for line in lines_with_containers(order)}, amounts)


def left_at_card(order: Order) -> dict[int, int]:
    """{number of a line: what of its deposits came by card and did not go back there}."""
    left = {number: laid.get(PLATFORM, 0) for number, laid in laid_of(order).items()}
    each = {line.number: line.deposit for line in lines_with_containers(order)}
    for row in order.refunds.filter(call__isnull=False).exclude(state=Refund.State.FAILED, given_at=None):
        for number, containers in row.deposits.items():
            left[int(number)] -= containers * each[int(number)]
    return left


def sent_with(payment: Payment, seller: str) -> int:
    """What of a card payment is deposits on this seller's containers, and still lies there."""
    left = left_at_card(payment.order)
    return sum(left[line.number] for line in lines_with_containers(payment.order) if seller_of(line) == seller)


def give_up(row: Refund, *, at: datetime) -> tuple[list[Draft], dict[str, int]]:
    """Deposits went back to a card: the entries that say so, and {seller: what he owes for it}."""
    lines = {line.number: line for line in lines_with_containers(row.order)}
    parts = {int(number): n * lines[int(number)].deposit for number, n in row.deposits.items()}
    return _given_up(row.order, parts, stem=f"refund/{row.pk}/deposit", at=at, is_laid_out=True)


def lose(order: Order, *, cause: str, at: datetime) -> tuple[list[Draft], dict[str, int]]:
    """The deposits of a card payment that is lost in a dispute: what is still owed to the buyer he has by it; what was
    given back to him before, out of the cash box, is the seller's loss."""
    owed, gone = dict[int, int](), dict[int, int]()
    for line in lines_with_containers(order):
        at_card = left_at_card(order)[line.number]
        there = min(at_card, (line.pieces - line.containers_back) * line.deposit)
        owed[line.number], gone[line.number] = there, at_card - there
        line.containers_back += there // line.deposit if line.deposit else 0
        line.save()
    drafts, owing = _given_up(order, owed, stem=f"{cause}/deposit", at=at, is_laid_out=False)
    for line in lines_with_containers(order):
        if short := gone[line.number]:
            seller = seller_of(line)
            flow = Flow(f"{seller}/losses", f"{OPERATOR}/purse", claim(order.currency, seller), short)
            key = f"{cause}/deposit/{line.number}/lost"
            drafts.append(Draft(key, "transfer-all-rights", DEPOSIT, (flow,), at, SYSTEM, "invoice"))
            owing[seller] = owing.get(seller, 0) + short
    return drafts, owing


def took(order: Order, numbers: Iterable[int]) -> dict[int, Recorded]:
    """{number of a line: the entry by which its deposits were taken}."""
    keys = {deposit_key(order.owner, number): number for number in numbers}
    return {keys[key]: entry for key, entry in entries_by_key(keys).items()}


def _given_up(
    order: Order, parts: Mapping[int, int], *, stem: str, at: datetime, is_laid_out: bool
) -> tuple[list[Draft], dict[str, int]]:
    drafts, owing, entries = list[Draft](), dict[str, int](), took(order, parts)
    for line in lines_with_containers(order):
        if amount := parts.get(line.number):
            seller = seller_of(line)
            owing[seller] = owing.get(seller, 0) + amount
            drafts += given_up_drafts(
                stem=f"{stem}/{line.number}", order=order.owner, seller=seller, operator=OPERATOR,
                money=order.currency, amount=amount, took=entries[line.number].id, at=at, by=SYSTEM,
                is_laid_out=is_laid_out,
            )  # fmt: skip
    return drafts, owing
