"""Connected accounts: onboarding, transfers and their reversals, payouts (docs.stripe.com/connect)."""

from typing import Any

from config.stripe_sandbox import books, shapes
from config.stripe_sandbox.errors import too_little
from config.stripe_sandbox.sandbox import Sandbox, need, refuse, whole
from config.stripe_sandbox.store import Object, now

LINK_LIVES = 300  # seconds; a link is good for one visit
REQUESTED = ("card_payments", "transfers")


def open_account(box: Sandbox, said: dict[str, Any]) -> Object:
    asked = said.get("capabilities") or {}
    if said.get("type", "express") != "express" or not set(asked) <= set(REQUESTED):
        raise refuse("This sandbox knows Express accounts with card_payments and transfers only.", param="type")
    made = box.store.put(shapes.account(said))
    box.store.put({"id": f"kept_{made['id']}", "object": "kept", "interval": _interval(said)})
    box.say("account.updated", made, made["id"])
    return made


def _interval(said: dict[str, Any]) -> str:
    return str((((said.get("settings") or {}).get("payouts") or {}).get("schedule") or {}).get("interval", "daily"))


def open_link(box: Sandbox, said: dict[str, Any]) -> Object:
    account = box.find("account", need(said, "account"), param="account")
    if need(said, "type") not in {"account_onboarding", "account_update"}:
        raise refuse("Invalid type.", param="type")
    token = box.store.put(
        {"id": f"link_{account['id']}", "object": "kept", "account": account["id"], "used": False,
         "refresh_url": need(said, "refresh_url"), "return_url": need(said, "return_url")}
    )  # fmt: skip
    return {"object": "account_link", "created": now(), "expires_at": now() + LINK_LIVES,
            "url": f"{box.public}/onboarding/{token['account']}"}  # fmt: skip


def set_state(box: Sandbox, account: Object, state: str) -> Object:
    """`ready`: everything was given; `restricted`: Stripe wants more, and holds what goes in and out."""
    ready = state == "ready"
    needs = [] if ready else ["individual.verification.document"]
    account = box.store.put(
        account | {"charges_enabled": ready, "payouts_enabled": ready, "details_submitted": True,
                   "capabilities": dict.fromkeys(account["capabilities"], "active" if ready else "inactive"),
                   "requirements": shapes.requirements(needs)}
    )  # fmt: skip
    box.say("account.updated", account, account["id"])
    return account


def send_transfer(box: Sandbox, said: dict[str, Any]) -> Object:
    said = said | {"currency": need(said, "currency").lower()}
    amount, currency = whole(said, "amount"), said["currency"]
    account = box.find("account", need(said, "destination"), param="destination")
    if account["capabilities"].get("transfers") != "active":
        raise refuse(
            "Your destination account needs to have at least one of the following capabilities enabled: transfers, "
            "crypto_transfers, legacy_payments",
            code="insufficient_capabilities_for_transfer",
        )
    books.refuse_amount(amount, currency)
    available = now()
    if said.get("source_transaction"):
        charge = box.find("charge", said["source_transaction"], "", param="source_transaction")
        sent = [t for t in box.store.all("transfer") if t["source_transaction"] == charge["id"]]
        if charge["currency"] != currency or amount + sum(t["amount"] for t in sent) > charge["amount"]:
            raise refuse(
                "Transfers using this transaction as a source must not exceed the source amount of "
                f"{charge['amount']}.", param="amount",
            )  # fmt: skip
        line = box.store.get(charge["balance_transaction"])
        available = max(available, line["available_on"] if line else available)
    elif books.held(box.store, "", currency) < amount:
        raise too_little("transfer")
    made = shapes.transfer(said, amount)
    group = said.get("transfer_group") or (said.get("source_transaction") and f"group_{said['source_transaction']}")
    line = books.post(box.store, "", -amount, currency, made["id"], "transfer", available_on=available)
    payment = shapes.transferred(made)
    theirs = books.post(
        box.store,
        account["id"],
        amount,
        currency,
        payment["id"],
        "payment",
        category="transfer",
        available_on=available,
    )
    box.store.put(payment | {"balance_transaction": theirs["id"]}, account["id"])
    made |= {"balance_transaction": line["id"], "destination_payment": payment["id"], "transfer_group": group or None}
    box.say("transfer.created", box.store.put(made))
    return made


def reverse_transfer(box: Sandbox, transfer: Object, said: dict[str, Any]) -> Object:
    """Money back from a connected account, as long as it holds that much."""
    left = transfer["amount"] - transfer["amount_reversed"]
    amount, account = whole(said, "amount", left), transfer["destination"]
    if not 0 < amount <= left:
        raise refuse(f"Amount must be between 1 and {left}, which is what is left of this transfer.", param="amount")
    books.refuse_amount(amount, transfer["currency"])
    if books.held(box.store, account, transfer["currency"], with_pending=True) < amount:
        raise too_little("reversal")
    made = shapes.reversal(transfer, amount, said)
    line = books.post(
        box.store, "", amount, transfer["currency"], made["id"], "transfer_refund", category="transfer_reversal"
    )
    payment = box.find("charge", transfer["destination_payment"])
    back = shapes.refund(payment, amount, {})
    del back["destination_details"]
    back |= {"id": back["id"].replace("re_", "pyr_"), "transfer_reversal": None, "source_transfer_reversal": made["id"]}
    theirs = books.post(
        box.store, account, -amount, transfer["currency"], back["id"], "payment_refund", category="transfer_reversal"
    )
    box.store.put(back | {"balance_transaction": theirs["id"]}, account)
    box.store.put(payment | {"amount_refunded": payment["amount_refunded"] + amount}, account)
    made = box.store.put(made | {"balance_transaction": line["id"], "destination_payment_refund": back["id"]})
    reversed_ = transfer["amount_reversed"] + amount
    known = transfer["reversals"] | {"data": [made, *transfer["reversals"]["data"]]}
    transfer = box.store.put(
        transfer | {"amount_reversed": reversed_, "reversed": reversed_ == transfer["amount"], "reversals": known}
    )
    box.say("transfer.reversed", transfer)
    return made


def send_payout(box: Sandbox, said: dict[str, Any], account: str) -> Object:
    amount, currency = whole(said, "amount"), need(said, "currency").lower()
    if account and not box.find("account", account)["payouts_enabled"]:
        raise refuse("Payouts are not enabled for this account.", code="payouts_not_allowed")
    books.refuse_amount(amount, currency)
    if books.held(box.store, account, currency) < amount:
        raise too_little("payout")
    made = shapes.payout(said, amount, currency, now() + 2 * 86_400)
    line = books.post(box.store, account, -amount, currency, made["id"], "payout")
    made = box.store.put(made | {"balance_transaction": line["id"]}, account)
    box.say("payout.created", made, account)
    return made


def end_payout(box: Sandbox, payout: Object, *, arrived: bool) -> Object:
    account = box.store.account_of(payout["id"])
    if payout["status"] not in {"pending", "in_transit"}:
        raise refuse("This payout has ended already.")
    if arrived:
        payout = box.store.put(payout | {"status": "paid"}, account)
        box.say("payout.paid", payout, account)
        return payout
    line = books.post(box.store, account, payout["amount"], payout["currency"], payout["id"], "payout_failure")
    payout = box.store.put(
        payout | {"status": "failed", "failure_balance_transaction": line["id"], "failure_code": "account_closed",
                  "failure_message": "The bank account has been closed."}, account,
    )  # fmt: skip
    box.say("payout.failed", payout, account)
    return payout
