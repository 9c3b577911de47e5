"""The ledger's clock: what was committed gets its place in the log within seconds, whoever forgot to ask."""

from celery import shared_task

from ledger.services import log

TIMETABLE = {"publish-checkpoint": {"task": "ledger.tasks.publish_checkpoint", "schedule": 2.0}}


@shared_task
def publish_checkpoint() -> None:
    """Sequence and publish; with nothing new it changes nothing, and two at once wait for each other."""
    log.publish_checkpoint()
