"""Facts of Stripe: whatever tells that something changed, the object is asked for and taken as it is now."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from market import stripe_connect
from market.services.cards import take_charge, take_session
from market.services.refunds import take_refund

READ = ("checkout.session", "payment_intent", "charge", "refund")


def take_fact(*, kind: str, identity: str, account: str = "", at: datetime) -> bool:
    """Fetch one object and take what it says; whether we know that kind. Run twice, done once."""
    if kind not in READ or (account and kind in {"charge", "payment_intent", "checkout.session", "refund"}):
        return False
    take(stripe_connect.fetch(kind, identity, account), at=at)
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
