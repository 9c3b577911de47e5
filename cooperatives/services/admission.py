"""Admission: who is not invited asks, and is let in by the cooperative's own rule."""

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import override

from cooperatives.models import Admission, Audience, Cooperative, Member, Membership, MembershipRequest, Role
from cooperatives.queries import is_inside
from cooperatives.services.letters import write_letter
from cooperatives.services.people import AlreadyAMember, admit_member, refuse_unless
from ledger.rules.refusal import BadInput, NotAllowed, Refusal


class AdmissionClosed(Refusal):
    """{cooperative} takes members by invitation only."""


class AlreadyAnswered(Refusal):
    """This request was answered already."""


class FederationCircle(Refusal):
    """{cooperative} is itself inside {society}: a circle of cooperatives would belong to nobody."""


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
    *, cooperative: Cooperative, person: Member, name: str, words: str = "", language: str, at: datetime,
    society: Cooperative | None = None,
) -> MembershipRequest:  # fmt: skip
    """Ask to be a member, or, as a steward of `society`, that it be one; open admission answers at once.

    One open request a person. Raises AdmissionClosed, AlreadyAMember, FederationCircle, NotAllowed.
    """
    cooperative = Cooperative.objects.select_for_update().get(pk=cooperative.pk)
    if waiting := cooperative.requests.filter(person=person, answered_at=None).first():
        return waiting
    if cooperative.admission == Admission.CLOSED:
        raise AdmissionClosed(cooperative=cooperative.name)
    taken = cooperative.memberships.filter(left_at=None)
    if society is not None:
        own = society.memberships.filter(member=person, left_at=None).first()
        if own is None:
            raise NotAllowed()
        refuse_unless(own, Role.STEWARD, cooperative=society)
        name = society.name
        _refuse_circle(cooperative, society)
    if taken.filter(society=society).exists() if society else taken.filter(member=person).exists():
        raise AlreadyAMember(who=name, cooperative=cooperative.name)
    request = MembershipRequest.objects.create(
        cooperative=cooperative, person=person, society=society, name=name, words=words, language=language, asked_at=at
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


@transaction.atomic
def set_weight(*, cooperative: Cooperative, by_people: bool, by: Membership | None) -> Cooperative:
    """Whether a member cooperative has a vote for each person in it, or one like everybody. NotAllowed (a steward)."""
    refuse_unless(by, Role.STEWARD, cooperative=cooperative)
    cooperative.is_weighted_by_people = by_people
    cooperative.save(update_fields=["is_weighted_by_people"])
    return cooperative


def _refuse_circle(cooperative: Cooperative, society: Cooperative) -> None:
    if is_inside(cooperative, of=society):
        raise FederationCircle(cooperative=cooperative.name, society=society.name)


def _held(request: MembershipRequest) -> MembershipRequest:
    locked = MembershipRequest.objects.select_for_update(of=("self",))
    return locked.select_related("cooperative", "person", "society").get(pk=request.pk)


def _accept(request: MembershipRequest, *, by: Membership | None, at: datetime) -> MembershipRequest:
    if request.society is not None:
        # All of them, in one order: two that let each other in at once would otherwise close a circle.
        list(Cooperative.objects.select_for_update().order_by("pk"))
        _refuse_circle(request.cooperative, request.society)
    admit_member(
        cooperative=request.cooperative, member=None if request.society else request.person, society=request.society,
        name=request.name, roles=[Role.MEMBER], at=at, by=None,
        name_shown_to=Audience.PUBLIC if request.society else Audience.COOPERATIVE,
    )  # fmt: skip
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
