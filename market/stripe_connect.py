"""The only file that speaks to Stripe: its own SDK, one version of its API, plain dictionaries in and out.

What Stripe says no to is `Refused`; what it did not answer, or answered with a fault of its own, is `Unanswered`: ask
again, later, with the same key. Nothing here touches the database.
"""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import stripe
from django.conf import settings

VERSION = "2026-08-26.dahlia"
PATIENCE = 15.0  # seconds
TOLERANCE = 300  # seconds that a signature may be old, or early
Answer = dict[str, Any]


class Refused(Exception):
    """Stripe said no, and would say it again."""

    def __init__(self, code: str, words: str) -> None:
        super().__init__(words)
        self.code = code


class Unanswered(Exception):
    """Nobody knows whether it happened. `is_kept`: the same key would get the same answer for a day."""

    def __init__(self, words: str, *, is_kept: bool = False) -> None:
        super().__init__(words)
        self.is_kept = is_kept


class BadSignature(Exception):
    """This was not sent by Stripe to this address, or not now."""


class NotAnEvent(Exception):
    """It is signed by whom we know, and it is no event of Stripe's."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What an event is about; the object itself is asked for."""

    event: str
    kind: str
    account: str
    object_kind: str
    object_id: str


def is_set_up() -> bool:
    """Whether cards can be taken at all."""
    return bool(settings.STRIPE_KEY)


@lru_cache(maxsize=4)
def _client(key: str, address: str) -> stripe.StripeClient:
    addresses: Any = {"base_addresses": {"api": address}} if address else {}
    return stripe.StripeClient(
        key,
        stripe_version=VERSION,
        max_network_retries=0,
        http_client=stripe.RequestsClient(timeout=PATIENCE),
        **addresses,
    )


def _v1() -> Any:
    return _client(settings.STRIPE_KEY, settings.STRIPE_ADDRESS).v1


def _asked(ask: Callable[[], Any]) -> Answer:
    try:
        return dict(ask().to_dict())
    except stripe.RateLimitError as no:
        raise Unanswered(str(no)) from no
    except stripe.APIConnectionError as no:
        raise Unanswered(str(no)) from no
    except stripe.IdempotencyError as no:
        if no.http_status == 409:
            raise Unanswered(str(no)) from no
        raise Refused("idempotency_error", str(no)) from no
    except stripe.StripeError as no:
        if no.http_status is None or no.http_status >= 500 or no.http_status == 409:
            raise Unanswered(str(no), is_kept=True) from no
        raise Refused(no.code or type(no).__name__, no.user_message or str(no)) from no


def make(verb: str, body: Mapping[str, Any], *, key: str, account: str = "") -> Answer:
    """Ask Stripe to do something once; raises Refused or Unanswered."""
    said, options = dict(body), _options(account) | {"idempotency_key": key}
    v1 = _v1()
    match verb:
        case "open_page":
            return _asked(lambda: v1.checkout.sessions.create(said, options))
        case "close_page":
            return _asked(lambda: v1.checkout.sessions.expire(said["session"], {}, options))
        case "give_refund":
            return _asked(lambda: v1.refunds.create(said, options))
        case "send_transfer":
            return _asked(lambda: v1.transfers.create(said, options))
        case "reverse_transfer":
            return _asked(lambda: v1.transfers.reversals.create(said.pop("transfer"), said, options))
        case "open_account":
            return _asked(lambda: v1.accounts.create(said, options))
        case "send_payout":
            return _asked(lambda: v1.payouts.create(said, options))
    raise ValueError(verb)


def look_up(verb: str, body: Mapping[str, Any], *, key: str, account: str = "", since: int = 0) -> Answer | None:
    """What an earlier try of this call made, if it made anything: each object carries its call's key."""
    v1, options, made_since = _v1(), _options(account), {"created": {"gte": since - 3600}, "limit": 100}
    match verb:
        case "open_page":
            found = _rows(lambda: v1.checkout.sessions.list(made_since, options))
        case "close_page":
            return None
        case "give_refund":
            found = _rows(lambda: v1.refunds.list({"charge": body["charge"], "limit": 100}, options))
        case "send_transfer":
            found = _rows(lambda: v1.transfers.list({"transfer_group": body["transfer_group"]}, options))
        case "reverse_transfer":
            found = _rows(lambda: v1.transfers.reversals.list(body["transfer"], {"limit": 100}, options))
        case "open_account":
            found = _rows(lambda: v1.accounts.list(made_since, options))
        case "send_payout":
            found = _rows(lambda: v1.payouts.list({"limit": 100}, options))
        case _:
            raise ValueError(verb)
    return next((row for row in found if (row.get("metadata") or {}).get("call") == key), None)


def _options(account: str) -> dict[str, Any]:
    return {"stripe_account": account} if account else {}


def _rows(ask: Callable[[], Any]) -> Iterator[Answer]:
    """Every object of a list, page after page."""
    rows: list[Answer] = []

    def read() -> Any:
        rows.extend(dict(row.to_dict()) for row in ask().auto_paging_iter())
        return stripe.StripeObject()

    _asked(read)
    return iter(rows)


def fetch(kind: str, identity: str, account: str = "") -> Answer:
    """An object as it is now, with what we read of its neighbours."""
    v1, options = _v1(), _options(account)
    match kind:
        case "checkout.session":
            said: Any = {"expand": ["payment_intent.latest_charge.balance_transaction"]}
            return _asked(lambda: v1.checkout.sessions.retrieve(identity, said, options))
        case "payment_intent":
            said = {"expand": ["latest_charge.balance_transaction"]}
            return _asked(lambda: v1.payment_intents.retrieve(identity, said, options))
        case "charge":
            return _asked(lambda: v1.charges.retrieve(identity, {"expand": ["balance_transaction"]}, options))
        case "refund":
            return _asked(lambda: v1.refunds.retrieve(identity, {}, options))
        case "transfer":
            return _asked(lambda: v1.transfers.retrieve(identity, {}, options))
        case "dispute":
            return _asked(lambda: v1.disputes.retrieve(identity, {}, options))
        case "payout":
            return _asked(lambda: v1.payouts.retrieve(identity, {}, options))
        case "account":
            return _asked(lambda: v1.accounts.retrieve_current() if not identity else v1.accounts.retrieve(identity))
    raise ValueError(kind)


def onboarding_page(account: str, *, again: str, back: str) -> str:
    """The address at Stripe where a cooperative says who it is; good for one visit."""
    said: Any = {"account": account, "type": "account_onboarding", "refresh_url": again, "return_url": back}
    return str(_asked(lambda: _v1().account_links.create(said))["url"])


def statement(account: str = "", *, since: int = 0) -> list[Answer]:
    """Every line of an account's statement from a moment on (seconds), the oldest first."""
    said = {"limit": 100, "created": {"gte": since}}
    return list(_rows(lambda: _v1().balance_transactions.list(said, _options(account))))[::-1]


def balance(account: str = "") -> dict[str, int]:
    """{currency: what the account holds}, available and pending together."""
    found = _asked(lambda: _v1().balance.retrieve({}, _options(account)))
    sums: dict[str, int] = {}
    for part in (*found["available"], *found["pending"]):
        sums[part["currency"].upper()] = sums.get(part["currency"].upper(), 0) + part["amount"]
    return sums


def reversals(transfer: str) -> list[Answer]:
    """What was taken back of a transfer."""
    return list(_rows(lambda: _v1().transfers.reversals.list(transfer, {"limit": 100})))


def read_event(payload: bytes, signature: str) -> Heard:
    """What a webhook is about, once its signature is found good; raises BadSignature, NotAnEvent.

    The SDK accepts timestamps from the future; we do not.
    """
    for secret in settings.STRIPE_WEBHOOK_SECRETS:
        try:
            stripe.WebhookSignature.verify_header(payload, signature, secret, TOLERANCE)
        except (stripe.SignatureVerificationError, UnicodeDecodeError):
            continue
        if _said_at(signature) > time.time() + TOLERANCE:
            break
        return _heard(payload)
    raise BadSignature


def _said_at(signature: str) -> int:
    return next(int(part[2:]) for part in signature.split(",") if part.startswith("t="))


def _heard(payload: bytes) -> Heard:
    try:
        event = json.loads(payload)
        about = event["data"]["object"]
        return Heard(event["id"], event["type"], event.get("account") or "", about["object"], about.get("id") or "")
    except (ValueError, KeyError, TypeError, AttributeError) as no:
        raise NotAnEvent from no
