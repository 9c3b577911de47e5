"""Facts of Stripe: whatever tells that something changed, the object is asked for and taken as it is now."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from market import stripe_connect
from market.services.accounts import take_account
from market.services.bank_payouts import take_payout
from market.services.cards import take_charge, take_session
from market.services.disputes import take_dispute
from market.services.refunds import take_refund
from market.services.transfers import take_reversal, take_transfer

OF_THE_PLATFORM = frozenset(["checkout.session", "payment_intent", "charge", "refund", "transfer", "dispute"])
OF_AN_ACCOUNT = frozenset(["account", "payout"])


def take_fact(*, kind: str, identity: str, account: str = "", at: datetime) -> bool:
    """Fetch one object and take what it says; whether we read that kind. Run twice, done once."""
    if kind not in (OF_AN_ACCOUNT if account else OF_THE_PLATFORM):
        return False
    found = stripe_connect.fetch(kind, identity, account)
    if kind in {"dispute", "refund"}:  # what it is about comes first, whichever was told first
        take(stripe_connect.fetch("charge", found["charge"]), at=at)
    take(found, at=at)
    return True


def take(body: Mapping[str, Any], *, at: datetime) -> None:
    """Take an object, by its kind."""
    match body["object"]:
        case "checkout.session":
            take_session(session=body, at=at)
        case "payment_intent":
            if isinstance(body.get("latest_charge"), dict):
                take_charge(charge=body["latest_charge"], at=at)
        case "charge":
            take_charge(charge=body, at=at)
        case "refund":
            take_refund(refund=body, at=at)
        case "transfer":
            take_transfer(transfer=body, at=at)
        case "transfer_reversal":
            take_reversal(reversal=body, at=at)
        case "dispute":
            take_dispute(dispute=body, at=at)
        case "account":
            take_account(account=body, at=at)
        case "payout":
            take_payout(payout=body, at=at)
