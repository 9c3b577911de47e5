"""The API's addresses: which verb each calls, and how lists and `expand` answer."""

import re
from collections.abc import Callable
from typing import Any

from config.stripe_sandbox import aftermath, books, connect, payments, shapes
from config.stripe_sandbox.errors import StripeError, missing
from config.stripe_sandbox.sandbox import VERSION, Sandbox, need, whole
from config.stripe_sandbox.store import Object, new_id

Verb = Callable[[Sandbox, dict[str, Any], str, tuple[str, ...]], Object]
LISTED = {
    "charges": "charge", "refunds": "refund", "transfers": "transfer", "payouts": "payout", "disputes": "dispute",
    "events": "event", "balance_transactions": "balance_transaction", "payment_intents": "payment_intent",
    "checkout/sessions": "checkout.session", "accounts": "account", "webhook_endpoints": "webhook_endpoint",
}  # fmt: skip
FILTERS = ("charge", "payment_intent", "transfer_group", "destination", "source", "type", "status", "currency")


def answer(box: Sandbox, method: str, path: str, said: dict[str, Any], account: str) -> Object:
    """What the API answers; raises StripeError."""
    for known_method, pattern, verb in ROUTES:
        found = pattern.fullmatch(path)
        if found and known_method == method:
            body = verb(box, said, account, found.groups())
            for field in _words(said.get("expand")):
                body = expanded(box, body, field.split("."))
            return body
    raise StripeError(f"Unrecognized request URL ({method}: {path}).", status=404)


def _words(given: Any) -> list[str]:
    return list(given.values()) if isinstance(given, dict) else list(given or [])


def expanded(box: Sandbox, body: Any, path: list[str]) -> Any:
    """The object with the ids along a path replaced by what they name."""
    if isinstance(body, list):
        return [expanded(box, item, path) for item in body]
    if not isinstance(body, dict) or not path:
        return body
    here, inner = path[0], path[1:]
    if here == "line_items" and body.get("object") == "checkout.session":
        lines = payments.lines_of(box, body)
        return body | {here: shapes.listing(lines, f"/v1/checkout/sessions/{body['id']}/line_items")}
    value = body.get(here)
    if isinstance(value, str):
        value = box.store.get(value) or value
    return body | {here: expanded(box, value, inner) if inner else value}


def _list(kind: str, url: str) -> Verb:
    def verb(box: Sandbox, said: dict[str, Any], account: str, _ids: tuple[str, ...]) -> Object:
        found = box.store.all(kind, None if kind == "account" else account)
        for name in FILTERS:
            if name in said:
                found = [body for body in found if body.get(name) == said[name]]
        since = said.get("created") or {}
        if isinstance(since, dict):
            found = [b for b in found if int(since.get("gte", 0)) <= b["created"] <= int(since.get("lte", 10**12))]
        return page(found, said, url)

    return verb


def page(found: list[Object], said: dict[str, Any], url: str) -> Object:
    ids = [body["id"] for body in found]
    limit = whole(said, "limit", 10)
    if "starting_after" in said:
        found = found[ids.index(said["starting_after"]) + 1 :] if said["starting_after"] in ids else []
    if "ending_before" in said and said["ending_before"] in ids:
        found = found[: ids.index(said["ending_before"])][-limit:]
    return shapes.listing(found[:limit], url, has_more=len(found) > limit)


def _get(kind: str) -> Verb:
    def verb(box: Sandbox, said: dict[str, Any], account: str, ids: tuple[str, ...]) -> Object:
        found = box.find(kind, ids[0], account or None if kind in {"charge", "event", "account"} else account)
        if kind == "balance_transaction":
            return books.shown(found)
        return payments.settled(box, found) if kind == "checkout.session" else found

    return verb


def _endpoint(box: Sandbox, said: dict[str, Any], _account: str, _ids: tuple[str, ...]) -> Object:
    events = said.get("enabled_events")
    if not events:
        raise missing("enabled_events")
    made = shapes.endpoint(
        need(said, "url"), new_id("whsec"), enabled_events=_words(events), connect=str(said.get("connect")) == "true",
        version=said.get("api_version") or VERSION,
    )  # fmt: skip
    return box.store.put(made)


def _reversals(box: Sandbox, said: dict[str, Any], _account: str, ids: tuple[str, ...]) -> Object:
    found = [r for r in box.store.all("transfer_reversal") if r["transfer"] == ids[0]]
    return page(found, said, f"/v1/transfers/{ids[0]}/reversals")


def _delete_endpoint(box: Sandbox, _said: dict[str, Any], _account: str, ids: tuple[str, ...]) -> Object:
    found = box.find("webhook_endpoint", ids[0])
    box.store.put(found | {"status": "disabled"})
    return {"id": ids[0], "object": "webhook_endpoint", "deleted": True}


_ID = r"([A-Za-z0-9_]+)"
_VERBS: list[tuple[str, str, Verb]] = [
    ("POST", "/v1/checkout/sessions", lambda box, said, account, ids: payments.open_session(box, said, account)),
    ("POST", f"/v1/checkout/sessions/{_ID}/expire",
     lambda box, said, account, ids: payments.expire_session(box, box.find("checkout.session", ids[0], account))),
    ("POST", "/v1/refunds", lambda box, said, account, ids: aftermath.give_refund(box, said)),
    ("POST", f"/v1/disputes/{_ID}",
     lambda box, said, account, ids: aftermath.answer_dispute(box, box.find("dispute", ids[0], account), said)),
    ("POST", f"/v1/disputes/{_ID}/close",
     lambda box, said, account, ids: aftermath.close_dispute(box, box.find("dispute", ids[0], account), won=False)),
    ("POST", "/v1/accounts", lambda box, said, account, ids: connect.open_account(box, said)),
    ("POST", "/v1/account_links", lambda box, said, account, ids: connect.open_link(box, said)),
    ("POST", "/v1/transfers", lambda box, said, account, ids: connect.send_transfer(box, said)),
    ("POST", f"/v1/transfers/{_ID}/reversals",
     lambda box, said, account, ids: connect.reverse_transfer(box, box.find("transfer", ids[0], ""), said)),
    ("GET", f"/v1/transfers/{_ID}/reversals", _reversals),
    ("POST", "/v1/payouts", lambda box, said, account, ids: connect.send_payout(box, said, account)),
    ("POST", "/v1/webhook_endpoints", _endpoint),
    ("DELETE", f"/v1/webhook_endpoints/{_ID}", _delete_endpoint),
    ("GET", "/v1/balance", lambda box, said, account, ids: books.balance(box.store, account)),
    *(("GET", f"/v1/{url}", _list(kind, f"/v1/{url}")) for url, kind in LISTED.items()),
    *(("GET", f"/v1/{url}/{_ID}", _get(kind)) for url, kind in LISTED.items()),
]  # fmt: skip
ROUTES = [(method, re.compile(pattern), verb) for method, pattern, verb in _VERBS]
