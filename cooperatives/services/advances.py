"""Advances: money before the share it comes from, so that a purse falls below zero and the next share fills it."""

from datetime import datetime

from django.db import transaction

from cooperatives.models import Approval, Membership, Role
from cooperatives.queries.advances import advance_room
from cooperatives.queries.approvals import others_who_agree
from cooperatives.services.approvals import ask_approval, counts_alone, is_one_person
from cooperatives.services.contributions import lock_cooperative
from cooperatives.services.money import refuse_money
from cooperatives.services.people import refuse_unless, refuse_without_second_factor
from ledger import queries as ledger
from ledger.rules.entries import Draft, Flow, claim
from ledger.rules.laws import KeyHasAnotherBody
from ledger.rules.refusal import BadInput, Refusal
from ledger.services.journal import record_account, record_entries


class LimitUnreadable(BadInput):
    """The limit of advances is a whole amount, zero or more."""


class BeyondTheLimit(Refusal):
    """That is more than the limit that was agreed leaves."""


class TwoPersonsNeeded(Refusal):
    """An advance needs two persons: one gives it, another one signs too."""


@transaction.atomic
def agree_advances(*, membership: Membership, limit: int, at: datetime, by: Membership | None) -> None:
    """How far below zero a member's purse may fall; a record of the log.

    Raises NotAllowed (a steward agrees), LimitUnreadable.
    """
    cooperative = membership.cooperative
    refuse_unless(by, Role.STEWARD, cooperative=cooperative)
    refuse_without_second_factor(by)
    if limit < 0:
        raise LimitUnreadable()
    unit = claim(cooperative.currency, cooperative.address)
    record_account(address=f"{membership.address}/purse", floors={unit: -limit}, at=at)


@transaction.atomic
def ask_advance(
    *, membership: Membership, amount: int, keeper: str, statement_line: str, at: datetime, by: Membership
) -> Approval:
    """Wish that a member is advanced `amount`; a second person agrees (market.services.approvals), and it is given.

    Raises NotAllowed (a treasurer asks), NoSuchKeeper, AmountMissing, BeyondTheLimit, AnotherWishWaits, NobodyElse.
    """
    refuse_unless(by, Role.TREASURER, cooperative=membership.cooperative)
    refuse_money(amount, keeper)
    if not 0 < amount <= advance_room(membership):
        raise BeyondTheLimit()
    wish = {"address": membership.address, "amount": amount, "keeper": keeper, "statement_line": statement_line}
    asked = ask_approval(
        by=by, kind=Approval.Kind.ADVANCE, about=f"advance/{membership.address}", wish=wish, at=at,
        key=f"advance/{keeper}/{statement_line}",
    )  # fmt: skip
    if asked.state == Approval.State.APPROVED:
        carry_out_advance(approval=asked, at=at, by=by)
    return asked


def carry_out_advance(*, approval: Approval, at: datetime, by: Membership) -> None:
    """Give what was asked for; `by` agreed to it. Raises what give_advance raises."""
    wish = approval.wish
    membership = Membership.objects.select_related("cooperative").get(
        cooperative=approval.cooperative, address=wish["address"]
    )
    give_advance(
        membership=membership, amount=wish["amount"], keeper=wish["keeper"], statement_line=wish["statement_line"],
        at=at, by=approval.asked_by, approved_by=by,
    )  # fmt: skip


@transaction.atomic
def give_advance(
    *,
    membership: Membership,
    amount: int,
    keeper: str,
    statement_line: str,
    at: datetime,
    by: Membership,
    approved_by: Membership,
) -> None:
    """Pay a member `amount` out of a keeper (cash/fern) before it is earned; the next shares fill the purse again.

    The same line again changes nothing. Raises NotAllowed (a treasurer gives; a treasurer or a steward signs too),
    TwoPersonsNeeded, BeyondTheLimit.
    """
    cooperative, key = membership.cooperative, f"{keeper}/{statement_line}"
    lock_cooperative(cooperative.pk)
    money, unit, purse = cooperative.currency, claim(cooperative.currency, cooperative.address), membership.address
    flows = (
        Flow(f"{cooperative.address}/till@{keeper}", f"{purse}/pocket", money, amount),
        Flow(f"{purse}/purse", f"{cooperative.address}/owes", unit, amount),
    )
    if known := ledger.entries_by_key([key]).get(key):
        if known.flows != flows:
            raise KeyHasAnotherBody(key=key, field="flows")
        return
    refuse_unless(by, Role.TREASURER, cooperative=cooperative)
    refuse_unless(approved_by, Role.TREASURER, Role.STEWARD, cooperative=cooperative)
    is_alone = counts_alone(cooperative) and not others_who_agree(by)
    if is_one_person(by, approved_by) and not is_alone:
        raise TwoPersonsNeeded()
    if not 0 < amount <= advance_room(membership):
        raise BeyondTheLimit()
    record_entries([Draft(key, "transfer", "advance", flows, at, (by.address, approved_by.address), "two-sided")])
