"""The cooperatives' clock: votes that have reached their closing date are counted. The rows are the queue."""

from celery import shared_task
from django.utils import timezone

from cooperatives.services.proposals import close_due_votes

TIMETABLE = {"close-votes": {"task": "cooperatives.tasks.close_votes", "schedule": 60.0}}


@shared_task
def close_votes() -> int:
    """Close the votes that are due; answers how many."""
    return close_due_votes(at=timezone.now())
