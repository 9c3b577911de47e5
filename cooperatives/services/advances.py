"""Advances: money before the share it comes from, so that a purse falls below zero and the next share fills it."""

from datetime import datetime

from django.db import transaction

from cooperatives.models import Membership, Role
from cooperatives.queries.advances import advance_room
from cooperatives.services.contributions import lock_cooperative
from cooperatives.services.people import refuse_unless
from ledger import queries as ledger
from ledger.rules.entries import Draft, Flow, claim
from ledger.rules.laws import KeyHasAnotherBody
from ledger.rules.refusal import BadInput, Refusal
from ledger.services.journal import record_account, record_entries


class LimitUnreadable(BadInput):
    """The limit of advances is a whole amount, zero or more."""


class BeyondTheLimit(Refusal):
    """{name} may be advanced {room} more, in the smallest part of the money; {amount} is beyond that."""


class TwoPersonsNeeded(Refusal):
    """An advance needs two persons: one gives it, another one signs too."""


@transaction.atomic
def agree_advances(*, membership: Membership, limit: int, at: datetime, by: Membership | None) -> None:
    """How far below zero a member's purse may fall; a record of the log.

    Raises NotAllowed (a steward agrees), LimitUnreadable.
    """
    cooperative = membership.cooperative
    refuse_unless(by, Role.STEWARD, cooperative=cooperative)
    if limit < 0:
        raise LimitUnreadable()
    unit = claim(cooperative.currency, cooperative.address)
    record_account(address=f"{membership.address}/purse", floors={unit: -limit}, at=at)


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
    if by.pk == approved_by.pk or (by.member_id and by.member_id == approved_by.member_id):
        raise TwoPersonsNeeded()
    room = advance_room(membership)
    if not 0 < amount <= room:
        raise BeyondTheLimit(name=membership.pseudonym, room=room, amount=amount)
    record_entries([Draft(key, "transfer", "advance", flows, at, (by.address, approved_by.address), "two-sided")])
