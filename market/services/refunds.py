"""Money that goes back to a card."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from cooperatives.services.people import OPERATOR
from ledger.queries import entries_by_key
from ledger.services.journal import record_entries
from market.models import Refund, StripeCall
from market.rules.cards import given_back_draft, line_key
from market.services.cards import moment_of

SYSTEM = (OPERATOR,)


@transaction.atomic
def take_refund(*, refund: Mapping[str, Any], at: datetime) -> Refund | None:
    """Stripe gave money back: the order's own leaves for the card."""
    asked = (refund.get("metadata") or {}).get("call", "")
    row = Refund.objects.select_for_update(of=("self",)).filter(key=asked).select_related("order").first()
    key = line_key(refund["id"])
    if row is None or refund["status"] in {"canceled", "requires_action"} or key in entries_by_key([key]):
        return row
    row.refund, row.state, row.given_at = refund["id"], Refund.State.GIVEN, moment_of(refund)
    row.save()
    draft = given_back_draft(
        key=key, order=row.order.owner, money=row.currency, amount=refund["amount"], at=moment_of(refund), by=SYSTEM
    )
    record_entries([draft])
    return row


def lose_refund(*, call: StripeCall) -> None:
    """Stripe would not give it back."""
    Refund.objects.filter(call=call).update(state=Refund.State.FAILED)
