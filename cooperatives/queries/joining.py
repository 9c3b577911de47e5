"""Give me: invitations and requests to join."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.core.signing import BadSignature, Signer

from cooperatives.models import Cooperative, Invitation, MembershipRequest

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from cooperatives.models import Member

SIGNER = Signer(salt="cooperatives.invitation", sep=".")


def token_of(invitation: Invitation) -> str:
    """What stands in the link: which invitation, signed, so that nobody can write one."""
    return SIGNER.sign(str(invitation.pk))


def invitation_at(token: str) -> Invitation | None:
    """The invitation of that link, open or not; None where the signature is not ours."""
    try:
        pk = SIGNER.unsign(token)
    except BadSignature:
        return None
    return Invitation.objects.select_related("cooperative", "membership", "invited_by").filter(pk=pk).first()


def open_invitations(cooperative: Cooperative, at: datetime) -> list[Invitation]:
    """Invitations that nobody has used, the newest first."""
    waiting = cooperative.invitations.filter(accepted_at=None, withdrawn_at=None, expires_at__gte=at)
    return list(waiting.select_related("membership"))


def open_requests(cooperative: Cooperative) -> list[MembershipRequest]:
    """Who asked to join and has no answer yet, the longest waiting first."""
    return list(cooperative.requests.filter(answered_at=None).select_related("person"))


def last_request(cooperative: Cooperative, person: "Member | AnonymousUser") -> MembershipRequest | None:
    """What that person asked last, answered or not."""
    if not person.is_authenticated:
        return None
    return cooperative.requests.filter(person=person).order_by("-asked_at", "-pk").first()
