"""Invitations: a steward writes to somebody, who comes in by the link, once."""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import override

from cooperatives.models import Cooperative, Invitation, Member, Membership, Role
from cooperatives.queries import token_of
from cooperatives.services.letters import write_letter
from cooperatives.services.people import (
    AddressMissing,
    AlreadyAMember,
    admit_member,
    refuse_alone,
    refuse_unknown_roles,
    refuse_unless,
)
from ledger.rules.refusal import NotAllowed, Refusal

GOOD_FOR = timedelta(days=14)


class InvitationOver(Refusal):
    """This invitation is no longer open: it was used, withdrawn or is too old. Ask for a new one."""

    status = 410


class AlreadyClaimed(Refusal):
    """Somebody already signs in for this membership."""


@transaction.atomic
def invite(
    *,
    cooperative: Cooperative,
    email: str,
    roles: Collection[str] = (Role.MEMBER,),
    membership: Membership | None = None,
    language: str,
    by: Membership | None,
    at: datetime,
    key: str,
) -> Invitation:
    """Write to `email` how to come in, as a new member or as `membership`, which nobody signs in for yet.

    A second invitation to the same address takes the place of the first. Raises NotAllowed (a steward invites),
    AddressMissing, RolesUnknown, AlreadyClaimed, TwoPersonsGive.
    """
    if known := Invitation.objects.filter(key=key).first():
        return known
    Cooperative.objects.select_for_update().get(pk=cooperative.pk)
    refuse_unless(by, Role.STEWARD, cooperative=cooperative)
    if membership is not None and membership.cooperative_id != cooperative.pk:
        raise NotAllowed()
    refuse_unknown_roles(roles)
    if membership is None:
        refuse_alone(by, roles)
    email = email.strip().lower()
    if "@" not in email:
        raise AddressMissing(email=email)
    if membership is not None and not membership.is_unclaimed:
        raise AlreadyClaimed()
    cooperative.invitations.filter(email=email, accepted_at=None, withdrawn_at=None).update(withdrawn_at=at)
    invitation = Invitation.objects.create(
        key=key, cooperative=cooperative, membership=membership, email=email, roles=sorted(set(roles)),
        invited_by=by, invited_at=at, expires_at=at + GOOD_FOR,
    )  # fmt: skip
    _write(invitation, language)
    return invitation


@transaction.atomic
def withdraw_invitation(*, invitation: Invitation, by: Membership | None, at: datetime) -> Invitation:
    """Close a link that nobody has used yet. Once. NotAllowed (a steward does), InvitationOver."""
    invitation = Invitation.objects.select_for_update().get(pk=invitation.pk)
    refuse_unless(by, Role.STEWARD, cooperative=invitation.cooperative)
    if invitation.accepted_at is not None:
        raise InvitationOver()
    if invitation.withdrawn_at is None:
        invitation.withdrawn_at = at
        invitation.save(update_fields=["withdrawn_at"])
    return invitation


@transaction.atomic
def accept_invitation(*, invitation: Invitation, person: Member, name: str = "", at: datetime) -> Membership:
    """Come in by the link: whoever holds it, once; the same person again gets the same membership.

    Raises InvitationOver (also where who invited is no longer a steward), AlreadyAMember, AlreadyClaimed.
    """
    invitation = Invitation.objects.select_for_update(of=("self",)).select_related("accepted_as").get(pk=invitation.pk)
    if invitation.accepted_as is not None and invitation.accepted_as.member_id == person.pk:
        return invitation.accepted_as
    inviter = invitation.invited_by
    if not invitation.is_open(at) or (inviter is not None and not inviter.has_role(Role.STEWARD)):
        raise InvitationOver()
    if invitation.membership_id is None:
        membership = admit_member(
            cooperative=invitation.cooperative, member=person, name=name, roles=invitation.roles, at=at, by=None
        )
    else:
        membership = _claim(invitation, invitation.membership_id, person, name)
    invitation.accepted_at, invitation.accepted_as = at, membership
    invitation.save(update_fields=["accepted_at", "accepted_as"])
    return membership


def _claim(invitation: Invitation, pk: int, person: Member, name: str) -> Membership:
    membership = Membership.objects.select_for_update(of=("self",)).get(pk=pk)
    if not membership.is_unclaimed:
        raise AlreadyClaimed()
    if invitation.cooperative.memberships.filter(member=person).exists():
        raise AlreadyAMember(who=name or person.get_full_name(), cooperative=invitation.cooperative.name)
    membership.member = person
    membership.name = name or membership.name
    membership.roles = invitation.roles
    membership.save(update_fields=["member", "name", "roles"])
    return membership


def _write(invitation: Invitation, language: str) -> None:
    with override(language):
        cooperative = invitation.cooperative.name
        link = settings.PUBLIC_ADDRESS + reverse("invitation", args=[token_of(invitation)])
        roles = ", ".join(str(Role(role).label) for role in invitation.roles)
        lines = [
            _("%(cooperative)s invites you to come in, as: %(roles)s.") % {"cooperative": cooperative, "roles": roles},
            "",
            _("This link is for you alone and opens once, until %(day)s:")
            % {"day": date_format(invitation.expires_at, "DATE_FORMAT")},
            link,
            "",
            _("If you do not know %(cooperative)s, do nothing.") % {"cooperative": cooperative},
        ]
        subject = _("%(cooperative)s invites you") % {"cooperative": cooperative}
        key = f"invitations/{invitation.pk}"
        write_letter(key=key, to=invitation.email, subject=subject, lines=lines, at=invitation.invited_at)
