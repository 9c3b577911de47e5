"""Paying purses: one person prepares, another confirms with the evidence, and the money leaves outside the platform."""

from __future__ import annotations

import secrets
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING

from django.db import transaction

from cooperatives.services.people import refuse_unless
from ledger.queries import balance_of
from ledger.rules.entries import claim
from ledger.rules.refusal import BadInput, Refusal
from ledger.services.journal import record_entry
from market.models import Payout
from market.rules.sales import payout_draft
from market.services.letters import say_money

if TYPE_CHECKING:
    from cooperatives.models import Membership

KEEPERS = ("cash", "momo", "bank")


class PurseTooSmall(Refusal):
    """The purse of {owner} holds {held}, so {amount} cannot be paid out."""


class OnePayoutAtATime(Refusal):
    """A payout to {owner} is already prepared and waits for a second person."""


class SecondPersonNeeded(Refusal):
    """You prepared this payout, so someone else must confirm it."""


class EvidenceNeeded(BadInput):
    """Say how we know that the money arrived: a receipt, a signature, a line of the statement."""


class NotThatKeeper(BadInput):
    """“{keeper}” is no place we pay from. Use cash, momo or bank, and its name."""


class PayoutClosed(Refusal):
    """This payout was dropped."""


@transaction.atomic
def prepare_payout(
    *, by: Membership, owner: str, amount: int, currency: str, keeper: str, at: datetime, key: str
) -> Payout:
    """Prepare to pay `amount` out of the purse of `owner` (an address of the ledger); nothing moves yet."""
    refuse_unless(by, "treasurer")
    cooperative = by.cooperative
    if prepared := Payout.objects.filter(key=key, cooperative=cooperative).first():
        return prepared
    word, _slash, name = keeper.partition("/")
    if word not in KEEPERS or not name:
        raise NotThatKeeper(keeper=keeper)
    held = balance_of(f"{owner}/purse", claim(currency, cooperative.address))
    if not 0 < amount <= held:
        raise PurseTooSmall(owner=owner, held=say_money(held, currency), amount=say_money(amount, currency))
    waiting = Payout.objects.filter(cooperative=cooperative, owner=owner, currency=currency)
    if waiting.filter(confirmed_at=None, dropped_at=None).exists():
        raise OnePayoutAtATime(owner=owner)
    return Payout.objects.create(
        cooperative=cooperative,
        owner=owner,
        amount=amount,
        currency=currency,
        keeper=keeper,
        key=key,
        prepared_at=at,
        prepared_by=by,
    )


@transaction.atomic
def confirm_payout(*, by: Membership, payout: Payout, statement_line: str, evidence: str, at: datetime) -> Payout:
    """Confirm, as a second person, that a prepared payout was paid; only now the journal moves.

    `statement_line` names the line in the keeper's statement or cash book; `evidence` says how we know. Its salted hash
    goes into the log, its words stay here.
    """
    payout = Payout.objects.select_for_update().select_related("cooperative").get(pk=payout.pk)
    refuse_unless(by, "treasurer", "steward", cooperative=payout.cooperative)
    if payout.confirmed_at:
        return payout
    if payout.dropped_at:
        raise PayoutClosed
    if _is_one_person(by, payout.prepared_by):
        raise SecondPersonNeeded
    if not evidence.strip() or not statement_line.strip():
        raise EvidenceNeeded
    payout.statement_line = f"{payout.keeper}/{statement_line.strip()}"
    payout.confirmed_by, payout.confirmed_at = by, at
    payout.evidence, payout.salt = evidence.strip(), secrets.token_hex(16)
    draft = payout_draft(
        key=payout.statement_line,
        holder=payout.cooperative.address,
        owner=payout.owner,
        keeper=payout.keeper,
        money=payout.currency,
        amount=payout.amount,
        at=at,
        by=(payout.prepared_by.address, by.address),
        evidence_hash=sha256(f"{payout.salt}{payout.evidence}".encode()).hexdigest(),
    )
    payout.entry = record_entry(
        key=draft.key,
        action=draft.action,
        purpose=draft.purpose,
        flows=draft.flows,
        at=at,
        by=draft.by,
        evidence=draft.evidence,
        evidence_hash=draft.evidence_hash,
    ).id
    payout.save()
    return payout


@transaction.atomic
def drop_payout(*, by: Membership, payout: Payout, at: datetime) -> Payout:
    """Give up a payout that was prepared and not confirmed."""
    payout = Payout.objects.select_for_update().get(pk=payout.pk)
    refuse_unless(by, "treasurer", "steward", cooperative=payout.cooperative)
    if payout.confirmed_at is None and payout.dropped_at is None:
        payout.dropped_at = at
        payout.save()
    return payout


@transaction.atomic
def pay_purse(
    *,
    by: Membership,
    approved_by: Membership,
    owner: str,
    amount: int,
    currency: str,
    keeper: str,
    statement_line: str,
    evidence: str,
    at: datetime,
) -> Payout:
    """Prepare and confirm in one go, where both persons sit at one table: `by` prepares, `approved_by` confirms."""
    key = f"{keeper}/{statement_line}"
    payout = prepare_payout(by=by, owner=owner, amount=amount, currency=currency, keeper=keeper, at=at, key=key)
    return confirm_payout(by=approved_by, payout=payout, statement_line=statement_line, evidence=evidence, at=at)


def _is_one_person(one: Membership, other: Membership) -> bool:
    return one.pk == other.pk or (one.member_id is not None and one.member_id == other.member_id)
