"""Money that goes back to a card: asked by those who sold, given by Stripe, taken back from each whom it reached."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import F

from cooperatives.services.people import OPERATOR
from ledger.queries import entries_by_key, rooms_of
from ledger.rules.entries import Draft
from ledger.rules.refusal import BadInput, Refusal
from ledger.services.journal import record_entries, undo_entry
from market.failpoints import reached
from market.models import Dispute, Order, OrderLine, Payment, Refund, StripeCall
from market.queries.divisions import division_after, payments_on
from market.rules.cards import PLATFORM, given_back_draft, line_key
from market.rules.climbs import Behind
from market.rules.parts import as_paid
from market.rules.refunds import TakenBack, left_of, parts_of, take_from
from market.services.aside import came_back
from market.services.cards import moment_of
from market.services.checkout import lock_lots
from market.services.deposits import give_up
from market.services.invoices import write_credit_notes
from market.services.letters import say_money
from market.services.orders import carried, refuse_unless_seller, refuse_unless_sold_by, sold, sold_lines
from market.services.receivables import recover
from market.services.stripe_calls import marked, write_call
from market.services.transfers import take_back

if TYPE_CHECKING:
    from cooperatives.models import Membership

SYSTEM = (OPERATOR,)


class NotPaidByCard(Refusal):
    """This order was not paid by card, so nothing can go back to a card."""


class FeeNotKnown(Refusal):
    """Stripe has not told its fee for this payment yet. Try again in a minute."""


class TooMuch(Refusal):
    """Only {left} of “{title}” can still be given back."""


class NothingToGiveBack(BadInput):
    """Say how much of which goods is given back."""


class InDispute(Refusal):
    """The buyer's bank disputes this payment, so nothing can be given back until that is decided."""


@transaction.atomic
def ask_refund(*, by: Membership, order: Order, amounts: Mapping[int, int], why: str, at: datetime, key: str) -> Refund:
    """Ask Stripe to give a buyer part of his money back: `amounts` is {number of a line: amount}, of goods and carriage
    that the cooperative of `by` sold. The same key answers the same refund."""
    order = lock_order(order)
    refuse_unless_seller(by, order, "treasurer", "steward")
    if known := Refund.objects.filter(key=key, order=order).first():
        return known
    amounts = {number: amount for number, amount in amounts.items() if amount > 0}
    if not amounts:
        raise NothingToGiveBack
    payment = Payment.objects.filter(order=order, keeper=PLATFORM).first()
    if payment is None:
        raise NotPaidByCard
    if not payment.is_fee_known:
        raise FeeNotKnown
    if order.disputes.filter(state=Dispute.State.OPEN).exists():
        raise InDispute
    left, titles = left_of_lines(payment), refuse_unless_sold_by(by, order, amounts)
    for number, amount in amounts.items():
        rest = sum(left[number].values())
        if amount > rest:
            raise TooMuch(left=say_money(rest, order.currency), title=titles[number])
    taken = {str(number): take_from(amount, left[number]) for number, amount in sorted(amounts.items())}
    charge, ask = payment.statement_line.rpartition("/")[2], f"refund/{key}"
    total = sum(amounts.values())
    body = {
        "charge": charge,
        "amount": total,
        "reason": "requested_by_customer",
        "metadata": marked(ask, order=order.name),
    }
    call = write_call(key=ask, verb="give_refund", body=body, at=at)
    return Refund.objects.create(
        order=order, payment=payment, key=key, charge=charge, amount=total, currency=order.currency, lines=taken,
        why=why, asked_at=at, asked_by=by, call=call,
    )  # fmt: skip


def lock_order(order: Order) -> Order:
    """The order, locked after its lots, as everybody locks them."""
    lock_lots(order.lines.values_list("listing__lot_path", flat=True))
    return Order.objects.select_for_update().get(pk=order.pk)


def left_of_lines(payment: Payment) -> dict[int, dict[str, int]]:
    """{number of a line: what is left of its tax, commission, fee and rest as this payment paid them}, after every
    refund and lost dispute of it."""
    return left_of_payments(payment.order, [payment])[payment.pk]


def left_of_payments(
    order: Order, payments: Iterable[Payment], rows: Iterable[OrderLine] | None = None
) -> dict[int, dict[int, dict[str, int]]]:
    """{payment: what is left of each line as it paid it}, for payments of one order; `rows` are its lines with their
    sellers, where they were read already."""
    found = list(payments)
    rows = list(rows or order.lines.select_related("listing__product__cooperative", "cycle").order_by("number"))
    lines = [*(sold(order, row) for row in rows), *carried(order)]
    fees = {row.number: row.fee for row in rows}  # carriage bears none
    taken: dict[int, list[dict[str, dict[str, int]]]] = {payment.pk: [] for payment in found}
    for row in order.refunds.all():
        if row.payment_id in taken and (row.state != Refund.State.FAILED or row.given_at is not None):
            taken[row.payment_id].append(row.lines)
    for card in (payment for payment in found if payment.keeper == PLATFORM):
        taken[card.pk] += [row.lines for row in order.disputes.all() if row.state == Dispute.State.LOST]
    return {
        payment.pk: {
            line.number: left_of(
                parts_of(line, fees.get(line.number, 0) if payment.keeper == PLATFORM else 0),
                [row[str(line.number)] for row in taken[payment.pk] if str(line.number) in row],
            )
            for line in as_paid(lines, payment.lines)
        }
        for payment in found
    }


@transaction.atomic
def take_refund(*, refund: Mapping[str, Any], at: datetime) -> Refund | None:
    """Stripe gave money back: the sale is undone by that part, and what each had of it comes back."""
    asked = (refund.get("metadata") or {}).get("call", "")
    row = Refund.objects.select_for_update(of=("self",)).filter(call__key=asked).select_related("order").first()
    if row is None:
        return None
    key = line_key(refund["id"])
    if key not in entries_by_key([key]) and refund["status"] in {"succeeded", "pending", "failed"}:
        _take_given(row, refund, key, at)
    if refund["status"] == "failed":
        _take_failed(row, key, at)
    return row


def _take_given(row: Refund, refund: Mapping[str, Any], key: str, at: datetime) -> None:
    order, happened = lock_order(row.order), moment_of(refund, at)
    row.refund, row.state, row.given_at = refund["id"], Refund.State.GIVEN, happened
    row.save()
    taken = taken_back(order, row.lines, cause=f"refund/{row.pk}", at=happened)
    drafts = [draft for each in taken for draft in (*each[1], *each[0].unsold_drafts())]
    deposits, owing = give_up(row, at=happened)
    drafts += deposits
    drafts.append(
        given_back_draft(key=key, order=order.owner, money=row.currency, amount=row.amount, at=happened, by=SYSTEM)
    )
    record_entries(drafts)
    make_good(order, [each for each, _drafts in taken], cause=f"refund/{row.pk}", at=happened, deposits=owing)
    write_credit_notes(refund=row, at=happened)
    reached("refund recorded")


def taken_back(
    order: Order,
    lines: Mapping[str, Mapping[str, int]],
    *,
    cause: str,
    at: datetime,
    by: tuple[str, ...] = SYSTEM,
) -> list[tuple[TakenBack, list[Draft]]]:
    """For each line that gives back: what is told of it, and the entries by which contributors give back."""
    sold = {line.number: line for line in sold_lines(order)}
    keys = {number: f"order/{order.name}/line/{number}" for number in map(int, lines)}
    sales = entries_by_key(keys.values())
    behind, since = Behind(rooms_of, division_after, payments_on), earned_since(order, keys)
    made = []
    for number in sorted(map(int, lines)):
        line, sale = sold[number], sales[keys[number]]
        each = TakenBack(cause, line, lines[str(number)], sale.id, OPERATOR, at, by)
        divided = behind.division_after(each.earned, line.money, since[number])
        made.append((each, each.contributor_drafts(divided, behind)))
    return made


def earned_since(order: Order, numbers: Collection[int]) -> dict[int, int]:
    """{number of a sold line: the entry since which a division would have taken what it earned}: its sale, or what
    brought it back after it was set aside."""
    keys = {f"order/{order.name}/line/{number}": number for number in numbers}
    sold = {keys[key]: entry.token for key, entry in entries_by_key(keys).items()}
    return sold | came_back(order, numbers)


def make_good(
    order: Order, taken: Iterable[TakenBack], *, cause: str, at: datetime, deposits: Mapping[str, int] | None = None
) -> None:
    """Have each seller make the operator's float good: out of what he was sent for this order, or of what lies here.
    `deposits` is {seller: what he owes beside his lines}."""
    owns: dict[str, int] = dict(deposits or {})
    for each in taken:
        owns[each.line.seller] = owns.get(each.line.seller, 0) + each.own
    for seller, own in sorted(owns.items()):
        if own and not take_back(order=order, seller=seller, amount=own, cause=cause, at=at):
            recover(seller=seller, money=order.currency, cause=cause, at=at)


def _take_failed(row: Refund, key: str, at: datetime) -> None:
    """The bank could not take it: the money is the order's again, and must be given back another way."""
    failed = f"{key}/failed"
    if failed not in entries_by_key([failed]):
        undo_entry(entry=entries_by_key([key])[key].id, key=failed, at=at, by=SYSTEM, purpose="refund",
                   evidence="invoice")  # fmt: skip
        row.state = Refund.State.FAILED
        row.save()


def lose_refund(*, call: StripeCall) -> None:
    """Stripe would not give it back; deposits are owed on."""
    for row in Refund.objects.filter(call=call, given_at=None).exclude(state=Refund.State.FAILED):
        row.state = Refund.State.FAILED
        row.save()
        for number, containers in row.deposits.items():
            row.order.lines.filter(number=number).update(containers_back=F("containers_back") - containers)
