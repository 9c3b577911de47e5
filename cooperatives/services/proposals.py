"""Proposals for the next agreement, or for the rule of credit: draft, change, discuss, vote, and adopt what carries."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from cooperatives.models import Circle, Comment, Cooperative, Membership, Proposal, Role, Vote
from cooperatives.queries.federations import voices
from cooperatives.queries.proposals import tally_of
from cooperatives.rules.steps import read_agreement, write_agreement
from cooperatives.rules.votes import Tally
from cooperatives.services.agreements import record_version
from cooperatives.services.credit import CodeTaken, rule_said, set_circle
from cooperatives.services.people import refuse_unless
from ledger.rules.refusal import BadInput, NotAllowed, Refusal

Rules = Sequence[Mapping[str, Any]]


class SaysNothingNew(Refusal):
    """That is what the agreement in force says already."""


class VotesAreCast(Refusal):
    """Members have voted on these words. Take the proposal back first; it then needs a new vote."""


class NotADraft(Refusal):
    """This proposal is no longer a draft."""


class AnotherVoteIsOpen(Refusal):
    """Another proposal is being voted on. Wait until that vote is closed."""


class ClosingIsPast(BadInput):
    """A vote must close later than now."""


class VoteIsClosed(Refusal):
    """There is no vote open on this proposal."""


class VoteStillOpen(Refusal):
    """Not all have voted yet, and the vote has not reached its closing date."""


class ProposalHasChanged(Refusal):
    """The proposal was changed since you read it. Read it again, then vote."""


class NotAVoter(Refusal):
    """Only those vote who were members when the vote was opened."""

    status = 403


class NothingSaid(BadInput):
    """Write something first."""


class UnknownChoice(BadInput):
    """A vote is for, against or neither."""


@transaction.atomic
def draft_proposal(
    *, cooperative: Cooperative, rules: Rules, why: str, quorum: int, majority: str, at: datetime, by: Membership
) -> Proposal:
    """A new draft. Raises NotAllowed (a treasurer or a steward drafts), UnreadableAgreement, SaysNothingNew."""
    Cooperative.objects.select_for_update().get(pk=cooperative.pk)
    refuse_unless(by, Role.TREASURER, Role.STEWARD, cooperative=cooperative)
    steps = _new_steps(cooperative, rules)
    last = Proposal.objects.filter(cooperative=cooperative).first()
    return Proposal.objects.create(
        cooperative=cooperative, number=last.number + 1 if last else 1, steps=steps, why=why.strip(), quorum=quorum,
        majority=majority, drafted_by=by, drafted_at=at, changed_at=at,
    )  # fmt: skip


@transaction.atomic
def propose_rule(
    *, by: Membership, said: Mapping[str, Any], why: str, quorum: int, majority: str, at: datetime
) -> Proposal:
    """A draft of how members pay each other in credit; where there is one already, its next edition.

    `said` is as in rule_said, which see for what it raises. Raises NotAllowed (a treasurer or a steward drafts),
    AnotherVoteIsOpen (on a rule), SaysNothingNew.
    """
    cooperative = Cooperative.objects.select_for_update().get(pk=by.cooperative_id)
    refuse_unless(by, Role.TREASURER, Role.STEWARD)
    rule = rule_said(cooperative, said)
    known = Circle.objects.filter(cooperative=cooperative).first()
    if known and all(getattr(known, name) == value for name, value in rule.items()):
        raise SaysNothingNew()
    mine = Proposal.objects.filter(cooperative=cooperative, rule__isnull=False)
    if mine.filter(state=Proposal.State.OPEN).exists():
        raise AnotherVoteIsOpen()
    last = Proposal.objects.filter(cooperative=cooperative).first()
    draft = mine.filter(state=Proposal.State.DRAFT).first() or Proposal(
        cooperative=cooperative, number=last.number + 1 if last else 1, edition=0, drafted_by=by, drafted_at=at
    )
    draft.rule, draft.why, draft.quorum, draft.majority = rule, why.strip(), quorum, majority
    draft.edition, draft.changed_at = draft.edition + 1, at
    draft.save()
    return draft


@transaction.atomic
def change_proposal(
    *, proposal: Proposal, rules: Rules, why: str, quorum: int, majority: str, at: datetime, by: Membership
) -> Proposal:
    """Another wording of a draft, or of an open proposal on which nobody has voted yet: its next edition.

    Raises NotAllowed (a treasurer or a steward), VotesAreCast, NotADraft, UnreadableAgreement, SaysNothingNew.
    """
    proposal = _locked(proposal)
    refuse_unless(by, Role.TREASURER, Role.STEWARD, cooperative=proposal.cooperative)
    if proposal.state == Proposal.State.OPEN and tally_of(proposal).cast:
        raise VotesAreCast()
    if proposal.state not in {Proposal.State.DRAFT, Proposal.State.OPEN} or proposal.rule is not None:
        raise NotADraft()
    said = {
        "steps": _new_steps(proposal.cooperative, rules),
        "why": why.strip(),
        "quorum": quorum,
        "majority": majority,
    }
    if all(getattr(proposal, name) == value for name, value in said.items()):
        return proposal
    for name, value in said.items():
        setattr(proposal, name, value)
    proposal.edition += 1
    proposal.changed_at = at
    proposal.save()
    return proposal


@transaction.atomic
def open_vote(*, proposal: Proposal, closes_at: datetime, at: datetime, by: Membership) -> Proposal:
    """From now to `closes_at` those vote who are members now.

    Raises NotAllowed (a treasurer or a steward opens), NotADraft, ClosingIsPast, AnotherVoteIsOpen, SaysNothingNew.
    """
    proposal = _locked(proposal)
    refuse_unless(by, Role.TREASURER, Role.STEWARD, cooperative=proposal.cooperative)
    if proposal.state != Proposal.State.DRAFT:
        raise NotADraft()
    if closes_at <= at:
        raise ClosingIsPast()
    if Proposal.objects.filter(cooperative=proposal.cooperative, state=Proposal.State.OPEN).exists():
        raise AnotherVoteIsOpen()
    if proposal.rule is None:
        _new_steps(proposal.cooperative, proposal.steps)
    else:
        rule_said(proposal.cooperative, proposal.rule)
    proposal.state, proposal.opened_at, proposal.closes_at = Proposal.State.OPEN, at, closes_at
    proposal.electorate = sum(voice.weight for voice in voices(proposal.cooperative, at=at))
    proposal.save()
    return proposal


@transaction.atomic
def take_back(*, proposal: Proposal, at: datetime, by: Membership) -> Proposal:
    """An open proposal is a draft again; the votes on it stay with its last edition and count no more.

    Raises NotAllowed (a treasurer or a steward), VoteIsClosed.
    """
    proposal = _locked(proposal)
    refuse_unless(by, Role.TREASURER, Role.STEWARD, cooperative=proposal.cooperative)
    if proposal.state != Proposal.State.OPEN:
        raise VoteIsClosed()
    proposal.state, proposal.edition, proposal.changed_at = Proposal.State.DRAFT, proposal.edition + 1, at
    proposal.opened_at = proposal.closes_at = proposal.electorate = None
    proposal.save()
    return proposal


@transaction.atomic
def cast_vote(*, proposal: Proposal, edition: int, choice: str, at: datetime, by: Membership) -> Vote:
    """One vote of `by` on the edition they read; another one later takes its place.

    Raises VoteIsClosed, NotAVoter, ProposalHasChanged, UnknownChoice.
    """
    proposal = _locked(proposal)
    if proposal.state != Proposal.State.OPEN or proposal.closes_at is None or at >= proposal.closes_at:
        raise VoteIsClosed()
    weights = {voice.membership.pk: voice.weight for voice in voices(proposal.cooperative, at=proposal.opened_at or at)}
    if by.pk not in weights:
        raise NotAVoter()
    if edition != proposal.edition:
        raise ProposalHasChanged()
    if choice not in Vote.Choice.values:
        raise UnknownChoice()
    vote, _ = Vote.objects.update_or_create(
        proposal=proposal,
        edition=edition,
        voter=by,
        defaults={"choice": choice, "weight": weights[by.pk], "cast_at": at},
    )
    return vote


@transaction.atomic
def close_vote(*, proposal: Proposal, at: datetime, by: Membership | None) -> Proposal:
    """Count the votes. What carries is the next version, or the rule of credit, in force from now; what does not, or
    cannot be any more since another took its unit's name, stays to be read.

    Closed again it is the same. Raises NotAllowed (a treasurer or a steward; the clock, once it is due), VoteIsClosed,
    VoteStillOpen.
    """
    proposal = _locked(proposal)
    refuse_unless(by, Role.TREASURER, Role.STEWARD, cooperative=proposal.cooperative)
    if proposal.closed_at is not None:
        return proposal
    if proposal.state != Proposal.State.OPEN or proposal.closes_at is None:
        raise VoteIsClosed()
    tally = tally_of(proposal)
    if at < proposal.closes_at and not tally.is_complete:
        raise VoteStillOpen()
    proposal.closed_at = at
    if tally.is_carried(quorum=proposal.quorum, majority=proposal.majority):
        _adopt(proposal, tally, at, by)
    else:
        proposal.state = Proposal.State.REJECTED
    proposal.save()
    return proposal


def _adopt(proposal: Proposal, tally: Tally, at: datetime, by: Membership | None) -> None:
    vote = {
        "proposal": proposal.number, "edition": proposal.edition, "yes": tally.yes, "no": tally.no,
        "abstain": tally.abstain, "electorate": tally.electorate, "quorum": proposal.quorum,
        "majority": proposal.majority,
    }  # fmt: skip
    proposal.state = Proposal.State.ADOPTED
    if proposal.rule is None:
        proposal.agreement = record_version(
            cooperative=proposal.cooperative, steps=read_agreement(proposal.steps), at=at, by=by, vote=vote
        )
        return
    try:
        set_circle(cooperative=proposal.cooperative, rule=proposal.rule, vote=vote, at=at, by=by)
    except CodeTaken:
        proposal.state = Proposal.State.REJECTED


def close_due_votes(*, at: datetime) -> int:
    """Close every vote that has reached its closing date; answers how many."""
    due = list(Proposal.objects.filter(state=Proposal.State.OPEN, closes_at__lte=at))
    for proposal in due:
        close_vote(proposal=proposal, at=at, by=None)
    return len(due)


def say_of_proposal(*, proposal: Proposal, text: str, at: datetime, by: Membership) -> Comment:
    """What a member says of a proposal. Raises NotAllowed (a member of this cooperative), NothingSaid."""
    if by.cooperative_id != proposal.cooperative_id or by.left_at is not None:
        raise NotAllowed()
    if not text.strip():
        raise NothingSaid()
    return Comment.objects.create(proposal=proposal, edition=proposal.edition, by=by, text=text.strip(), said_at=at)


def _locked(proposal: Proposal) -> Proposal:
    """The cooperative first, so that two votes never open at once and a version never has two numbers."""
    Cooperative.objects.select_for_update().get(pk=proposal.cooperative_id)
    return Proposal.objects.select_for_update(of=["self"]).select_related("cooperative").get(pk=proposal.pk)


def _new_steps(cooperative: Cooperative, rules: Rules) -> list[dict[str, Any]]:
    steps = write_agreement(read_agreement(rules))
    last = cooperative.agreements.first()
    if last and last.steps == steps:
        raise SaysNothingNew()
    return steps
