"""Objects as Stripe shows them; every field the API description requires, and those that the shop reads."""

from typing import Any

from config.stripe_sandbox.store import Object, new_id, now

NONE_OF_A_CARD = {"address": None, "email": None, "name": None, "phone": None, "tax_id": None}


def listing(data: list[Object], url: str, *, has_more: bool = False) -> Object:
    return {"object": "list", "data": data, "has_more": has_more, "url": url}


def session(said: dict[str, Any], *, total: int, currency: str, public: str, expires_at: int) -> Object:
    identity = new_id("cs_test")
    return {
        "id": identity, "object": "checkout.session", "adaptive_pricing": None, "after_expiration": None,
        "allow_promotion_codes": None, "amount_subtotal": total, "amount_total": total,
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "billing_address_collection": None, "cancel_url": said.get("cancel_url"),
        "client_reference_id": said.get("client_reference_id"), "client_secret": None, "collected_information": None,
        "consent": None, "consent_collection": None, "created": now(), "currency": currency,
        "currency_conversion": None, "custom_fields": [],
        "custom_text": {"after_submit": None, "shipping_address": None, "submit": None,
                        "terms_of_service_acceptance": None},
        "customer": None, "customer_account": None, "customer_creation": "if_required", "customer_details": None,
        "customer_email": said.get("customer_email"), "discounts": [], "expires_at": expires_at, "invoice": None,
        "invoice_creation": None, "livemode": False, "locale": said.get("locale"),
        "metadata": said.get("metadata") or {}, "mode": "payment", "origin_context": None, "payment_intent": None,
        "payment_link": None, "payment_method_collection": "if_required",
        "payment_method_configuration_details": None, "payment_method_options": {}, "payment_method_types": ["card"],
        "payment_status": "unpaid", "permissions": None, "phone_number_collection": {"enabled": False},
        "recovered_from": None, "saved_payment_method_options": None, "setup_intent": None,
        "shipping_address_collection": None, "shipping_cost": None, "shipping_options": [], "status": "open",
        "submit_type": None, "subscription": None, "success_url": said.get("success_url"),
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "ui_mode": "hosted_page", "url": f"{public}/pay/{identity}", "wallet_options": None,
    }  # fmt: skip


def payment_intent(amount: int, currency: str, data: dict[str, Any]) -> Object:
    identity = new_id("pi")
    return {
        "id": identity, "object": "payment_intent", "amount": amount, "amount_capturable": 0,
        "amount_details": {"tip": {}}, "amount_received": 0, "application": None, "application_fee_amount": None,
        "automatic_payment_methods": None, "canceled_at": None, "cancellation_reason": None,
        "capture_method": "automatic_async", "client_secret": f"{identity}_secret_test",
        "confirmation_method": "automatic", "created": now(), "currency": currency, "customer": None,
        "customer_account": None, "description": data.get("description"), "excluded_payment_method_types": None,
        "last_payment_error": None, "latest_charge": None, "livemode": False, "metadata": data.get("metadata") or {},
        "next_action": None, "on_behalf_of": None, "payment_method": None,
        "payment_method_configuration_details": None, "payment_method_options": {}, "payment_method_types": ["card"],
        "processing": None, "receipt_email": None, "review": None, "setup_future_usage": None, "shipping": None,
        "source": None, "statement_descriptor": None, "statement_descriptor_suffix": None,
        "status": "requires_payment_method", "transfer_data": None, "transfer_group": data.get("transfer_group"),
    }  # fmt: skip


def charge(intent: Object, number: str, *, identity: str, paid: bool, failure: tuple[str, str] | None = None) -> Object:
    code, message = failure or (None, None)
    outcome = {
        "network_status": "approved_by_network" if paid else "declined_by_network", "reason": code,
        "advice_code": None, "network_advice_code": None, "network_decline_code": None,
        "risk_level": "normal", "seller_message": "Payment complete." if paid else message,
        "type": "authorized" if paid else "issuer_declined",
    }  # fmt: skip
    return {
        "id": identity, "object": "charge", "amount": intent["amount"],
        "amount_captured": intent["amount"] if paid else 0, "amount_refunded": 0, "application": None,
        "application_fee": None, "application_fee_amount": None, "balance_transaction": None,
        "billing_details": NONE_OF_A_CARD, "calculated_statement_descriptor": "RENNET TEST MODE", "captured": paid,
        "created": now(), "currency": intent["currency"], "customer": None, "description": intent["description"],
        "destination": None, "dispute": None, "disputed": False, "failure_balance_transaction": None,
        "failure_code": code, "failure_message": message, "fraud_details": {}, "livemode": False,
        "metadata": intent["metadata"], "on_behalf_of": None, "order": None, "outcome": outcome, "paid": paid,
        "payment_intent": intent["id"], "payment_method": None,
        "payment_method_details": {"type": "card", "card": {
            "brand": "visa", "checks": None, "country": "FR", "exp_month": 12, "exp_year": 2034, "funding": "credit",
            "last4": number[-4:], "network": "visa", "amount_authorized": intent["amount"], "wallet": None,
            "installments": None, "mandate": None, "three_d_secure": None, "authorization_code": None,
            "network_token": {"used": False}, "network_transaction_id": None,
            "regulated_status": "unregulated",
        }},
        "receipt_email": None, "receipt_number": None, "receipt_url": None, "refunded": False, "review": None,
        "shipping": None, "source": None, "source_transfer": None, "statement_descriptor": None,
        "statement_descriptor_suffix": None, "status": "succeeded" if paid else "failed", "transfer_data": None,
        "transfer_group": intent["transfer_group"],
    }  # fmt: skip


def transferred(transfer: Object) -> Object:
    """The payment that a transfer makes in the account it goes to."""
    intent = {"id": None, "amount": transfer["amount"], "currency": transfer["currency"], "description": None,
              "metadata": {}, "transfer_group": None}  # fmt: skip
    made = charge(intent, "", identity=new_id("py"), paid=True)
    return made | {"payment_method_details": None, "outcome": None, "calculated_statement_descriptor": None,
                   "source_transfer": transfer["id"]}  # fmt: skip


def refund(paid: Object, amount: int, said: dict[str, Any]) -> Object:
    return {
        "id": new_id("re"), "object": "refund", "amount": amount, "balance_transaction": None, "charge": paid["id"],
        "created": now(), "currency": paid["currency"],
        "destination_details": {"type": "card", "card": {"type": "refund", "reference_status": "pending",
                                                         "reference_type": "acquirer_reference_number"}},
        "metadata": said.get("metadata") or {}, "payment_intent": paid["payment_intent"],
        "reason": said.get("reason"), "receipt_number": None, "source_transfer_reversal": None,
        "status": "succeeded", "transfer_reversal": None,
    }  # fmt: skip


def transfer(said: dict[str, Any], amount: int) -> Object:
    identity = new_id("tr")
    return {
        "id": identity, "object": "transfer", "amount": amount, "amount_reversed": 0, "balance_transaction": None,
        "created": now(), "currency": said["currency"], "description": said.get("description"),
        "destination": said["destination"], "destination_payment": None, "livemode": False,
        "metadata": said.get("metadata") or {}, "reversals": listing([], f"/v1/transfers/{identity}/reversals"),
        "reversed": False, "source_transaction": said.get("source_transaction"), "source_type": "card",
        "transfer_group": said.get("transfer_group"),
    }  # fmt: skip


def reversal(of: Object, amount: int, said: dict[str, Any]) -> Object:
    return {
        "id": new_id("trr"), "object": "transfer_reversal", "amount": amount, "balance_transaction": None,
        "created": now(), "currency": of["currency"], "destination_payment_refund": None,
        "metadata": said.get("metadata") or {}, "source_refund": None, "transfer": of["id"],
    }  # fmt: skip


def payout(said: dict[str, Any], amount: int, currency: str, arrives: int) -> Object:
    return {
        "id": new_id("po"), "object": "payout", "amount": amount, "application_fee": None,
        "application_fee_amount": None, "arrival_date": arrives, "automatic": False, "balance_transaction": None,
        "created": now(), "currency": currency, "description": said.get("description"), "destination": None,
        "failure_balance_transaction": None, "failure_code": None, "failure_message": None, "livemode": False,
        "metadata": said.get("metadata") or {}, "method": "standard", "original_payout": None, "payout_method": None,
        "reconciliation_status": "not_applicable", "reversed_by": None, "source_type": "card",
        "statement_descriptor": None, "status": "in_transit", "trace_id": None, "type": "bank_account",
    }  # fmt: skip


def dispute(paid: Object, amount: int, reason: str) -> Object:
    return {
        "id": new_id("du"), "object": "dispute", "amount": amount, "balance_transactions": [], "charge": paid["id"],
        "created": now(), "currency": paid["currency"], "enhanced_eligibility_types": [],
        "evidence": dict.fromkeys(_EVIDENCE) | {"enhanced_evidence": {}},
        "evidence_details": {"due_by": now() + 7 * 86400, "has_evidence": False, "past_due": False,
                             "submission_count": 0, "enhanced_eligibility": {}},
        "is_charge_refundable": False, "livemode": False, "metadata": {}, "payment_intent": paid["payment_intent"],
        "reason": reason, "status": "needs_response",
    }  # fmt: skip


_EVIDENCE = (
    "access_activity_log billing_address cancellation_policy cancellation_policy_disclosure cancellation_rebuttal "
    "customer_communication customer_email_address customer_name customer_purchase_ip customer_signature "
    "duplicate_charge_documentation duplicate_charge_explanation duplicate_charge_id product_description receipt "
    "refund_policy refund_policy_disclosure refund_refusal_explanation service_date service_documentation "
    "shipping_address shipping_carrier shipping_date shipping_documentation shipping_tracking_number "
    "uncategorized_file uncategorized_text"
).split()


def account(said: dict[str, Any]) -> Object:
    identity = new_id("acct")
    due = ["business_profile.url", "external_account", "representative.first_name", "tos_acceptance.date"]
    return {
        "id": identity, "object": "account", "business_profile": None, "business_type": said.get("business_type"),
        "capabilities": dict.fromkeys(said.get("capabilities") or {}, "inactive"), "charges_enabled": False,
        "controller": {"fees": {"payer": "application_express"}, "is_controller": True,
                       "losses": {"payments": "application"}, "requirement_collection": "stripe",
                       "stripe_dashboard": {"type": "express"}, "type": "application"},
        "country": said.get("country") or "FR", "created": now(), "default_currency": "eur", "details_submitted": False,
        "email": said.get("email"),
        "external_accounts": listing([], f"/v1/accounts/{identity}/external_accounts"),
        "future_requirements": requirements([]), "metadata": said.get("metadata") or {}, "payouts_enabled": False,
        "requirements": requirements(due), "type": "express",
    }  # fmt: skip


def requirements(due: list[str], disabled: str | None = None) -> Object:
    return {
        "alternatives": [], "current_deadline": None, "currently_due": due,
        "disabled_reason": disabled or ("requirements.past_due" if due else None), "errors": [],
        "eventually_due": due, "past_due": due, "pending_verification": [],
    }  # fmt: skip


def event(kind: str, body: Object, version: str, account: str, key: str | None) -> Object:
    made = {
        "id": new_id("evt"), "object": "event", "api_version": version, "created": now(), "data": {"object": body},
        "livemode": False, "pending_webhooks": 1, "request": {"id": new_id("req"), "idempotency_key": key},
        "type": kind,
    }  # fmt: skip
    return made | ({"account": account} if account else {})


def endpoint(url: str, secret: str, *, enabled_events: list[str], connect: bool, version: str | None) -> Object:
    return {
        "id": new_id("we"), "object": "webhook_endpoint", "api_version": version,
        "application": "ca_sandbox" if connect else None, "created": now(), "description": None,
        "enabled_events": enabled_events, "livemode": False, "metadata": {}, "secret": secret, "status": "enabled",
        "url": url,
    }  # fmt: skip
