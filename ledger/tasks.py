"""The ledger's clock: what was committed is published within two seconds, whoever forgot to ask."""

import logging

from celery import shared_task
from django.utils import timezone

from ledger.rules.refusal import Refusal
from ledger.services import cosigners, holds, log, witnesses

TIMETABLE = {
    "publish-checkpoint": {"task": "ledger.tasks.publish_checkpoint", "schedule": 1.0},
    "release-ended-holds": {"task": "ledger.tasks.release_ended_holds", "schedule": 60.0},
    "ask-cosigners": {"task": "ledger.tasks.ask_cosigners", "schedule": 60.0},
}

logger = logging.getLogger(__name__)


@shared_task
def publish_checkpoint() -> None:
    """Sequence and publish, and add up what witnesses signed; with nothing new it changes nothing.

    Two at once wait for each other.
    """
    try:
        log.publish_checkpoint()
        if witnesses.publish_quorum() and witnesses.hand_over(at=timezone.now()):
            log.publish_checkpoint()
        witnesses.ask_witnesses(at=timezone.now())
    except Refusal as no:
        logger.error("The log is not published: %s", no)  # each time, until somebody looks


@shared_task
def release_ended_holds() -> int:
    """Let go of what was held for a time that is over; answers how many holds."""
    return holds.release_ended_holds(at=timezone.now())


@shared_task
def ask_cosigners() -> None:
    """Show the newest checkpoint to the witnesses whom the policy names; without a policy it does nothing."""
    try:
        cosigners.ask_cosigners()
    except Refusal as no:
        logger.error("No witness is asked: %s", no)
