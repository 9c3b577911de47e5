"""A cooperative's own account at Stripe: opened on its wish, filled in on Stripe's page, known as Stripe tells it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction

from cooperatives.services.people import refuse_unless
from market.models import Stall, StripeAccount
from market.services.stripe_calls import marked, write_call

if TYPE_CHECKING:
    from cooperatives.models import Membership


@transaction.atomic
def open_account(*, by: Membership, at: datetime) -> StripeAccount:
    """Ask Stripe for an account of the cooperative; asked again, it is the same one."""
    refuse_unless(by, "treasurer", "steward")
    cooperative = by.cooperative
    if known := StripeAccount.objects.filter(cooperative=cooperative).select_related("call").first():
        return known
    key = f"account/{cooperative.slug}"
    body: dict[str, Any] = {
        "type": "express",
        "capabilities": {"transfers": {"requested": True}},
        "settings": {"payouts": {"schedule": {"interval": "manual"}}},
        "metadata": marked(key, cooperative=cooperative.slug),
    }
    place = cooperative.place.path if cooperative.place else ""
    if country := place.partition("/")[0].upper():
        body["country"] = country
    if email := Stall.objects.filter(cooperative=cooperative).values_list("email", flat=True).first():
        body["email"] = email
    call = write_call(key=key, verb="open_account", body=body, at=at)
    return StripeAccount.objects.create(cooperative=cooperative, call=call)


@transaction.atomic
def take_account(*, account: Mapping[str, Any], at: datetime) -> StripeAccount | None:
    """What Stripe says of an account: whether money can be sent to it and paid out, and what it still wants."""
    rows = StripeAccount.objects.select_for_update(of=("self",))
    key = (account.get("metadata") or {}).get("call", "")
    row = rows.filter(account=account["id"]).first() or rows.filter(call__key=key, account=None).first()
    if row is None:
        return None
    row.account = account["id"]
    row.is_submitted = bool(account.get("details_submitted"))
    row.is_ready = (account.get("capabilities") or {}).get("transfers") == "active"
    row.can_pay_out = bool(account.get("payouts_enabled"))
    row.needs = list((account.get("requirements") or {}).get("currently_due") or [])
    row.read_at = at
    row.save()
    return row
