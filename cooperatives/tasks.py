"""The cooperatives' clock: letters that wait are sent, votes that have reached their closing date are counted. The rows
are the queue."""

from celery import shared_task
from django.utils import timezone

from cooperatives.models import Letter
from cooperatives.post import as_mail
from cooperatives.services import letters
from cooperatives.services.proposals import close_due_votes

TIMETABLE = {
    "close-votes": {"task": "cooperatives.tasks.close_votes", "schedule": 60.0},
    "send-letters-to-members": {"task": "cooperatives.tasks.send_letters_to_members", "schedule": 5.0},
}


@shared_task
def close_votes() -> int:
    """Close the votes that are due; answers how many."""
    return close_due_votes(at=timezone.now())


@shared_task
def send_letters_to_members() -> int:
    """Send what waits; answers how many went."""
    return letters.send_letters(send=_send, at=timezone.now())


def _send(letter: Letter) -> None:
    as_mail(letter.subject, letter.body, letter.to).send()
