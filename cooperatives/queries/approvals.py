"""Give me: who could agree to what somebody wished, what waits for whom, and a cooperative's rules for its money."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet

from cooperatives.models import Approval, Membership, MoneyRules, Role

if TYPE_CHECKING:
    from cooperatives.models import Cooperative

TWO_PERSONS, SCHEDULES = MoneyRules.TwoPersons.choices, MoneyRules.Schedule.choices
APPROVERS = frozenset({Role.STEWARD.value, Role.TREASURER.value})


def money_rules_of(cooperative: "Cooperative") -> MoneyRules:
    """What the cooperative decided; where it decided nothing, what holds until then (a row not saved)."""
    return MoneyRules.objects.filter(cooperative=cooperative).first() or MoneyRules(cooperative=cooperative)


def others_who_agree(by: Membership) -> list[Membership]:
    """Who could agree to a wish of `by`: treasurers and stewards who can sign in and are another person."""
    found = Membership.objects.filter(cooperative=by.cooperative_id, left_at=None, member__isnull=False)
    others = found.exclude(pk=by.pk).exclude(member=by.member_id)
    return [m for m in others if m.has_role(*APPROVERS)]


def approvals_of(cooperative: "Cooperative", *states: str) -> QuerySet[Approval]:
    """Wishes of a cooperative, in some states or in all; the newest first."""
    found = Approval.objects.filter(cooperative=cooperative).select_related("cooperative", "asked_by", "answered_by")
    return found.filter(state__in=states) if states else found


def waiting_for(by: Membership) -> QuerySet[Approval]:
    """The wishes of others that `by` could agree to."""
    found = approvals_of(by.cooperative, Approval.State.WAITING)
    return found.exclude(asked_by=by) if by.has_role(*APPROVERS) else found.none()


def role_words(roles: Iterable[str]) -> list[str]:
    """What roles are called."""
    return [str(Role(role).label) for role in roles]


def money_words(wish: Mapping[str, Any]) -> tuple[str, str]:
    """What rules for money say: when two persons are needed, and when purses are paid."""
    two_persons, schedule = MoneyRules.TwoPersons(wish["two_persons"]), MoneyRules.Schedule(wish["schedule"])
    return str(two_persons.label), str(schedule.label)
