"""Paying purses: one person prepares, another confirms with the evidence, and the money leaves outside the platform."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from cooperatives.queries import cooperative as cooperative_of
from cooperatives.queries import member_at, money_rules_of, others_who_agree, society_at
from cooperatives.queries.federations import stewards_of
from cooperatives.services.approvals import NobodyElse, counts_alone, is_one_person
from cooperatives.services.letters import write_letter
from cooperatives.services.people import refuse_unless
from ledger.queries import balance_of
from ledger.rules.entries import Draft, claim
from ledger.rules.refusal import BadInput, NotFound, Refusal
from ledger.services.evidence import salt_evidence
from ledger.services.journal import record_entry
from market.models import Payout
from market.rules.climbs import pay_back_draft, pay_on_draft, seat_paid_draft
from market.rules.payouts import payout_days
from market.rules.sales import payout_draft
from market.services.letters import say_money

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from cooperatives.models import Cooperative, Membership

KEEPERS = ("cash", "momo", "bank")


class PurseTooSmall(Refusal):
    """The purse of {owner} holds {held}, so {amount} cannot be paid out."""


class OnePayoutAtATime(Refusal):
    """A payout to {owner} is already prepared and waits for a second person."""


class SecondPersonNeeded(Refusal):
    """You prepared this payout, so someone else must confirm it."""


class BelowMinimum(Refusal):
    """Your cooperative pays out from {minimum} on; this purse waits until it holds that much."""


class NotDueYet(Refusal):
    """This purse was paid since the last day of payouts. The next one is {day}."""


class EvidenceNeeded(BadInput):
    """Say how we know that the money arrived: a receipt, a signature, a line of the statement."""


class NotThatKeeper(BadInput):
    """“{keeper}” is no place we pay from. Use cash, momo or bank, and its name."""


class PayoutClosed(Refusal):
    """This payout was dropped."""


@transaction.atomic
def prepare_payout(
    *,
    by: Membership,
    owner: str,
    lot: str = "",
    amount: int,
    currency: str,
    keeper: str,
    at: datetime,
    key: str,
) -> Payout:
    """Prepare to pay `amount` out of the purse of `owner` (an address of the ledger), or out of the share that another
    cooperative's `lot` has of sales here; nothing moves yet."""
    refuse_unless(by, "treasurer")
    cooperative = by.cooperative
    if prepared := Payout.objects.filter(key=key, cooperative=cooperative).first():
        return prepared
    word, _sep, name = keeper.partition("/")
    if word not in KEEPERS or not name:
        raise NotThatKeeper(keeper=keeper)
    payout = Payout(
        cooperative=cooperative, owner=owner, lot=lot, amount=amount, currency=currency, keeper=keeper, key=key,
        prepared_at=at, prepared_by=by,
    )  # fmt: skip
    if owner == cooperative.address:
        raise NotFound
    held = balance_of(payout.account, claim(currency, cooperative.address))
    if not 0 < amount <= held:
        raise PurseTooSmall(owner=owner, held=say_money(held, currency), amount=say_money(amount, currency))
    earlier = Payout.objects.filter(cooperative=cooperative, owner=owner, lot=lot, currency=currency, dropped_at=None)
    if earlier.filter(confirmed_at=None).exists():
        raise OnePayoutAtATime(owner=owner)
    _refuse_against_rules(cooperative, owner, amount, currency, earlier, at)
    payout.save()
    return payout


def _refuse_against_rules(
    cooperative: Cooperative, owner: str, amount: int, currency: str, earlier: QuerySet[Payout], at: datetime
) -> None:
    """What the cooperative decided about payouts; who has left is paid what is left, whenever."""
    rules = money_rules_of(cooperative)
    if owner.startswith("members/") and member_at(cooperative, owner.removeprefix("members/")) is None:
        return
    if amount < rules.minimum:
        raise BelowMinimum(minimum=say_money(rules.minimum, currency))
    last, following = payout_days(rules.schedule, timezone.localdate(at))
    if rules.schedule != "any" and any(timezone.localdate(row.prepared_at) >= last for row in earlier):
        raise NotDueYet(day=date_format(following))


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
    is_alone = is_one_person(by, payout.prepared_by)
    if is_alone and others_who_agree(by):
        raise SecondPersonNeeded
    if is_alone and not counts_alone(payout.cooperative):
        raise NobodyElse
    if not evidence.strip() or not statement_line.strip():
        raise EvidenceNeeded
    payout.statement_line = f"{payout.keeper}/{statement_line.strip()}"
    payout.confirmed_by, payout.confirmed_at = by, at
    payout.evidence, payout.is_alone = evidence.strip(), is_alone
    draft = _draft_of(payout, by=(payout.prepared_by.address, by.address), at=at)
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
    _write_letter(payout, at)
    return payout


def _draft_of(payout: Payout, *, by: tuple[str, ...], at: datetime) -> Draft:
    """How it is told: to somebody outside, to a member cooperative, on to another lot, or back to whoever is owed."""
    holder, money, line = payout.cooperative.address, payout.currency, payout.statement_line or ""
    sealed = salt_evidence(key=line, content=payout.evidence.encode())
    if payout.lot:
        return pay_on_draft(
            key=line, debtor=holder, earned=payout.account, keeper=payout.keeper, money=money, amount=payout.amount,
            at=at, by=by, evidence_hash=sealed,
        )  # fmt: skip
    if payout.owner.startswith("coops/"):
        carried = -balance_of(f"{payout.owner}/losses", claim(money, payout.owner))
        return pay_back_draft(
            key=line, holder=holder, creditor=payout.owner, keeper=payout.keeper, money=money, amount=payout.amount,
            losses=max(0, carried), at=at, by=by, evidence_hash=sealed,
        )  # fmt: skip
    if society := society_at(payout.cooperative, payout.owner):
        return seat_paid_draft(
            key=line, holder=holder, seat=payout.owner, society=society.address, keeper=payout.keeper, money=money,
            amount=payout.amount, at=at, by=by, evidence_hash=sealed,
        )  # fmt: skip
    return payout_draft(
        key=line, holder=holder, owner=payout.owner, keeper=payout.keeper, money=money, amount=payout.amount, at=at,
        by=by, evidence_hash=sealed,
    )  # fmt: skip


def _write_letter(payout: Payout, at: datetime) -> None:
    """Tell who is paid, if they can be written to; of a cooperative, its stewards."""
    amount, cooperative = say_money(payout.amount, payout.currency), payout.cooperative
    said = {"cooperative": cooperative.name, "amount": amount}
    subject = _("Paid to you: %(amount)s") % {"amount": amount}
    if society := _society_paid(payout):
        page = settings.PUBLIC_ADDRESS + reverse("settlement", args=[society.slug])
        lines = [
            _("%(cooperative)s paid %(society)s %(amount)s.") % (said | {"society": society.name}),
            _("Divide it among those who made it: %(link)s") % {"link": page},
        ]
        for steward in stewards_of(society):
            if steward.member and steward.member.email:
                key = f"payouts/{payout.pk}/{steward.pk}"
                write_letter(key=key, to=steward.member.email, subject=subject, lines=lines, at=at)
        return
    found = member_at(payout.cooperative, payout.owner.removeprefix("members/"))
    if found is None or found.member is None or not found.member.email:
        return
    page = settings.PUBLIC_ADDRESS + reverse("payout", args=[cooperative.slug, payout.pk])
    lines = [
        _("%(cooperative)s paid you %(amount)s.") % said,
        _("What it is made of: %(link)s") % {"link": page},
    ]
    write_letter(key=f"payouts/{payout.pk}", to=found.member.email, subject=subject, lines=lines, at=at)


def _society_paid(payout: Payout) -> Cooperative | None:
    """The cooperative that a payout reaches: by its seat, or for one of its lots."""
    if payout.owner.startswith("coops/"):
        return cooperative_of(payout.owner.removeprefix("coops/"))
    return society_at(payout.cooperative, payout.owner)


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
    lot: str = "",
    amount: int,
    currency: str,
    keeper: str,
    statement_line: str,
    evidence: str,
    at: datetime,
) -> Payout:
    """Prepare and confirm in one go, where both persons sit at one table: `by` prepares, `approved_by` confirms."""
    key = f"{keeper}/{statement_line}"
    payout = prepare_payout(
        by=by, owner=owner, lot=lot, amount=amount, currency=currency, keeper=keeper, at=at, key=key
    )  # fmt: skip
    return confirm_payout(by=approved_by, payout=payout, statement_line=statement_line, evidence=evidence, at=at)
