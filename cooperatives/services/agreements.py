"""Agreements: a cooperative adopts how it shares a sale, and each version stays in the log."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from cooperatives.models import Agreement, Cooperative, Membership, Role
from cooperatives.rules.steps import Commons, Step, read_agreement, write_agreement
from cooperatives.services.people import OPERATOR, refuse_unless, refuse_without_second_factor
from ledger.queries import is_owner_declared
from ledger.rules.entries import Address
from ledger.rules.refusal import Refusal
from ledger.services.journal import record_document, record_owner


class VoteNeeded(Refusal):
    """There is an agreement already. Propose the next version: its members vote on it."""


@transaction.atomic
def adopt_agreement(
    *, cooperative: Cooperative, rules: Sequence[Mapping[str, Any]], at: datetime, by: Membership | None
) -> Agreement:
    """The first agreement, in force from now on and recorded in the log as a document.

    The same rules again change nothing. Raises NotAllowed (a steward adopts), UnreadableAgreement, VoteNeeded (only the
    program itself goes on without one).
    """
    Cooperative.objects.select_for_update().get(pk=cooperative.pk)
    refuse_unless(by, Role.STEWARD, cooperative=cooperative)
    refuse_without_second_factor(by)
    steps = read_agreement(rules)
    last = cooperative.agreements.first()
    if last and last.steps == write_agreement(steps):
        return last
    if last and by is not None:
        raise VoteNeeded()
    return record_version(cooperative=cooperative, steps=steps, at=at, by=by)


def record_version(
    *,
    cooperative: Cooperative,
    steps: Sequence[Step],
    at: datetime,
    by: Membership | None,
    vote: Mapping[str, Any] | None = None,
) -> Agreement:
    """The next version and its document, with the vote that carried it; whoever calls holds the cooperative's lock."""
    for owner in sorted({Address.parse(to).owner for s in steps if isinstance(s, Commons) for to in s.funds}):
        _know_fund(owner, cooperative, at)
    last, said = cooperative.agreements.first(), write_agreement(steps)
    agreement = Agreement.objects.create(
        cooperative=cooperative, version=last.version + 1 if last else 1, steps=said, adopted_at=at, adopted_by=by
    )
    body = {"steps": said} | ({"vote": dict(vote)} if vote else {})
    record_document(kind="agreement", name=cooperative.slug, body=body, by=by.address if by else OPERATOR, at=at)
    return agreement


def _know_fund(owner: str, cooperative: Cooperative, at: datetime) -> None:
    """A fund that nobody declared yet is where its cooperative is."""
    if not is_owner_declared(owner):
        record_owner(owner=owner, place=cooperative.place.path if cooperative.place else None, at=at)
