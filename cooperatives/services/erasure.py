"""Erasure: a person's name, e-mail, pictures, positions and log-in go; the journal never knew them."""

from datetime import datetime

from django.db import transaction

from cooperatives.models import Invitation, Letter, Member, Membership, Notice, Reply, Role, Weighing
from cooperatives.services.people import LastSteward, refuse_unless, stewards_held
from cooperatives.services.pictures import remove_picture
from ledger.rules.refusal import NotAllowed


@transaction.atomic
def erase_person(*, person: Member, by: Member, at: datetime) -> None:
    """Forget who somebody was, everywhere here; the random addresses and what was recorded under them stay.

    Raises NotAllowed (the person alone, or who runs the program), LastSteward while others belong to the cooperative.
    """
    if by.pk != person.pk and not by.is_staff:
        raise NotAllowed()
    memberships = list(person.memberships.select_related("cooperative").order_by("cooperative_id"))
    for membership in memberships:
        _refuse_orphaned(membership)
    for membership in memberships:
        _erase(membership, at)
    Invitation.objects.filter(email__iexact=person.email, accepted_at=None, withdrawn_at=None).update(withdrawn_at=at)
    Invitation.objects.filter(email__iexact=person.email).update(email="")
    Letter.objects.filter(to__iexact=person.email).delete()
    person.delete()


@transaction.atomic
def erase_membership(*, membership: Membership, by: Membership, at: datetime) -> None:
    """Forget the name of somebody who never signed in and asked for it. NotAllowed (a steward does)."""
    refuse_unless(by, Role.STEWARD, cooperative=membership.cooperative)
    membership = Membership.objects.select_for_update(of=("self",)).get(pk=membership.pk)
    if not membership.is_unclaimed:
        raise NotAllowed()
    _erase(membership, at)


def _refuse_orphaned(membership: Membership) -> None:
    stewards = stewards_held(membership.cooperative)
    others = membership.cooperative.memberships.filter(left_at=None).exclude(pk=membership.pk)
    if stewards == [membership.pk] and others.exists():
        raise LastSteward()


def _erase(membership: Membership, at: datetime) -> None:
    for picture in membership.cooperative.pictures.filter(of=membership):
        remove_picture(picture=picture, by=None)
    for invitation in membership.invitations.filter(accepted_at=None, withdrawn_at=None):
        invitation.withdrawn_at = at
        invitation.save(update_fields=["withdrawn_at"])
    membership.invitations.update(email="")
    Weighing.objects.filter(giver=membership).update(longitude=None, latitude=None, is_position_shown=False)
    # What somebody wrote there says who they are and how they are reached.
    Reply.objects.filter(by=membership).delete()
    Notice.objects.filter(by=membership).delete()
    Invitation.objects.filter(accepted_as=membership).update(email="")
    membership.name = membership.number = ""
    membership.member = membership.place = None
    membership.left_at = membership.left_at or at
    membership.erased_at = at
    membership.save()
