"""Money given: grants and gifts that arrive at a keeper, tied to a fund or for a commons, and setting a fund free."""

from datetime import datetime

from django.db import transaction

from cooperatives.models import Membership, Role
from cooperatives.rules.names import plain_name
from cooperatives.services.money import refuse_money
from cooperatives.services.people import UnreadableName, find_place, refuse_unless
from ledger import queries as ledger
from ledger.rules.entries import Flow, Recorded, claim
from ledger.rules.laws import KeyHasAnotherBody
from ledger.rules.refusal import BadInput, NotFound
from ledger.services.journal import record_entry, record_owner

TREASURERS = (Role.TREASURER, Role.STEWARD)


class GiverMissing(BadInput):
    """Say who gave it."""


class LineMissing(BadInput):
    """Say which line of the statement it is, or the number of the receipt."""


@transaction.atomic
def take_gift(
    *,
    by: Membership,
    giver: Membership | str,
    place: str | None = None,
    amount: int,
    fund: str = "",
    commons: str = "",
    keeper: str,
    statement_line: str,
    at: datetime,
) -> Recorded:
    """Money that a member or somebody outside gave, for nothing: into a tied `fund` of the cooperative, a `commons`,
    or, where neither is named, its working money. It is no sale, and is divided among nobody.

    The same line of a keeper's statement again answers the same entry. Raises NotAllowed (a treasurer or a steward
    takes it), GiverMissing, LineMissing, UnreadableName, NoSuchKeeper, AmountMissing, UnknownPlace.
    """
    cooperative = by.cooperative
    holder, money = cooperative.address, cooperative.currency
    refuse_unless(by, *TREASURERS)
    refuse_money(amount, keeper)
    if not statement_line.strip():
        raise LineMissing()
    owner = _owner(by, giver)
    goal = f"{holder}/free"
    if fund.strip():
        goal = f"{holder}/funds/{_plain(fund)}"
    elif commons.strip():
        goal = f"commons/{_plain(commons)}/purse"
    flows = (
        Flow(f"{owner}/pocket", f"{holder}/till@{keeper}", money, amount),
        Flow(f"{holder}/owes", goal, claim(money, holder), amount),
    )
    key = f"{keeper}/{statement_line.strip()}"
    if known := ledger.entries_by_key([key]).get(key):
        if known.flows != flows:
            raise KeyHasAnotherBody(key=key, field="flows")
        return known
    find_place(place)
    _declare(owner, place, at)
    if goal.startswith("commons/"):
        _declare(goal.rpartition("/")[0], None, at)
    return record_entry(
        key=key, action="transfer", purpose="grant" if fund.strip() else "gift", flows=flows, at=at, by=(by.address,),
        evidence="invoice",
    )  # fmt: skip


@transaction.atomic
def spend_fund(*, by: Membership, fund: str, amount: int, at: datetime, key: str) -> Recorded:
    """Some of a tied fund becomes working money, for what it was given for. `fund` is its name in the ledger.

    Raises NotAllowed (a treasurer or a steward), AmountMissing, and of the ledger BelowFloor.
    """
    here = by.cooperative
    refuse_unless(by, *TREASURERS)
    refuse_money(amount, f"cash/{here.slug}")
    owed = claim(here.currency, here.address)
    return record_entry(
        key=key, action="transfer-all-rights", purpose="fund", at=at, by=(by.address,), evidence="declared",
        flows=[Flow(f"{here.address}/funds/{_plain(fund)}", f"{here.address}/free", owed, amount)],
    )  # fmt: skip


def _owner(by: Membership, giver: Membership | str) -> str:
    if isinstance(giver, Membership):
        if giver.cooperative_id != by.cooperative_id:
            raise NotFound()
        return giver.address
    if not giver.strip():
        raise GiverMissing()
    return f"funders/{_plain(giver)}"


def _plain(name: str) -> str:
    plain = plain_name(name)
    if not plain:
        raise UnreadableName(name=name)
    return plain


def _declare(owner: str, place: str | None, at: datetime) -> None:
    """An owner nobody declared; a place that is known already stays."""
    known = ledger.places_of([owner])
    if owner not in known or (place and known[owner] is None):
        record_owner(owner=owner, place=place, at=at)
