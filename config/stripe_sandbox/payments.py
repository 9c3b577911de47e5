"""Checkout: sessions, the payment behind each, and what a test card does (docs.stripe.com/testing)."""

from typing import Any

from config.stripe_sandbox import books, shapes
from config.stripe_sandbox.aftermath import open_dispute
from config.stripe_sandbox.sandbox import Sandbox, need, refuse, whole
from config.stripe_sandbox.store import Object, new_id, now

HALF_AN_HOUR, A_DAY = 1800, 86_400

DECLINES = {
    "4000000000000002": ("card_declined", "Your card was declined."),
    "4000000000009995": ("card_declined", "Your card has insufficient funds."),
    "4000000000000069": ("expired_card", "Your card has expired."),
    "4000000000000127": ("incorrect_cvc", "Your card's security code is incorrect."),
}
ASK_FIRST = frozenset({"4000002500003155", "4000002760003184", "4000000000003220"})  # 3-D Secure
DISPUTED = {"4000000000000259": "fraudulent", "4000000000002685": "product_not_received"}
AT_ONCE = frozenset({"4000000000000077"})  # its money is available at once
GOOD = frozenset({"4242424242424242", "5555555555554444", "378282246310005", *AT_ONCE})
KNOWN = GOOD | ASK_FIRST | DECLINES.keys() | DISPUTED.keys()


def open_session(box: Sandbox, said: dict[str, Any], account: str) -> Object:
    if need(said, "mode") != "payment":
        raise refuse("This sandbox knows payments only.", param="mode")
    need(said, "success_url")
    lines = _lines(need(said, "line_items"))
    total, currency = sum(line["amount_total"] for line in lines), lines[0]["currency"]
    books.refuse_amount(total, currency, "line_items")
    expires_at = whole(said, "expires_at", now() + A_DAY)
    if not now() + HALF_AN_HOUR - 5 <= expires_at <= now() + A_DAY + 5:
        raise refuse(
            "The `expires_at` timestamp must be at least 30 minutes and at most 24 hours from Checkout Session "
            "creation.",
            param="expires_at",
        )
    made = shapes.session(said, total=total, currency=currency, public=box.public, expires_at=expires_at)
    hidden = {"id": f"kept_{made['id']}", "object": "kept", "lines": lines,
              "payment_intent_data": said.get("payment_intent_data") or {}}  # fmt: skip
    box.store.put(hidden)
    return box.store.put(made, account)


def _lines(items: Any) -> list[Object]:
    made = []
    for n, item in enumerate(items.values() if isinstance(items, dict) else items):
        price = need(item, "price_data")
        currency, unit, number = (
            need(price, "currency").lower(),
            whole(price, "unit_amount"),
            whole(item, "quantity", 1),
        )
        if unit < 0 or number < 1:
            raise refuse("Invalid positive integer", param=f"line_items[{n}]")
        made.append({"id": new_id("li"), "object": "item", "amount_discount": 0, "amount_subtotal": unit * number,
                     "amount_tax": 0, "amount_total": unit * number, "currency": currency,
                     "description": need(price.get("product_data") or {}, "name"), "quantity": number})  # fmt: skip
    if not made or len({line["currency"] for line in made}) > 1:
        raise refuse("All line items must have the same currency.", param="line_items")
    return made


def lines_of(box: Sandbox, session: Object) -> list[Object]:
    found = box.store.get(f"kept_{session['id']}")
    return found["lines"] if found else []


def settled(box: Sandbox, session: Object) -> Object:
    """The session as it stands: an open one whose time is over has expired."""
    if session["status"] == "open" and session["expires_at"] <= now():
        return _expired(box, session)
    return session


def expire_session(box: Sandbox, session: Object) -> Object:
    session = settled(box, session)
    if session["status"] != "open":
        raise refuse(
            'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a status of '
            f"{session['status']}."
        )
    return _expired(box, session)


def _expired(box: Sandbox, session: Object) -> Object:
    session = box.store.put(session | {"status": "expired", "url": None})
    if session["payment_intent"] and (intent := box.store.get(session["payment_intent"])):
        box.store.put(intent | {"status": "canceled", "canceled_at": now(), "cancellation_reason": "automatic"})
    box.say("checkout.session.expired", session)
    return session


class Declined(Exception):
    """The bank said no; the page says why and stays open."""


def pay(box: Sandbox, session: Object, number: str, *, confirmed: bool | None = None) -> str:
    """What pressing "Pay" does: "ask" (the bank wants to see the buyer first) or "paid"; raises Declined.

    `confirmed` is what the buyer told the bank.
    """
    session = settled(box, session)
    if session["status"] == "complete":
        return "paid"
    if session["status"] != "open":
        raise Declined("This payment page has expired.")
    number = "".join(number.split())
    if number not in KNOWN:
        raise Declined("Your card number is incorrect. In test mode only the cards named below exist.")
    kept = box.store.get(f"kept_{session['id']}") or {}
    intent = box.store.get(session["payment_intent"]) if session["payment_intent"] else None
    if intent is None:
        intent = shapes.payment_intent(session["amount_total"], session["currency"], kept["payment_intent_data"])
        session = box.store.put(session | {"payment_intent": intent["id"]})
        box.say("payment_intent.created", box.store.put(intent))
    failure = DECLINES.get(number)
    if confirmed is False:
        failure = ("payment_intent_authentication_failure", "We are unable to authenticate your payment method.")
    if failure:
        _fail(box, intent, number, failure)
        raise Declined(failure[1])
    if number in ASK_FIRST and confirmed is None:
        box.store.put(intent | {"status": "requires_action"})
        return "ask"
    _succeed(box, session, intent, number)
    return "paid"


def _fail(box: Sandbox, intent: Object, number: str, failure: tuple[str, str]) -> None:
    charge = box.store.put(shapes.charge(intent, number, identity=new_id("ch"), paid=False, failure=failure))
    error = {"type": "card_error", "code": failure[0], "message": failure[1], "charge": charge["id"]}
    intent = box.store.put(
        intent | {"status": "requires_payment_method", "latest_charge": charge["id"], "last_payment_error": error}
    )
    box.say("charge.failed", charge)
    box.say("payment_intent.payment_failed", intent)


def _succeed(box: Sandbox, session: Object, intent: Object, number: str) -> None:
    amount, currency = intent["amount"], intent["currency"]
    charge = shapes.charge(intent, number, identity=new_id("ch"), paid=True)
    available = now() + (0 if number in AT_ONCE else box.settles_after)
    line = books.post(
        box.store, "", amount, currency, charge["id"], "charge", fee=books.card_fee(amount, currency),
        available_on=available,
    )  # fmt: skip
    charge = box.store.put(charge | {"balance_transaction": line["id"]})
    intent = box.store.put(
        intent | {"status": "succeeded", "amount_received": amount, "latest_charge": charge["id"],
                  "last_payment_error": None}
    )  # fmt: skip
    session = box.store.put(
        session | {"status": "complete", "payment_status": "paid", "url": None, "customer_details": {
            "address": None, "business_name": None, "email": session["customer_email"], "individual_name": None,
            "name": None, "phone": None, "tax_exempt": "none", "tax_ids": []}}
    )  # fmt: skip
    box.say("charge.succeeded", charge)
    box.say("payment_intent.succeeded", intent)
    box.say("checkout.session.completed", session)
    if number in DISPUTED:
        open_dispute(box, charge, DISPUTED[number])
