"""Carrying out what a second person agreed to: roles, rules, bank data, the account at Stripe, money to the bank."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import transaction

from cooperatives.services.advances import carry_out_advance
from cooperatives.services.approvals import agree, set_money_rules, set_roles
from cooperatives.services.credit import carry_out_credit_payment
from cooperatives.services.moves import carry_out_move
from market.services.bank_payouts import send_bank_payout
from market.services.catalogue import set_bank_account

if TYPE_CHECKING:
    from cooperatives.models import Approval, Membership


@transaction.atomic
def approve_wish(*, by: Membership, approval: Approval, at: datetime) -> Approval:
    """Agree to somebody's wish, and carry it out with the same stroke; agreed to again, it is carried out once.

    Raises NotAllowed, YourOwnWish, WishAnswered, and whatever the wish itself is refused for by now.
    """
    if agree(by=by, approval=approval, at=at):
        cooperative, wish = approval.cooperative, approval.wish
        match approval.kind:
            case "roles":
                set_roles(cooperative=cooperative, wish=wish)
            case "rules":
                set_money_rules(cooperative=cooperative, wish=wish)
            case "bank":
                set_bank_account(cooperative=cooperative, wish=wish)
            case "sending":
                send_bank_payout(cooperative=cooperative, wish=wish, at=at)
            case "advance":
                carry_out_advance(approval=approval, at=at, by=by)
            case "moving":
                carry_out_move(approval=approval, at=at)
            case "credited":
                carry_out_credit_payment(approval=approval, at=at)
            case "account":
                pass  # for a day, Stripe's page is open to those who may go there
    approval.refresh_from_db()
    return approval
