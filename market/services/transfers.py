"""Sending sellers their part of card payments once it is divided, and taking parts back where buyers were paid back."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Sum

from cooperatives.services.people import OPERATOR
from ledger.queries import entries_by_key
from ledger.rules.entries import Draft, Flow
from ledger.services.journal import record_entries
from market.models import Dispute, Division, Order, OrderLine, Payment, Reversal, StripeAccount, StripeCall, Transfer
from market.queries.divisions import division_after
from market.rules.cards import PLATFORM, THREE_DECIMALS, line_key, sendable
from market.rules.parts import as_paid
from market.services.aside import came_back
from market.services.cards import moment_of
from market.services.deposits import sent_with
from market.services.orders import sold_lines
from market.services.receivables import free_at_platform, recover
from market.services.stripe_calls import marked, write_call

SYSTEM = (OPERATOR,)


def send_what_is_divided(*, at: datetime, most: int = 200) -> int:
    """Ask for a transfer for every card payment and seller whose fee is known, whose lots are divided, and who has an
    account that can take it; answers how many."""
    asked = 0
    for row in StripeAccount.objects.filter(is_ready=True).select_related("cooperative"):
        mine = OrderLine.objects.filter(listing__product__cooperative=row.cooperative)
        paid = Payment.objects.filter(keeper=PLATFORM, is_fee_known=True, order__lines__in=mine).distinct()
        sent = Transfer.objects.filter(cooperative=row.cooperative).values("order")
        disputed = Dispute.objects.exclude(state=Dispute.State.WON).values("order")
        due = paid.exclude(order__in=sent).exclude(order__in=disputed).order_by("pk")[:most]
        asked += sum(_send(row, payment, at) for payment in due)
    return asked


@transaction.atomic
def _send(account: StripeAccount, payment: Payment, at: datetime) -> bool:
    account = StripeAccount.objects.select_for_update(of=("self",)).select_related("cooperative").get(pk=account.pk)
    order, seller = payment.order, account.cooperative
    lines = list(order.lines.filter(listing__product__cooperative=seller).select_related("listing"))
    if Transfer.objects.filter(order=order, cooperative=seller).exists() or not _are_divided(payment, lines):
        return False
    paid = [line for line in as_paid(sold_lines(order), payment.lines) if line.seller == seller.address]
    numbers = {line.number for line in paid}
    back = sum(
        sum(part.get(name, 0) for name in ("rest", "processor", "tax"))
        for refund in payment.refunds.exclude(state="failed", given_at=None)
        for number, part in refund.lines.items()
        if int(number) in numbers
    )
    amount = sum(line.price - line.commission for line in paid)
    amount -= sum(line.fee for line in lines) + back
    amount += sent_with(payment, seller.address)  # the seller gives deposits back, so he has what was paid for them
    due = amount + _left_before(account, order.currency)
    amount = sendable(min(due, free_at_platform(seller.address, order.currency)), order.currency)
    if amount <= 0:
        return False
    stem = f"transfer/{order.name}/{seller.slug}"
    key = f"{stem}/{StripeCall.objects.filter(key__startswith=f'{stem}/').count() + 1}"
    body = {
        "amount": amount,
        "currency": order.currency.lower(),
        "destination": account.account,
        "source_transaction": payment.statement_line.rpartition("/")[2],
        "transfer_group": order.name,
        "metadata": marked(key, order=order.name),
    }
    call = write_call(key=key, verb="send_transfer", body=body, at=at)
    left = (due - amount) % 10 if order.currency in THREE_DECIMALS else 0
    Transfer.objects.create(
        order=order, cooperative=seller, amount=amount, left=left, currency=order.currency, call=call
    )
    return True


def _left_before(account: StripeAccount, money: str) -> int:
    """What Stripe would not move of a seller's part so far, since its last decimal is not 0: it goes with the next."""
    last = Transfer.objects.filter(cooperative=account.cooperative, currency=money).order_by("-pk").first()
    return last.left if last else 0


def _are_divided(payment: Payment, lines: Collection[OrderLine]) -> bool:
    """Whether divisions since the payment took what these lines earned, and not before it came back from aside."""
    for line in lines:
        made = Division.objects.filter(lot_path=line.listing.lot_path, cycle=line.cycle_id)
        if not made.filter(divided_at__gte=payment.received_at).exists():
            return False
    backs = came_back(payment.order, [line.number for line in lines])
    return all(
        line.number not in backs or division_after(line.earned, line.money, backs[line.number]) is not None
        for line in sold_lines(payment.order)
    )


@transaction.atomic
def take_transfer(*, transfer: Mapping[str, Any], at: datetime) -> Transfer | None:
    """Money went to a seller's account at Stripe, and some of it may have come back."""
    asked = (transfer.get("metadata") or {}).get("call", "")
    rows = Transfer.objects.select_for_update(of=("self",)).select_related("cooperative")
    row = rows.filter(call__key=asked).first()
    if row is None:
        return None
    key = line_key(transfer["id"])
    if key not in entries_by_key([key]):
        row.transfer = transfer["id"]
        row.save()
        record_entries([_sweep(key, row, transfer["amount"], moment_of(transfer, at))])
    for reversal in transfer["reversals"]["data"]:
        take_reversal(reversal=reversal, at=at)
    return row


@transaction.atomic
def take_reversal(*, reversal: Mapping[str, Any], at: datetime) -> None:
    """Part of a transfer came back; the operator's float is made good from it."""
    rows = Transfer.objects.select_for_update(of=("self",)).select_related("cooperative")
    row = rows.filter(transfer=reversal["transfer"]).first()
    key = line_key(reversal["id"])
    if row is None or key in entries_by_key([key]):
        return
    row.reversed += reversal["amount"]
    row.save()
    asked = (reversal.get("metadata") or {}).get("call", "")
    Reversal.objects.filter(call__key=asked).update(reversal=reversal["id"])
    happened = moment_of(reversal, at)
    record_entries([_sweep(key, row, reversal["amount"], happened, is_back=True)])
    recover(seller=row.cooperative.address, money=row.currency, cause=key, at=happened)


def _sweep(key: str, row: Transfer, amount: int, at: datetime, *, is_back: bool = False) -> Draft:
    seller = row.cooperative
    flow = Flow(
        f"{seller.address}/till@{PLATFORM}", f"{seller.address}/till@stripe/{seller.slug}", row.currency, amount
    )
    flow = flow.reversed() if is_back else flow
    return Draft(key, "transfer-custody", "sweep", (flow,), at, SYSTEM, "invoice")


def take_back(*, order: Order, seller: str, amount: int, cause: str, at: datetime) -> bool:
    """Ask for that much of what the order's seller was sent, within the caller's transaction; False where nothing of
    it was sent: then what lies at the platform must do."""
    row = Transfer.objects.select_for_update(of=("self",)).filter(
        order=order, cooperative__slug=seller.partition("/")[2], transfer__isnull=False
    ).first()  # fmt: skip
    if row is None:
        return False
    waiting = row.reversals.filter(reversal=None, is_refused=False).aggregate(s=Sum("amount"))["s"] or 0
    amount = sendable(min(amount, row.amount - row.reversed - waiting), row.currency)
    if amount <= 0:
        return False
    key = f"reversal/{cause}/{seller.partition('/')[2]}"
    body = {"transfer": row.transfer, "amount": amount, "metadata": marked(key, order=order.name)}
    call = write_call(key=key, verb="reverse_transfer", body=body, at=at)
    Reversal.objects.get_or_create(call=call, defaults={"transfer": row, "amount": amount})
    return True


@transaction.atomic
def lose_transfer(*, call: StripeCall) -> None:
    """Stripe would not send it: the account is asked about again before another try."""
    row = Transfer.objects.filter(call=call, transfer=None).select_related("cooperative").first()
    if row is not None:
        StripeAccount.objects.filter(cooperative=row.cooperative).update(is_ready=False)
        row.delete()


def lose_reversal(*, call: StripeCall) -> None:
    """There was too little in the seller's account: the claim on him stays, and his next sale makes it good."""
    Reversal.objects.filter(call=call).update(is_refused=True)
