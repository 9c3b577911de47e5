"""What Stripe tells by itself: written down once, read afterwards; three days of silence are healed by `reconcile`."""

from datetime import datetime, timedelta

from django.db.models import F, Q

from market.models import StripeEvent
from market.services.stripe_facts import take_fact
from market.stripe_connect import Heard, Refused, Unanswered

CLAIMED_FOR = timedelta(minutes=2)
TRIES = 200


def hear_event(*, heard: Heard, at: datetime) -> bool:
    """Write an event down; whether it is the first time. The number is unique, so twenty at once leave one row."""
    row = StripeEvent(
        event=heard.event, kind=heard.kind, account=heard.account, object_kind=heard.object_kind,
        object_id=heard.object_id, heard_at=at,
    )  # fmt: skip
    made = StripeEvent.objects.bulk_create([row], ignore_conflicts=True)
    return bool(made) and StripeEvent.objects.filter(event=heard.event, heard_at=at).exists()


def read_events(*, at: datetime, most: int = 100) -> int:
    """Take what the events that wait are about; answers how many were read."""
    waiting = StripeEvent.objects.filter(
        Q(claimed_at=None) | Q(claimed_at__lte=at - CLAIMED_FOR), read_at=None, tries__lt=TRIES
    )
    read = 0
    for pk in list(waiting.order_by("pk").values_list("pk", flat=True)[:most]):
        if not waiting.filter(pk=pk).update(claimed_at=at, tries=F("tries") + 1):
            continue
        event = StripeEvent.objects.get(pk=pk)
        try:
            take_fact(kind=event.object_kind, identity=event.object_id, account=event.account, at=at)
        except Unanswered:
            continue  # it stays claimed for a while, and is read again then
        except Refused:
            pass  # Stripe does not know it any more: there is nothing to take
        read += StripeEvent.objects.filter(pk=pk).update(read_at=at)
    return read
