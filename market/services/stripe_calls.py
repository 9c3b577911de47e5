"""Wishes to Stripe: written in the transaction that wants them, with the key and the body they will always have."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from market.models import StripeCall


def write_call(*, key: str, verb: str, body: Mapping[str, Any], at: datetime, account: str = "") -> StripeCall:
    """Write down something to ask of Stripe; the same key answers the call that is there."""
    said = {"verb": verb, "account": account, "body": dict(body), "written_at": at, "due_at": at}
    call, _new = StripeCall.objects.get_or_create(key=key, defaults=said)
    return call


def marked(call_key: str, **more: str) -> dict[str, str]:
    """The metadata by which what a call made can be found again."""
    return {"call": call_key, **more}
