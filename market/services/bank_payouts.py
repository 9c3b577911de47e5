"""From a cooperative's account at Stripe to its bank: on its way for days, and sometimes back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Sum

from cooperatives.services.approvals import ask_approval
from cooperatives.services.people import OPERATOR, refuse_unless
from ledger.queries import balance_of, entries_by_key
from ledger.rules.entries import Flow
from ledger.rules.refusal import BadInput, Refusal
from ledger.services.journal import record_entry, undo_entry
from market.models import BankPayout, StripeAccount, StripeCall
from market.rules.cards import line_key
from market.services.cards import moment_of
from market.services.letters import say_money
from market.services.stripe_calls import marked, write_call

if TYPE_CHECKING:
    from cooperatives.models import Approval, Cooperative, Membership

SYSTEM = (OPERATOR,)


class NoAccountYet(Refusal):
    """Stripe cannot pay out to your bank yet; look at what it still wants from you."""


class TooLittleAtStripe(Refusal):
    """Your account at Stripe holds {held}, so {amount} cannot go to the bank."""


class NotOnItsWay(Refusal):
    """This payout is not on its way to the bank."""


class WhichLine(BadInput):
    """Say which line of the bank statement this is, so that it can be found again."""


@transaction.atomic
def ask_bank_payout(*, by: Membership, amount: int, at: datetime, key: str) -> Approval:
    """Wish that Stripe sends the cooperative's own money to its own bank; it is asked once a second person agrees.

    Raises NotAllowed (a treasurer wishes), NoAccountYet, TooLittleAtStripe, NobodyElse.
    """
    refuse_unless(by, "treasurer")
    _refuse_more_than_held(by.cooperative, amount)
    wish = {"amount": amount, "key": key}
    asked = ask_approval(by=by, kind="sending", about=f"sending/{key}"[:100], wish=wish, at=at, key=f"sending/{key}")
    if asked.state == "approved":
        send_bank_payout(cooperative=by.cooperative, wish=wish, at=at)
    return asked


def send_bank_payout(*, cooperative: Cooperative, wish: Mapping[str, Any], at: datetime) -> BankPayout:
    """Carry out what was agreed: the call to Stripe is written. The same wish is the same payout."""
    amount, ask = int(wish["amount"]), f"payout/{wish['key']}"
    if known := BankPayout.objects.filter(call__key=ask, cooperative=cooperative).first():
        return known
    account = _refuse_more_than_held(cooperative, amount)
    money = cooperative.currency
    body = {"amount": amount, "currency": money.lower(), "metadata": marked(ask)}
    call = write_call(key=ask, verb="send_payout", body=body, account=account.account or "", at=at)
    return BankPayout.objects.create(cooperative=cooperative, amount=amount, currency=money, call=call, asked_at=at)


def _refuse_more_than_held(cooperative: Cooperative, amount: int) -> StripeAccount:
    """The account, locked, if it may send so much."""
    account = StripeAccount.objects.select_for_update(of=("self",)).filter(cooperative=cooperative).first()
    if account is None or not account.can_pay_out:
        raise NoAccountYet
    money = cooperative.currency
    under_way = BankPayout.objects.filter(cooperative=cooperative, currency=money, state=BankPayout.State.ASKED)
    held = balance_of(f"{cooperative.address}/till@stripe/{cooperative.slug}", money)
    held -= under_way.aggregate(s=Sum("amount"))["s"] or 0
    if not 0 < amount <= held:
        raise TooLittleAtStripe(held=say_money(held, money), amount=say_money(amount, money))
    return account


@transaction.atomic
def take_payout(*, payout: Mapping[str, Any], at: datetime) -> BankPayout | None:
    """Stripe sent money to the bank, or has it back because the bank would not take it."""
    asked = (payout.get("metadata") or {}).get("call", "")
    rows = BankPayout.objects.select_for_update(of=("self",)).select_related("cooperative")
    row = rows.filter(call__key=asked).first()
    if row is None:
        return None
    name, happened = row.cooperative.slug, moment_of(payout, at)
    key, failed = line_key(payout["id"], f"stripe/{name}"), line_key(f"{payout['id']}/failed", f"stripe/{name}")
    known = entries_by_key([key, failed])
    if key not in known:
        seller = row.cooperative.address
        flow = Flow(f"{seller}/till@stripe/{name}", f"{seller}/till@way/{name}", row.currency, row.amount)
        known[key] = record_entry(
            key=key, action="transfer-custody", purpose="sweep", flows=[flow], at=happened, by=SYSTEM,
            evidence="invoice",
        )  # fmt: skip
        row.payout, row.state = payout["id"], BankPayout.State.ON_ITS_WAY
    if payout["status"] in {"failed", "canceled"} and failed not in known:
        undo_entry(entry=known[key].id, key=failed, at=at, by=SYSTEM, purpose="sweep", evidence="invoice")
        row.state = BankPayout.State.FAILED
    row.save()
    return row


@transaction.atomic
def receive_bank_payout(*, by: Membership, payout: BankPayout, statement_line: str, at: datetime) -> BankPayout:
    """The money stands in the bank's statement: from now on it can be paid from there."""
    refuse_unless(by, "treasurer", "steward", "clerk", cooperative=payout.cooperative)
    payout = BankPayout.objects.select_for_update(of=("self",)).select_related("cooperative").get(pk=payout.pk)
    if payout.state == BankPayout.State.ARRIVED:
        return payout
    if payout.state != BankPayout.State.ON_ITS_WAY:
        raise NotOnItsWay
    if not statement_line.strip():
        raise WhichLine
    seller, name = payout.cooperative.address, payout.cooperative.slug
    flow = Flow(f"{seller}/till@way/{name}", f"{seller}/till@bank/{name}", payout.currency, payout.amount)
    record_entry(
        key=f"bank/{name}/{statement_line.strip()}", action="transfer-custody", purpose="sweep", flows=[flow], at=at,
        by=(by.address,), evidence="invoice",
    )  # fmt: skip
    payout.state = BankPayout.State.ARRIVED
    payout.save()
    return payout


def lose_payout(*, call: StripeCall) -> None:
    """Stripe would not send it."""
    BankPayout.objects.filter(call=call).update(state=BankPayout.State.REFUSED)
