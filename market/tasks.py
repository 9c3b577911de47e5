"""The market's clock: letters that wait are sent, orders that nobody paid are let go. The rows are the queue."""

from celery import shared_task
from django.core.mail import EmailMessage
from django.utils import timezone

from market.models import Letter
from market.services import letters, orders

TIMETABLE = {
    "send-letters": {"task": "market.tasks.send_letters", "schedule": 5.0},
    "expire-orders": {"task": "market.tasks.expire_orders", "schedule": 300.0},
}


@shared_task
def send_letters() -> int:
    """Send what waits in the outbox; answers how many went."""
    return letters.send_letters(send=_send, at=timezone.now())


@shared_task
def expire_orders() -> int:
    """Put goods back on the shelf that were held for orders which nobody paid; answers how many orders."""
    return orders.expire_orders(at=timezone.now())


def _send(letter: Letter) -> None:
    EmailMessage(letter.subject, letter.body, to=[letter.to]).send()
