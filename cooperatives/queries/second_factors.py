"""Give me: who needs a second factor beside a password, and has none."""

from allauth.mfa.models import Authenticator
from django.db.models import Exists, OuterRef
from django.db.models.functions import Now, TruncDate

from cooperatives.models import Membership, Role

FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)  # recovery codes alone are none


def has_second_factor(membership: Membership) -> bool:
    """Whether its person has set up a passkey or an app that shows codes."""
    return bool(Authenticator.objects.filter(user=membership.member_id, type__in=FACTORS).exists())


def lacks_second_factor(membership: Membership) -> bool:
    """Whether a steward's or treasurer's cooperative asks for a second factor by now, and its person has none. By the
    database's clock: what a request says of its own time must not decide it."""
    if not membership.has_role(Role.STEWARD, Role.TREASURER):
        return False
    known = Authenticator.objects.filter(user=OuterRef("member"), type__in=FACTORS)
    due = Membership.objects.filter(
        pk=membership.pk, cooperative__money_rules__second_factor_from__lte=TruncDate(Now())
    )
    return due.exclude(Exists(known)).exists()
