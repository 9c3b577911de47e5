"""Money that a cooperative brings from one of its places to another, as cash to the bank; two persons agree."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from cooperatives.models import Approval, Membership, Role
from cooperatives.services.approvals import ask_approval
from cooperatives.services.money import move_money, refuse_money
from cooperatives.services.people import refuse_unless
from ledger.queries import balance_of, entries_by_key
from ledger.rules.refusal import BadInput, Refusal


class TooLittleThere(Refusal):
    """{keeper} holds less than that."""


class SamePlace(BadInput):
    """It must go to another place than it comes from."""


class LineThere(Refusal):
    """Line {line} is recorded already."""


@transaction.atomic
def ask_move(*, by: Membership, source: str, target: str, amount: int, statement_line: str, at: datetime) -> Approval:
    """Wish that money goes from one keeper to another (cash/fern, bank/fern); a second person agrees, and it is
    recorded under the line of the keeper that received it (market.services.approvals).

    Raises NotAllowed (a treasurer or a steward wishes), NoSuchKeeper, AmountMissing, SamePlace, TooLittleThere,
    LineThere, AnotherWishWaits, NobodyElse.
    """
    refuse_unless(by, Role.TREASURER, Role.STEWARD)
    wish = {"source": source, "target": target, "amount": amount, "statement_line": statement_line}
    _refuse(by, wish)
    line = f"{target}/{statement_line}"
    asked = ask_approval(
        by=by, kind=Approval.Kind.MOVING, about=f"moving/{line}"[:100], wish=wish, at=at, key=f"moving/{line}"
    )
    if asked.state == Approval.State.APPROVED:
        carry_out_move(approval=asked, at=at)
    return asked


def carry_out_move(*, approval: Approval, at: datetime) -> None:
    """Record what two persons agreed on. Raises what ask_move raises for the state of things now."""
    by, wish = approval.asked_by, approval.wish
    _refuse(by, wish)
    move_money(by=by, at=at, **wish)


def _refuse(by: Membership, wish: Mapping[str, Any]) -> None:
    for keeper in (wish["source"], wish["target"]):
        refuse_money(wish["amount"], keeper)
    if wish["source"] == wish["target"]:
        raise SamePlace
    if entries_by_key([f"{wish['target']}/{wish['statement_line']}"]):
        raise LineThere(line=f"{wish['target']}/{wish['statement_line']}")
    if balance_of(f"{by.cooperative.address}/till@{wish['source']}", by.cooperative.currency) < wish["amount"]:
        raise TooLittleThere(keeper=wish["source"])
