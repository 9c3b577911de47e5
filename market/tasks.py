"""The market's clock: letters that wait are sent, orders that nobody paid are let go. The rows are the queue."""

from celery import shared_task
from django.utils import timezone
from django.utils.translation import override

from cooperatives.post import as_mail
from market.models import Letter
from market.services import cards, cycles, letters, orders, stripe_answers, stripe_events, transfers
from market.services.reconcile import reconcile as compare
from market.stripe_connect import is_set_up

TIMETABLE = {
    "make-calls": {"task": "market.tasks.make_calls", "schedule": 5.0},
    "read-events": {"task": "market.tasks.read_events", "schedule": 2.0},
    "close-pages": {"task": "market.tasks.close_pages", "schedule": 60.0},
    "send-transfers": {"task": "market.tasks.send_transfers", "schedule": 60.0},
    "reconcile": {"task": "market.tasks.reconcile", "schedule": 3600.0},
    "send-letters": {"task": "market.tasks.send_letters", "schedule": 5.0},
    "expire-orders": {"task": "market.tasks.expire_orders", "schedule": 300.0},
    "close-cycles": {"task": "market.tasks.close_cycles", "schedule": 60.0},
}


@shared_task
def send_letters() -> int:
    """Send what waits in the outbox; answers how many went."""
    return letters.send_letters(send=_send, at=timezone.now())


@shared_task
def expire_orders() -> int:
    """Put goods back on the shelf that were held for orders which nobody paid; answers how many orders."""
    return orders.expire_orders(at=timezone.now())


@shared_task
def close_cycles() -> int:
    """Close the order cycles whose time is over; answers how many."""
    return cycles.close_due_cycles(at=timezone.now())


@shared_task
def make_calls() -> int:
    """Ask Stripe what waits to be asked; answers how many calls were answered."""
    return stripe_answers.make_calls(at=timezone.now()) if is_set_up() else 0


@shared_task
def read_events() -> int:
    """Take what Stripe told; answers how many events."""
    return stripe_events.read_events(at=timezone.now()) if is_set_up() else 0


@shared_task
def close_pages() -> int:
    """Close the payment pages of orders that nobody paid in time; answers how many."""
    return cards.close_pages_of_expired_orders(at=timezone.now()) if is_set_up() else 0


@shared_task
def send_transfers() -> int:
    """Ask for sellers to be sent their part of what is divided; answers how many transfers."""
    return transfers.send_what_is_divided(at=timezone.now()) if is_set_up() else 0


@shared_task
def reconcile() -> int:
    """Take what Stripe's statements tell and no event told; answers how many differences are left."""
    return len(compare(at=timezone.now()).differences) if is_set_up() else 0


def _send(letter: Letter) -> None:
    with override(letter.order.language):
        as_mail(letter.subject, letter.body, letter.to).send()
