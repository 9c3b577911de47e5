"""What comes after a charge: refunds, and disputes opened, won and lost (docs.stripe.com/refunds, /disputes)."""

from typing import Any

from config.stripe_sandbox import books, shapes
from config.stripe_sandbox.sandbox import Sandbox, refuse, whole
from config.stripe_sandbox.store import Object, now


def give_refund(box: Sandbox, said: dict[str, Any]) -> Object:
    """Money back to the card; Stripe keeps its fee. The platform's balance may fall below zero by it."""
    charge = _charge(box, said)
    left = charge["amount"] - charge["amount_refunded"]
    amount = whole(said, "amount", left)
    if left == 0:
        raise refuse(f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded")
    if charge["disputed"] and not _is_won(box, charge):
        raise refuse(f"Charge {charge['id']} has been charged back; cannot issue a refund.", code="charge_disputed")
    books.refuse_amount(amount, charge["currency"])
    if amount > left:
        raise refuse(
            f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})", param="amount",
            code="amount_too_large",
        )  # fmt: skip
    made = shapes.refund(charge, amount, said)
    line = books.post(box.store, "", -amount, charge["currency"], made["id"], "refund", description="REFUND FOR CHARGE")
    made = box.store.put(made | {"balance_transaction": line["id"]})
    back = charge["amount_refunded"] + amount
    charge = box.store.put(charge | {"amount_refunded": back, "refunded": back == charge["amount"]})
    box.say("refund.created", made)
    box.say("charge.refunded", charge)
    return made


def fail_refund(box: Sandbox, refund: Object) -> Object:
    """The bank could not take it: the platform has the money again (docs.stripe.com/refunds#failed-refunds)."""
    if refund["status"] != "succeeded":
        raise refuse("This refund cannot fail any more.")
    line = books.post(
        box.store, "", refund["amount"], refund["currency"], refund["id"], "refund_failure", category="refund_failure"
    )
    failed = box.store.put(
        refund | {"status": "failed", "failure_reason": "lost_or_stolen_card",
                  "failure_balance_transaction": line["id"]}
    )  # fmt: skip
    charge = box.find("charge", refund["charge"])
    back = charge["amount_refunded"] - refund["amount"]
    box.store.put(charge | {"amount_refunded": back, "refunded": False})
    box.say("refund.failed", failed)
    return failed


def _charge(box: Sandbox, said: dict[str, Any]) -> Object:
    if said.get("charge"):
        return box.find("charge", said["charge"], "", param="charge")
    if said.get("payment_intent"):
        intent = box.find("payment_intent", said["payment_intent"], "", param="payment_intent")
        if intent["status"] == "succeeded":
            return box.find("charge", intent["latest_charge"])
        raise refuse(
            f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund.",
            code="payment_intent_unexpected_state",
        )
    raise refuse("One of the following params should be provided for this request: payment_intent or charge.")


def _is_won(box: Sandbox, charge: Object) -> bool:
    return any(d["charge"] == charge["id"] and d["status"] == "won" for d in box.store.all("dispute"))


def open_dispute(box: Sandbox, charge: Object, reason: str) -> Object:
    """The bank takes the money back; Stripe takes its fee for the trouble."""
    amount = charge["amount"] - charge["amount_refunded"]
    if charge["disputed"] or not amount:
        raise refuse("This charge cannot be disputed.")
    made = shapes.dispute(charge, amount, reason)
    line = books.post(
        box.store, "", -amount, charge["currency"], made["id"], "adjustment", category="dispute",
        fee=books.dispute_fee(charge["currency"]), description=f"Chargeback withdrawal for {charge['id']}",
    )  # fmt: skip
    made = box.store.put(made | {"balance_transactions": [line]})
    box.store.put(charge | {"disputed": True, "dispute": made["id"]})
    box.say("charge.dispute.created", made)
    box.say("charge.dispute.funds_withdrawn", made)
    return made


def close_dispute(box: Sandbox, dispute: Object, *, won: bool) -> Object:
    if dispute["status"] not in {"needs_response", "under_review"}:
        raise refuse(f"This dispute has already been closed with status {dispute['status']}.")
    if won:
        line = books.post(
            box.store, "", dispute["amount"], dispute["currency"], dispute["id"], "adjustment",
            category="dispute_reversal", description=f"Chargeback reversal for {dispute['charge']}",
        )  # fmt: skip
        dispute = dispute | {"balance_transactions": [*dispute["balance_transactions"], line]}
    dispute = box.store.put(dispute | {"status": "won" if won else "lost"})
    if won:
        box.say("charge.dispute.funds_reinstated", dispute)
    box.say("charge.dispute.closed", dispute)
    return dispute


def answer_dispute(box: Sandbox, dispute: Object, said: dict[str, Any]) -> Object:
    """Evidence; the words `winning_evidence` and `losing_evidence` decide (docs.stripe.com/testing#disputes)."""
    words = (said.get("evidence") or {}).get("uncategorized_text")
    details = dispute["evidence_details"] | {"has_evidence": bool(words), "submission_count": 1}
    dispute = box.store.put(
        dispute | {"evidence": dispute["evidence"] | {"uncategorized_text": words}, "evidence_details": details,
                   "status": "under_review", "metadata": dispute["metadata"] | (said.get("metadata") or {})}
    )  # fmt: skip
    if words in {"winning_evidence", "losing_evidence"}:
        return close_dispute(box, dispute, won=words == "winning_evidence")
    box.say("charge.dispute.updated", dispute | {"created": dispute["created"] or now()})
    return dispute
