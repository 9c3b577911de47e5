"""Admission: who is not invited asks, and is let in by the cooperative's own rule."""

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from cooperatives.models import Admission, Cooperative, Member, Membership, MembershipRequest, Role
from cooperatives.services.letters import write_letter
from cooperatives.services.people import AlreadyAMember, admit_member, refuse_unless
from ledger.rules.refusal import BadInput, NotAllowed, Refusal


class AdmissionClosed(Refusal):
    """{cooperative} takes members by invitation only."""


class AlreadyAnswered(Refusal):
    """This request was answered already."""


class ReasonMissing(BadInput):
    """Say why: whoever asked reads it."""


def set_admission(*, cooperative: Cooperative, admission: str, by: Membership | None) -> Cooperative:
    """How those who ask become members. NotAllowed (a steward says so)."""
    refuse_unless(by, Role.STEWARD, cooperative=cooperative)
    if admission not in Admission.values:
        raise NotAllowed()
    cooperative.admission = admission
    cooperative.save(update_fields=["admission"])
    return cooperative


@transaction.atomic
def ask_to_join(
    *, cooperative: Cooperative, person: Member, name: str, words: str = "", language: str, at: datetime
) -> MembershipRequest:
    """Ask to be a member; where admission is open this is the answer too. One open request a person.

    Raises AdmissionClosed, AlreadyAMember.
    """
    cooperative = Cooperative.objects.select_for_update().get(pk=cooperative.pk)
    if waiting := cooperative.requests.filter(person=person, answered_at=None).first():
        return waiting
    if cooperative.admission == Admission.CLOSED:
        raise AdmissionClosed(cooperative=cooperative.name)
    if cooperative.memberships.filter(member=person, left_at=None).exists():
        raise AlreadyAMember(who=name, cooperative=cooperative.name)
    request = MembershipRequest.objects.create(
        cooperative=cooperative, person=person, name=name, words=words, language=language, asked_at=at
    )
    return _accept(request, by=None, at=at) if cooperative.admission == Admission.OPEN else request


@transaction.atomic
def accept_request(*, request: MembershipRequest, by: Membership | None, at: datetime) -> MembershipRequest:
    """Let in who asked. Once. NotAllowed (a steward decides), AlreadyAnswered, AlreadyAMember."""
    request = _held(request)
    refuse_unless(by, Role.STEWARD, cooperative=request.cooperative)
    if request.is_accepted:
        return request
    if request.answered_at is not None:
        raise AlreadyAnswered()
    return _accept(request, by=by, at=at)


@transaction.atomic
def decline_request(
    *, request: MembershipRequest, reason: str, by: Membership | None, at: datetime
) -> MembershipRequest:
    """Say no, and why. NotAllowed (a steward decides), ReasonMissing, AlreadyAnswered."""
    request = _held(request)
    refuse_unless(by, Role.STEWARD, cooperative=request.cooperative)
    if not reason.strip():
        raise ReasonMissing()
    if request.answered_at is not None:
        raise AlreadyAnswered()
    request.answered_at, request.answered_by, request.reason = at, by, reason.strip()
    request.save(update_fields=["answered_at", "answered_by", "reason"])
    with override(request.language):
        words = _("%(cooperative)s has not taken you in as a member.") % {"cooperative": request.cooperative.name}
        _answer(request, [words, _("Why: %(reason)s") % {"reason": request.reason}])
    return request


def withdraw_request(*, request: MembershipRequest, by: Member) -> None:
    """Ask no longer: an unanswered request is forgotten. NotAllowed (whoever asked), AlreadyAnswered."""
    if request.person_id != by.pk:
        raise NotAllowed()
    if not MembershipRequest.objects.filter(pk=request.pk, answered_at=None).delete()[0]:
        raise AlreadyAnswered()


def _held(request: MembershipRequest) -> MembershipRequest:
    locked = MembershipRequest.objects.select_for_update(of=("self",))
    return locked.select_related("cooperative", "person").get(pk=request.pk)


def _accept(request: MembershipRequest, *, by: Membership | None, at: datetime) -> MembershipRequest:
    admit_member(
        cooperative=request.cooperative, member=request.person, name=request.name, roles=[Role.MEMBER], at=at, by=None
    )
    request.answered_at, request.answered_by, request.is_accepted = at, by, True
    request.save(update_fields=["answered_at", "answered_by", "is_accepted"])
    with override(request.language):
        words = _("You are a member of %(cooperative)s now.") % {"cooperative": request.cooperative.name}
        page = settings.PUBLIC_ADDRESS + reverse("cooperative", args=[request.cooperative.slug])
        _answer(request, [words, "", page])
    return request


def _answer(request: MembershipRequest, lines: list[str]) -> None:
    if request.person.email and request.answered_at:
        subject = _("Your request to %(cooperative)s") % {"cooperative": request.cooperative.name}
        key = f"requests/{request.pk}"
        write_letter(key=key, to=request.person.email, subject=subject, lines=lines, at=request.answered_at)
