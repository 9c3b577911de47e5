"""Making the calls that wait: claim, speak outside any transaction, write the answer down."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce

from market import stripe_connect
from market.failpoints import reached
from market.models import StripeCall
from market.services.bank_payouts import lose_payout
from market.services.cards import lose_page
from market.services.refunds import lose_refund
from market.services.stripe_facts import take
from market.services.transfers import lose_reversal, lose_transfer

CLAIMED_FOR = timedelta(seconds=60)  # longer than the client's patience
KEYS_LIVE = timedelta(hours=23)  # Stripe may forget a key after a day; before that we look first
LONGEST_WAIT = 3600
LOSERS: dict[str, Callable[..., None]] = {
    "open_page": lose_page,
    "give_refund": lose_refund,
    "send_transfer": lose_transfer,
    "reverse_transfer": lose_reversal,
    "send_payout": lose_payout,
}


def make_calls(*, at: datetime, only: StripeCall | None = None, most: int = 50) -> int:
    """Make the calls that are due, or only that one; answers how many were answered.

    Two sweeps do not make the same call at once; one that dies in between leaves it to the next, which asks again with
    the same key, so that Stripe does it once.
    """
    due = _waiting(at)
    due = due.filter(pk=only.pk) if only else due.filter(due_at__lte=at)
    return sum(_make_one(pk, at) for pk in list(due.order_by("pk").values_list("pk", flat=True)[:most]))


def _waiting(at: datetime) -> QuerySet[StripeCall]:
    is_free = Q(claimed_at=None) | Q(claimed_at__lte=at - CLAIMED_FOR)
    return StripeCall.objects.filter(is_free, state=StripeCall.State.WAITING)


def _make_one(pk: int, at: datetime) -> bool:
    claim: dict[str, Any] = {
        "claimed_at": at,
        "tries": F("tries") + 1,
        "first_tried_at": Coalesce("first_tried_at", at),
    }
    if not _waiting(at).filter(pk=pk).update(**claim):
        return False
    call = StripeCall.objects.get(pk=pk)
    try:
        answer = _speak(call, at)
    except stripe_connect.Refused as no:
        _write_refusal(call, no, at)
        return True
    except stripe_connect.Unanswered as no:
        _wait(call, no, at)
        return False
    reached(f"{call.verb} answered")
    _write_answer(call, answer, at)
    reached(f"{call.verb} written")
    return True


def _speak(call: StripeCall, at: datetime) -> dict[str, Any]:
    reached(f"{call.verb} claimed")
    first = call.first_tried_at or at
    if call.is_uncertain or at - first > KEYS_LIVE:
        since = int(first.timestamp())
        found = stripe_connect.look_up(call.verb, call.body, key=call.key, account=call.account, since=since)
        if found is not None:
            return found
    try:
        return stripe_connect.make(call.verb, call.body, key=call.key, account=call.account)
    except stripe_connect.Refused:
        if call.verb != "close_page":
            raise
    return stripe_connect.fetch("checkout.session", call.body["session"])  # it was paid, or closed by itself


@transaction.atomic
def _write_answer(call: StripeCall, answer: dict[str, Any], at: datetime) -> None:
    call = StripeCall.objects.select_for_update().get(pk=call.pk)
    if call.state != StripeCall.State.WAITING:
        return
    call.state, call.answered_at, call.object_id = StripeCall.State.DONE, at, answer["id"]
    call.save()
    take(answer, at=at)


@transaction.atomic
def _write_refusal(call: StripeCall, no: stripe_connect.Refused, at: datetime) -> None:
    call = StripeCall.objects.select_for_update().get(pk=call.pk)
    call.state, call.answered_at, call.said = StripeCall.State.REFUSED, at, f"{no.code}: {no}"[:500]
    call.save()
    if lose := LOSERS.get(call.verb):
        lose(call=call)


def _wait(call: StripeCall, no: stripe_connect.Unanswered, at: datetime) -> None:
    due = at + timedelta(seconds=min(2**call.tries, LONGEST_WAIT))
    StripeCall.objects.filter(pk=call.pk).update(
        claimed_at=None, due_at=due, is_uncertain=call.is_uncertain or no.is_kept, said=str(no)[:500]
    )
