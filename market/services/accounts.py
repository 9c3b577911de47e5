"""A cooperative's own account at Stripe: opened on its wish, filled in on Stripe's page, known as Stripe tells it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction

from cooperatives.queries import approvals_of
from cooperatives.services.approvals import ask_approval
from cooperatives.services.people import refuse_unless
from ledger.rules.refusal import Refusal
from market.models import Stall, StripeAccount
from market.services.stripe_calls import marked, write_call

if TYPE_CHECKING:
    from cooperatives.models import Approval, Membership

OPEN_FOR = timedelta(days=1)


class NotAgreedYet(Refusal):
    """A second person must agree first: on Stripe’s page one says to which bank your money goes."""


@transaction.atomic
def ask_visit(*, by: Membership, at: datetime) -> Approval:
    """Wish to go to Stripe's page, where one says to which bank Stripe pays; agreed to, the way is open for a day.

    Raises NotAllowed (a treasurer or a steward wishes), NobodyElse."""
    refuse_unless(by, "treasurer", "steward")
    if open_since := _visit(by, at):
        return open_since
    pays_out = StripeAccount.objects.filter(cooperative=by.cooperative, can_pay_out=True).exists()
    key = f"account/{by.cooperative.slug}/{secrets.token_urlsafe(12)}"
    return ask_approval(by=by, kind="account", about="account", wish={}, at=at, key=key, is_first=not pays_out)


def _visit(by: Membership, at: datetime) -> Approval | None:
    agreed = approvals_of(by.cooperative, "approved").filter(kind="account", answered_at__gt=at - OPEN_FOR)
    return agreed.first()


@transaction.atomic
def open_account(*, by: Membership, at: datetime) -> StripeAccount:
    """Ask Stripe for an account of the cooperative; asked again, the same one. Raises NotAllowed, NotAgreedYet."""
    refuse_unless(by, "treasurer", "steward")
    if _visit(by, at) is None:
        raise NotAgreedYet
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
