"""What people see: the payment page, the bank's question, onboarding, and a desk with switches. All say test mode."""

import html
from typing import Any
from urllib.parse import quote

from config.stripe_sandbox import aftermath, books, connect, payments
from config.stripe_sandbox.errors import StripeError
from config.stripe_sandbox.faults import KINDS, clear_faults, faults, set_fault
from config.stripe_sandbox.sandbox import Sandbox
from config.stripe_sandbox.store import Object

Answer = tuple[int, str, str, dict[str, str]]
STYLE = """
:root { color-scheme: light; --ink: #1a1f36; --soft: #4f566b; --line: #d5dbe1; --blue: #0b5fd0 }
* { box-sizing: border-box } body { margin: 0; font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: #f6f8fa }
.mode { background: #f5d565; color: #3d2e00; padding: .5rem 1rem; font-weight: 600; text-align: center }
main { max-width: 30rem; margin: 0 auto; padding: 1.5rem 1rem } main.wide { max-width: 64rem }
h1 { font-size: 1.25rem; margin: 0 0 .25rem } .sum { font-size: 2.25rem; font-weight: 700; margin: .25rem 0 1rem }
table { width: 100%; border-collapse: collapse; margin: 0 0 1rem } td, th { padding: .35rem 0; text-align: start; vertical-align: top;
border-bottom: 1px solid var(--line); overflow-wrap: anywhere } td.n, th.n { text-align: end; padding-inline-start: 1rem }
.sheet { background: #fff; border: 1px solid var(--line); border-radius: 8px; padding: 1rem; margin: 0 0 1rem }
label { display: block; font-weight: 600; margin: .75rem 0 .25rem } input, select { width: 100%; font: inherit; padding: .6rem;
border: 1px solid #6b7280; border-radius: 6px; background: #fff; color: inherit }
.pair { display: grid; grid-template-columns: 1fr 1fr; gap: 1rem } button { font: inherit; font-weight: 600; padding: .75rem 1rem;
border: 1px solid var(--ink); border-radius: 6px; background: #fff; color: var(--ink); cursor: pointer; margin-top: 1rem }
button.main { width: 100%; background: var(--blue); border-color: var(--blue); color: #fff } .soft { color: var(--soft) }
.no { border-inline-start: 4px solid #b3261e; background: #fdecea; padding: .75rem 1rem; margin: 0 0 1rem } a { color: var(--blue) }
form.here { display: inline } code { font-size: .85em } .scroll { overflow-x: auto }
"""
CARDS = (
    ("4242 4242 4242 4242", "pays"),
    ("4000 0025 0000 3155", "the bank asks first (3-D Secure)"),
    ("4000 0000 0000 0002", "is declined"),
    ("4000 0000 0000 0259", "pays, and is disputed"),
    ("4000 0000 0000 0077", "pays, its money at once available"),
)
DECIMALS = {"xof": 0, "jpy": 0, "kwd": 3, "bhd": 3, "tnd": 3, "jod": 3, "omr": 3}


def answer(box: Sandbox, method: str, path: str, said: dict[str, Any]) -> Answer:
    words = [word for word in path.split("/") if word]
    try:
        match method, words:
            case _, []:
                return _desk(box)
            case "GET", ["pay", identity]:
                return _payment_page(box, identity)
            case "POST", ["pay", identity]:
                return _pay(box, identity, said)
            case "POST", ["pay", identity, "bank"]:
                return _pay(box, identity, said, confirmed=said.get("said") == "yes")
            case "GET", ["onboarding", account]:
                return _onboarding(box, account)
            case "POST", ["onboarding", account]:
                return _onboard(box, account, str(said.get("state")))
            case "POST", ["desk", *what]:
                return _act(box, what, said)
    except StripeError as no:
        return _page("Not possible", f"<p class=no role=alert>{_e(no)}</p>", status=no.status)
    return _page("Nothing here", "<p>There is no such page.</p>", status=404)


def _e(value: object) -> str:
    return html.escape(str(value))


def money(amount: int, currency: str) -> str:
    places = DECIMALS.get(currency, 2)
    sign, digits = "−" if amount < 0 else "", str(abs(amount)).rjust(places + 1, "0")
    return (
        f"{sign}{digits[:-places]}.{digits[-places:]} {currency.upper()}"
        if places
        else f"{sign}{digits} {currency.upper()}"
    )


def _page(title: str, body: str, *, status: int = 200, wide: bool = False) -> Answer:
    text = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{_e(title)} · test mode</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">'
        f'<style>{STYLE}</style></head><body><div class="mode" role="note">Test mode: a stand-in for Stripe. No real '
        f"card, no real money.</div><main{' class=wide' if wide else ''}><h1>{_e(title)}</h1>{body}</main></body></html>"
    )
    return status, "text/html; charset=utf-8", text, {}


def _go(address: str) -> Answer:
    return 303, "text/plain", "", {"Location": address}


def _session(box: Sandbox, identity: str) -> Object:
    with box.store.changing():
        return payments.settled(box, box.find("checkout.session", identity))


def _payment_page(box: Sandbox, identity: str, no: str = "") -> Answer:
    session = _session(box, identity)
    if session["status"] == "complete":
        return _go(_after(session))
    if session["status"] != "open":
        back = f'<p><a href="{_e(session["cancel_url"])}">Back to the shop</a></p>' if session["cancel_url"] else ""
        return _page("This payment page has expired", back)
    rows = "".join(
        f"<tr><td>{_e(line['description'])} × {line['quantity']}<td class=n>{money(line['amount_total'], line['currency'])}"
        for line in payments.lines_of(box, session)
    )
    cards = "".join(f"<tr><td><code>{number}</code><td>{_e(what)}" for number, what in CARDS)
    total = money(session["amount_total"], session["currency"])
    said = f'<p class="no" role="alert">{_e(no)}</p>' if no else ""
    back = f'<p><a href="{_e(session["cancel_url"])}">Back to the shop</a></p>' if session["cancel_url"] else ""
    return _page(
        "Pay by card",
        f'<p class="sum">{total}</p>{said}<table>{rows}</table><form class="sheet" method="post" action="/pay/{_e(identity)}">'
        f'<label for="email">E-mail</label><input id="email" name="email" type="email" value="{_e(session["customer_email"] or "")}">'
        '<label for="number">Card number</label><input id="number" name="number" inputmode="numeric" autocomplete="off" required>'
        '<div class="pair"><div><label for="until">Valid until</label><input id="until" name="until" placeholder="12/34"></div>'
        '<div><label for="cvc">CVC</label><input id="cvc" name="cvc" placeholder="123" inputmode="numeric"></div></div>'
        f'<button class="main">Pay {total}</button></form>{back}<h2>Cards of the test mode</h2><table>{cards}</table>',
        status=402 if no else 200,
    )


def _pay(box: Sandbox, identity: str, said: dict[str, Any], *, confirmed: bool | None = None) -> Answer:
    number = str(said.get("number", ""))
    try:
        with box.store.changing():
            outcome = payments.pay(box, box.find("checkout.session", identity), number, confirmed=confirmed)
    except payments.Declined as no:
        with box.store.changing():  # what was declined stays on record too
            _record_decline(box, identity, number, confirmed)
        return _payment_page(box, identity, str(no))
    if outcome == "ask":
        return _ask(identity, number)
    return _go(_after(_session(box, identity)))


def _record_decline(box: Sandbox, identity: str, number: str, confirmed: bool | None) -> None:
    try:
        payments.pay(box, box.find("checkout.session", identity), number, confirmed=confirmed)
    except payments.Declined:
        return


def _ask(identity: str, number: str) -> Answer:
    given = f'<input type="hidden" name="number" value="{_e(number)}">'
    return _page(
        "Your bank asks",
        "<p>Is it you who pays? (3-D Secure)</p>"
        f'<form class="sheet" method="post" action="/pay/{_e(identity)}/bank">{given}'
        '<button class="main" name="said" value="yes">Complete</button> <button name="said" value="no">Fail</button></form>',
    )


def _after(session: Object) -> str:
    return str(session["success_url"]).replace("{CHECKOUT_SESSION_ID}", quote(session["id"]))


def _onboarding(box: Sandbox, identity: str) -> Answer:
    link = box.store.get(f"link_{identity}")
    if link is None:
        return _page("This link is no good", "<p>Ask the shop for another.</p>", status=404)
    return _page(
        "Tell us about your business",
        "<p>Stripe asks here who you are and which bank account you have. In test mode you choose the outcome.</p>"
        f'<form class="sheet" method="post" action="/onboarding/{_e(identity)}">'
        '<button class="main" name="state" value="ready">Give everything, and be verified</button>'
        '<button name="state" value="restricted">Leave something out</button></form>'
        f'<p><a href="{_e(link["refresh_url"])}">Start again</a></p>',
    )


def _onboard(box: Sandbox, identity: str, state: str) -> Answer:
    link = box.store.get(f"link_{identity}")
    if link is None:
        return _page("This link is no good", "<p>Ask the shop for another.</p>", status=404)
    with box.store.changing():
        connect.set_state(box, box.find("account", identity), state)
    return _go(str(link["return_url"]))


def _desk(box: Sandbox) -> Answer:
    accounts = [("", "Platform"), *((a["id"], a["email"] or a["id"]) for a in box.store.all("account", None))]
    parts = [_switches(box)]
    for identity, name in accounts:
        rows = "".join(
            f"<tr><td>{_e(line['type'])}<td><code>{_e(line['source'])}</code><td class=n>{money(line['amount'], line['currency'])}"
            f"<td class=n>{money(line['fee'], line['currency'])}<td class=n>{money(line['net'], line['currency'])}"
            f"<td>{_buttons(box, line)}"
            for line in box.store.all("balance_transaction", identity)[:50]
        )
        balance = books.balance(box.store, identity)
        sums = ", ".join(
            f"{money(b['amount'], b['currency'])} {kind}" for kind in ("available", "pending") for b in balance[kind]
        )
        parts.append(
            f'<div class="sheet"><h2>{_e(name)}</h2><p>{_e(sums)}</p><div class="scroll"><table><tr><th>Line<th>Of<th class=n>'
            f"Amount<th class=n>Fee<th class=n>Net<th>{rows}</table></div></div>"
        )
    return _page("Desk of the sandbox", "".join(parts), wide=True)


def _switches(box: Sandbox) -> str:
    kinds = "".join(f"<option>{_e(kind)}" for kind in KINDS)
    set_ = "".join(f"<li>{_e(kind)}, {n} times, where “{_e(word)}”" for kind, word, n in faults(box))
    return (
        '<form class="sheet" method="post" action="/desk/fault"><h2>Let something go wrong</h2><div class="pair"><div>'
        f'<label for="kind">What</label><select id="kind" name="kind">{kinds}</select></div><div><label for="word">Where '
        '(a part of the address, or of the event’s type)</label><input id="word" name="word"></div></div>'
        '<label for="times">How often</label><input id="times" name="times" value="1" inputmode="numeric">'
        f"<button>Switch on</button></form><ul>{set_}</ul>"
    )


def _buttons(box: Sandbox, line: Object) -> str:
    body = box.store.get(line["source"]) or {}
    verbs = {
        ("charge", "succeeded"): ["dispute"] if not body.get("disputed") else [],
        ("dispute", "needs_response"): ["win", "lose"], ("dispute", "under_review"): ["win", "lose"],
        ("payout", "in_transit"): ["arrive", "fail"], ("refund", "succeeded"): ["fail-refund"],
    }.get((body.get("object", ""), body.get("status", "")), [])  # fmt: skip
    return " ".join(
        f'<form class="here" method="post" action="/desk/{verb}/{_e(line["source"])}"><button>{verb}</button></form>'
        for verb in verbs
    )


def _act(box: Sandbox, what: list[str], said: dict[str, Any]) -> Answer:
    """The desk's buttons; tests press them too."""
    match what:
        case ["fault"]:
            set_fault(box, str(said.get("kind")), str(said.get("word") or ""), int(said.get("times") or 1))
            return _go("/")
        case ["faults", "clear"]:
            clear_faults(box)
            return _go("/")
    with box.store.changing():
        match what:
            case ["dispute", charge]:
                aftermath.open_dispute(box, box.find("charge", charge), "fraudulent")
            case ["win" | "lose" as verb, dispute]:
                aftermath.close_dispute(box, box.find("dispute", dispute), won=verb == "win")
            case ["arrive" | "fail" as verb, payout]:
                connect.end_payout(box, box.find("payout", payout), arrived=verb == "arrive")
            case ["fail-refund", refund]:
                aftermath.fail_refund(box, box.find("refund", refund))
            case ["ready" | "restricted" as state, account]:
                connect.set_state(box, box.find("account", account), state)
    return _go("/")
