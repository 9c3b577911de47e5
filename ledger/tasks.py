"""The ledger's clock: what was committed is published within two seconds, whoever forgot to ask."""

import logging

from celery import shared_task

from ledger.rules.refusal import Refusal
from ledger.services import log, witnesses

TIMETABLE = {
    "publish-checkpoint": {"task": "ledger.tasks.publish_checkpoint", "schedule": 1.0},
    "publish-quorum": {"task": "ledger.tasks.publish_quorum", "schedule": 2.0},
}

logger = logging.getLogger(__name__)


@shared_task
def publish_checkpoint() -> None:
    """Sequence and publish; with nothing new it changes nothing, and two at once wait for each other."""
    try:
        log.publish_checkpoint()
    except Refusal as no:
        logger.error("The log is not published: %s", no)  # each time, until somebody looks


@shared_task
def publish_quorum() -> None:
    """Add up what witnesses handed in; with nothing new it changes nothing."""
    try:
        witnesses.publish_quorum()
    except Refusal as no:
        logger.error("The witnesses' quorum is not published: %s", no)
