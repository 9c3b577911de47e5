"""Money given back where no processor stands between: out of the cash box, or by transfer from the bank."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from cooperatives.services.people import OPERATOR
from ledger.queries import balance_of
from ledger.rules.entries import Draft, Flow
from ledger.rules.refusal import BadInput, Refusal
from ledger.services.journal import record_entries
from market.models import Order, OrderLine, Payment, Refund
from market.queries.credit import left_in_credit
from market.rules.cards import PLATFORM
from market.rules.parts import rank, taken_in_order
from market.rules.refunds import take_from
from market.services.credit_parts import give_credit_back
from market.services.invoices import write_credit_notes
from market.services.letters import say_money
from market.services.orders import refuse_unless_seller, refuse_unless_sold_by
from market.services.refunds import (
    FeeNotKnown,
    NothingToGiveBack,
    TooMuch,
    ask_refund,
    left_of_lines,
    left_of_payments,
    lock_order,
    taken_back,
)

CREDIT = "credit"  # the way of what members' credit paid

if TYPE_CHECKING:
    from cooperatives.models import Membership


class NothingPaidByHand(Refusal):
    """This order was not paid in cash or by bank transfer, so nothing can be given back by hand."""


class NotPaidYet(Refusal):
    """This order was not paid, so nothing can be given back."""


class NotEnoughThere(Refusal):
    """{keeper} holds only {held} of this sale’s money. Bring the rest there first."""


class SayWhichLine(BadInput):
    """Say which line of the cash book or bank statement this is, so that it can be found again."""


class SayBothLines(BadInput):
    """{amount} of it is given out of {keeper}. Say which line of it this is, so that it can be found again."""


class LineGivenBack(Refusal):
    """Line {line} of the statement gave money back before."""


@transaction.atomic
def give_back(
    *,
    by: Membership,
    order: Order,
    amounts: Mapping[int, int],
    statement_line: str,
    why: str,
    at: datetime,
    key: str,
    payment: Payment | None = None,
) -> Refund:
    """Record that a buyer was given money back from where he had paid it: `amounts` is {number of a line: amount}, of
    lines that the cooperative of `by` sold. Each whom the sale reached gives his part back. The same key answers the
    same refund.

    Raises NotAllowed (a treasurer or a steward gives), NothingPaidByHand, NothingToGiveBack, TooMuch, SayWhichLine,
    LineGivenBack, NotEnoughThere.
    """
    order = lock_order(order)
    refuse_unless_seller(by, order, "treasurer", "steward")
    if known := Refund.objects.filter(key=key, order=order).first():
        return known
    payment = payment or next(iter(by_hand(order)), None)
    if payment is None:
        raise NothingPaidByHand
    if order.payments.filter(is_fee_known=False).exists():
        raise FeeNotKnown  # a division may have set aside what all of its payments earned
    amounts = {number: amount for number, amount in amounts.items() if amount > 0}
    if not amounts:
        raise NothingToGiveBack
    if not statement_line.strip():
        raise SayWhichLine
    line = f"{payment.keeper}/{statement_line.strip()}"
    if Refund.objects.filter(refund=line).exists():
        raise LineGivenBack(line=line)
    left, titles = left_of_lines(payment), refuse_unless_sold_by(by, order, amounts)
    for number, amount in amounts.items():
        rest = sum(left[number].values())
        if amount > rest:
            raise TooMuch(left=say_money(rest, order.currency), title=titles[number])
    total = sum(amounts.values())
    row = Refund.objects.create(
        order=order, payment=payment, key=key, amount=total, currency=order.currency, why=why, asked_at=at,
        asked_by=by, refund=line,
        lines={str(number): take_from(amount, left[number]) for number, amount in sorted(amounts.items())},
        state=Refund.State.GIVEN, given_at=at,
    )  # fmt: skip
    taken = taken_back(order, row.lines, cause=f"refund/{row.pk}", at=at, by=(by.address,))
    _refuse_more_than_there(payment, by, sum(each.own for each, _drafts in taken),
                            sum(each.take["commission"] for each, _drafts in taken))  # fmt: skip
    drafts = [draft for each, shares in taken for draft in (*shares, *each.returned_drafts(payment.keeper))]
    flow = Flow(f"{order.owner}/prepaid@{payment.keeper}", f"{order.owner}/pocket", order.currency, total)
    drafts.append(Draft(line, "transfer-custody", "refund", (flow,), at, (by.address,), "two-sided"))
    record_entries(drafts)
    write_credit_notes(refund=row, at=at)
    return row


@transaction.atomic
def refund_order(
    *,
    by: Membership,
    order: Order,
    amounts: Mapping[int, int],
    statement_line: str | Mapping[str, str] = "",
    why: str,
    at: datetime,
    key: str,
) -> list[Refund]:
    """Give a buyer back by the ways it came: to the card first, then by hand from the bank, then in cash, members'
    credit last; each as far as it reaches, all of it or nothing. `amounts` is {number of a line: amount}; the lines
    that tell of it are named by `statement_line`, where two give by hand as {keeper: line}. The same key answers the
    same.

    Raises what ask_refund and give_back raise; NotPaidYet; SayBothLines where two keepers give by hand.
    """
    order = lock_order(order)
    asked = [key, f"{key}/hand", f"{key}/hand/2", f"{key}/credit"]
    if known := list(Refund.objects.filter(order=order, key__in=asked)):
        return known
    refuse_unless_seller(by, order, "treasurer", "steward")
    card, hands, credit = order.payments.filter(keeper=PLATFORM).first(), by_hand(order), left_in_credit(order)
    if not any(amounts.values()):
        raise NothingToGiveBack
    if card is None and not hands:
        raise NotPaidYet
    rows = [row for row in (card, *hands) if row is not None]
    parts = left_of_payments(order, rows)
    left = {row.keeper: {n: sum(p.values()) for n, p in parts[row.pk].items()} for row in rows}
    ways = _ways(by, order, {n: amount for n, amount in amounts.items() if amount > 0}, left | {CREDIT: credit})
    made = []
    if card and card.keeper in ways:
        made.append(ask_refund(by=by, order=order, amounts=ways[card.keeper], why=why, at=at, key=key))
    giving = [row for row in hands if row.keeper in ways]
    for row in giving:
        line = statement_line if isinstance(statement_line, str) else statement_line.get(row.keeper, "")
        if len(giving) > 1 and (isinstance(statement_line, str) or not line.strip()):
            amount = say_money(sum(ways[row.keeper].values()), order.currency)
            raise SayBothLines(keeper=row.keeper, amount=amount)
        ask = f"{key}/hand/2" if row != giving[0] else f"{key}/hand" if made else key
        made.append(
            give_back(
                by=by, order=order, amounts=ways[row.keeper], statement_line=line, why=why, at=at, key=ask, payment=row
            )
        )
    if CREDIT in ways:
        made.append(give_credit_back(by=by, order=order, amounts=ways[CREDIT], why=why, at=at, key=f"{key}/credit"))
    return made


def _ways(
    by: Membership, order: Order, amounts: Mapping[int, int], left: Mapping[str, Mapping[int, int]]
) -> dict[str, dict[int, int]]:
    """{keeper, or CREDIT: {number of a line: amount}}: who gives how much, in the order of `left`."""
    titles = refuse_unless_sold_by(by, order, amounts)
    ways: dict[str, dict[int, int]] = {}
    for number, amount in sorted(amounts.items()):
        most = {way: lines.get(number, 0) for way, lines in left.items()}
        if amount > sum(most.values()):
            raise TooMuch(left=say_money(sum(most.values()), order.currency), title=titles[number])
        for way, part in taken_in_order(amount, most).items():
            if part:
                ways.setdefault(way, {})[number] = part
    return ways


def by_hand(order: Order, lines: Iterable[OrderLine] | None = None) -> list[Payment]:
    """The payments that are given back by hand: those with anything left, first from the bank, then in cash. `lines`
    are the order's, where they were read already."""
    found = [row for row in order.payments.all() if row.keeper != PLATFORM]
    found.sort(key=lambda row: rank(row.keeper))
    left = left_of_payments(order, found, lines) if found else {}
    return [row for row in found if any(sum(parts.values()) for parts in left[row.pk].values())] or found[:1]


def _refuse_more_than_there(payment: Payment, by: Membership, own: int, commission: int) -> None:
    for holder, amount in ((by.cooperative.address, own), (OPERATOR, commission)):
        held = balance_of(f"{holder}/till@{payment.keeper}", payment.currency)
        if held < amount:
            raise NotEnoughThere(keeper=payment.keeper, held=say_money(held, payment.currency))
