"""Disputes: the bank takes the money first and asks later; won, it comes back; lost, the sale is undone without it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from cooperatives.rules.shares import apportion
from cooperatives.services.people import OPERATOR
from ledger.queries import balance_of, entries_by_key
from ledger.rules.entries import Draft, Flow, claim
from ledger.services.journal import record_entries
from market.models import Dispute, Order, Payment, Refund
from market.queries.divisions import division_after
from market.rules.cards import PLATFORM, line_key
from market.rules.refunds import dispute_draft, dispute_won_draft, unwanted_dispute_draft
from market.services.aside import bring_back, set_aside
from market.services.cards import give_back_unwanted, moment_of
from market.services.checkout import lock_lots
from market.services.deposits import lose
from market.services.orders import sold_lines
from market.services.receivables import recover
from market.services.refunds import earned_since, left_of_lines, make_good, taken_back

SYSTEM = (OPERATOR,)


@transaction.atomic
def take_dispute(*, dispute: Mapping[str, Any], at: datetime) -> Dispute | None:
    """What Stripe says of a dispute, in whatever order it is told: opened, and perhaps already won or lost.

    The charge it is about must have been taken before.
    """
    payment = Payment.objects.filter(statement_line=line_key(dispute["charge"])).select_related("order").first()
    if payment is None:
        return _take_unwanted(dispute, at)
    if not payment.is_fee_known:
        return None
    order = payment.order
    lock_lots(order.lines.values_list("listing__lot_path", flat=True))
    Order.objects.select_for_update().get(pk=order.pk)
    key = line_key(dispute["id"])
    row = Dispute.objects.filter(dispute=dispute["id"]).first() or _open(payment, dispute, key, at)
    if row.state == Dispute.State.OPEN and dispute["status"] == "won":
        _win(row, dispute, key, at)
    if row.state == Dispute.State.OPEN and dispute["status"] == "lost":
        _lose(row, at)
    return row


def _take_unwanted(dispute: Mapping[str, Any], at: datetime) -> Dispute | None:
    """A dispute about a charge that no order wanted: its money lies there for the buyer, and was to be given back. What
    the bank takes is that money; where it comes back, giving it back is asked for again."""
    asked = (
        Refund.objects.filter(charge=dispute["charge"], lines={}, deposits={}).select_related("order").order_by("pk")
    )
    first = asked.first()
    key, charged = line_key(dispute["id"]), line_key(dispute["charge"])
    if first is None or charged not in entries_by_key([charged]):
        return None
    order = Order.objects.select_for_update().get(pk=first.order_id)
    row = Dispute.objects.filter(dispute=dispute["id"]).first()
    if row is None:
        if asked.filter(state=Refund.State.GIVEN).exists():
            return None
        row = _write(order, dispute, at)
        draft = unwanted_dispute_draft(
            key=key, order=order.owner, operator=OPERATOR, money=row.currency, amount=row.amount, fee=row.fee,
            at=row.opened_at, by=SYSTEM,
        )  # fmt: skip
        record_entries([draft])
        asked.filter(state=Refund.State.ASKED).update(state=Refund.State.FAILED)
    if row.state == Dispute.State.OPEN and dispute["status"] == "won":
        back = sum(line["net"] for line in dispute["balance_transactions"] if line["amount"] > 0)
        flow = Flow(f"{order.owner}/pocket", f"{order.owner}/prepaid@{PLATFORM}", row.currency, back)
        opened = entries_by_key([key])[key].id
        record_entries([Draft(f"{key}/won", "transfer", "dispute", (flow,), at, SYSTEM, "invoice", opened)])
        _close(row, Dispute.State.WON, at)
        give_back_unwanted(order=order, charge=row.charge, amount=back, money=row.currency, at=at)
    if row.state == Dispute.State.OPEN and dispute["status"] == "lost":
        _close(row, Dispute.State.LOST, at)
    return row


def _write(order: Order, dispute: Mapping[str, Any], at: datetime) -> Dispute:
    taken = [line for line in dispute["balance_transactions"] if line["amount"] < 0]
    amount, fee = -sum(line["amount"] for line in taken), sum(line["fee"] for line in taken)
    return Dispute.objects.create(
        order=order, dispute=dispute["id"], charge=dispute["charge"], amount=amount, fee=fee, currency=order.currency,
        opened_at=moment_of(dispute, at),
    )  # fmt: skip


def _open(payment: Payment, dispute: Mapping[str, Any], key: str, at: datetime) -> Dispute:
    order = payment.order
    row = _write(order, dispute, at)
    happened = row.opened_at
    draft = dispute_draft(
        key=key, order=order.owner, operator=OPERATOR, money=order.currency, amount=row.amount, fee=row.fee,
        at=happened, by=SYSTEM,
    )  # fmt: skip
    record_entries([draft])
    # What is not divided yet is set aside, so that nobody is paid out of it meanwhile. No division takes what a carrier
    # is owed.
    left, lines = left_of_lines(payment), [line for line in sold_lines(order) if not line.carrier]
    since, asides = earned_since(order, [line.number for line in lines]), dict[int, int]()
    for line in lines:
        aside = min(left[line.number]["rest"], balance_of(line.earned, claim(order.currency, line.seller)))
        if aside and division_after(line.earned, order.currency, since[line.number]) is None:
            asides[line.number] = aside
    set_aside(order=order, amounts=asides, cause=f"dispute/{row.pk}", purpose="dispute", at=happened)
    return row


def _own(key: str, flows: tuple[Flow, ...], at: datetime) -> Draft:
    return Draft(key, "transfer-all-rights", "dispute", flows, at, SYSTEM, "invoice")


def _charge_fee(row: Dispute, at: datetime) -> None:
    """The processor's fee for the trouble is the sellers' loss, by what each sold."""
    prices: dict[str, int] = {}
    for line in sold_lines(row.order):
        prices[line.seller] = prices.get(line.seller, 0) + line.price
    drafts = []
    for seller, part in apportion(row.fee, prices).items():
        if part:
            flow = Flow(f"{seller}/losses", f"{OPERATOR}/purse", claim(row.currency, seller), part)
            drafts.append(_own(f"dispute/{row.pk}/fee/{seller.partition('/')[2]}", (flow,), at))
    record_entries(drafts)


def _win(row: Dispute, dispute: Mapping[str, Any], key: str, at: datetime) -> None:
    back = sum(line["net"] for line in dispute["balance_transactions"] if line["amount"] > 0)
    opened = entries_by_key([key])[key]
    record_entries(
        [
            dispute_won_draft(
                key=f"{key}/won", order=row.order.owner, operator=OPERATOR, money=row.currency, amount=back, at=at,
                by=SYSTEM, undoes=opened.id,
            )
        ]
    )  # fmt: skip
    bring_back(order=row.order, cause=f"dispute/{row.pk}", at=at)
    _close(row, Dispute.State.WON, at)
    _charge_fee(row, at)
    _make_fee_good(row, at)


def _lose(row: Dispute, at: datetime) -> None:
    order = row.order
    bring_back(order=row.order, cause=f"dispute/{row.pk}", at=at)
    payment = order.payments.get(statement_line=line_key(row.charge))
    lines = {str(number): parts for number, parts in left_of_lines(payment).items() if sum(parts.values())}
    cause = f"dispute/{row.pk}"
    taken = taken_back(order, lines, cause=cause, at=at)
    deposits, owing = lose(order, cause=cause, at=at)
    record_entries([*(draft for each, drafts in taken for draft in (*drafts, *each.lost_drafts())), *deposits])
    row.lines = lines
    _close(row, Dispute.State.LOST, at)
    _charge_fee(row, at)
    make_good(order, [each for each, _drafts in taken], cause=cause, at=at, deposits=owing)
    _make_fee_good(row, at)


def _make_fee_good(row: Dispute, at: datetime) -> None:
    for seller in sorted({line.seller for line in sold_lines(row.order)}):
        recover(seller=seller, money=row.currency, cause=f"dispute/{row.pk}/fee", at=at)


def _close(row: Dispute, state: str, at: datetime) -> None:
    row.state, row.closed_at = Dispute.State(state), at
    row.save()
