"""Approvals: one person wishes something about money or power over it, and it counts once a second person agrees."""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction

from cooperatives.models import Approval, Cooperative, Membership, MoneyRules, Role
from cooperatives.queries.approvals import APPROVERS, money_rules_of, others_who_agree
from cooperatives.services.people import change_roles, refuse_unless, refuse_without_second_factor
from ledger.rules.refusal import BadInput, Refusal


class AnotherWishWaits(Refusal):
    """Something else about the same thing waits for a second person. That is answered or taken back first."""


class NobodyElse(Refusal):
    """You are the only person here who could agree, and nobody agrees to their own wish. Let somebody else be treasurer
    or steward; or, while you are founding, choose under “Two persons” that the rule counts from the second on."""


class YourOwnWish(Refusal):
    """You asked for this yourself, so someone else must agree."""


class WishAnswered(Refusal):
    """This is answered already."""


class BelowNothing(BadInput):
    """The least that is paid out is zero or more."""


@transaction.atomic
def ask_approval(
    *, by: Membership, kind: str, about: str, wish: Mapping[str, Any], at: datetime, key: str, is_first: bool = False
) -> Approval:
    """Write a wish down; who may wish it is decided by whoever calls. The same wish about the same thing is one.

    It is approved at once only where nobody else could agree, and either it is the first of its kind (`is_first`) and
    takes nothing from anybody, or the cooperative chose that two persons count from the second on: the row says so.
    Raises AnotherWishWaits, NobodyElse.
    """
    cooperative = Cooperative.objects.select_for_update().get(pk=by.cooperative_id)
    if known := Approval.objects.filter(key=key, cooperative=cooperative).first():
        return known
    if waiting := Approval.objects.filter(cooperative=cooperative, about=about, state="waiting").first():
        if waiting.wish == wish and waiting.kind == kind:
            return waiting
        raise AnotherWishWaits
    is_alone = not others_who_agree(by)
    if is_alone and not is_first and not counts_alone(cooperative):
        raise NobodyElse
    answer = {"state": Approval.State.APPROVED, "answered_by": by, "answered_at": at} if is_alone else {}
    return Approval.objects.create(
        cooperative=cooperative, kind=kind, about=about, wish=dict(wish), key=key, asked_by=by, asked_at=at,
        is_alone=is_alone, **answer,
    )  # fmt: skip


def counts_alone(cooperative: Cooperative) -> bool:
    """Whether one person may do alone what needs two, as long as there is no second."""
    return money_rules_of(cooperative).two_persons == MoneyRules.TwoPersons.FROM_SECOND


@transaction.atomic
def agree(*, by: Membership, approval: Approval, at: datetime) -> bool:
    """Agree as the second person; answers whether this was the answer that counts. Who calls carries the wish out
    in the same transaction. Raises NotAllowed, YourOwnWish, WishAnswered."""
    approval = _locked(approval)
    refuse_unless(by, *APPROVERS, cooperative=approval.cooperative)
    if approval.state == Approval.State.APPROVED:
        return False
    if approval.state != Approval.State.WAITING:
        raise WishAnswered
    if is_one_person(by, approval.asked_by):
        raise YourOwnWish
    _answer(approval, Approval.State.APPROVED, by, at)
    return True


@transaction.atomic
def decline(*, by: Membership, approval: Approval, at: datetime) -> Approval:
    """Say no to somebody's wish, or take one's own back. Again changes nothing. Raises NotAllowed, WishAnswered."""
    approval = _locked(approval)
    refuse_unless(by, *APPROVERS, cooperative=approval.cooperative)
    if approval.state == Approval.State.APPROVED:
        raise WishAnswered
    if approval.state == Approval.State.WAITING:
        is_own = is_one_person(by, approval.asked_by)
        _answer(approval, Approval.State.WITHDRAWN if is_own else Approval.State.DECLINED, by, at)
    return approval


@transaction.atomic
def ask_roles(
    *, membership: Membership, roles: Collection[str], by: Membership, at: datetime, key: str
) -> Approval | None:
    """Other roles for a member: at once, or after a second person agreed where they decide about money.

    Answers the approval where there is one. Raises NotAllowed (a steward asks), RolesUnknown, LastSteward.
    """
    refuse_unless(by, Role.STEWARD, cooperative=membership.cooperative)
    touched = APPROVERS & (set(roles) ^ set(membership.roles))
    if touched:
        refuse_without_second_factor(by)
    if not touched or not others_who_agree(by):
        change_roles(membership=membership, roles=roles)
        return None
    wish = {"address": membership.address, "roles": sorted(set(roles))}
    return ask_approval(by=by, kind=Approval.Kind.ROLES, about=membership.address, wish=wish, at=at, key=key)


@transaction.atomic
def ask_money_rules(
    *, by: Membership, two_persons: str, minimum: int, schedule: str, second_factor_from: date | None = None,
    at: datetime, key: str,
) -> Approval:  # fmt: skip
    """Other rules for money; from a day on stewards and treasurers need a second factor, or on no day. Whoever is alone
    decides alone, or no founder could ever begin.

    Raises NotAllowed (a steward or a treasurer asks), BelowNothing, AnotherWishWaits."""
    refuse_unless(by, Role.STEWARD, Role.TREASURER)
    if minimum < 0:
        raise BelowNothing
    wish = {"two_persons": two_persons, "minimum": minimum, "schedule": schedule}
    wish["second_factor_from"] = second_factor_from.isoformat() if second_factor_from else None
    approval = ask_approval(
        by=by, kind=Approval.Kind.RULES, about="rules", wish=wish, at=at, key=key, is_first=not others_who_agree(by)
    )
    if approval.state == Approval.State.APPROVED:
        set_money_rules(cooperative=by.cooperative, wish=wish)
    return approval


def set_money_rules(*, cooperative: Cooperative, wish: Mapping[str, Any]) -> None:
    """Carry out what was agreed about the rules."""
    MoneyRules.objects.update_or_create(cooperative=cooperative, defaults=dict(wish))


def set_roles(*, cooperative: Cooperative, wish: Mapping[str, Any]) -> None:
    """Carry out what was agreed about a member's roles. LastSteward."""
    change_roles(
        membership=Membership.objects.get(cooperative=cooperative, address=wish["address"]), roles=wish["roles"]
    )


def is_one_person(one: Membership, other: Membership) -> bool:
    """Whether two memberships are the same human being's."""
    return one.pk == other.pk or (one.member_id is not None and one.member_id == other.member_id)


def _locked(approval: Approval) -> Approval:
    return (
        Approval.objects.select_for_update(of=("self",)).select_related("cooperative", "asked_by").get(pk=approval.pk)
    )


def _answer(approval: Approval, state: str, by: Membership, at: datetime) -> None:
    approval.state, approval.answered_by, approval.answered_at = state, by, at
    approval.save()
