"""The demo's clock: its witnesses look at the log every few seconds. Where there is no demo, nothing happens."""

import logging

from celery import shared_task
from django.conf import settings

from config.demo.witnesses import sign_as_witnesses
from ledger.rules.refusal import Refusal

TIMETABLE = {"sign-as-demo-witnesses": {"task": "config.tasks.sign_as_demo_witnesses", "schedule": 3.0}}

logger = logging.getLogger(__name__)


@shared_task
def sign_as_demo_witnesses() -> None:
    """Sign what is new. A witness that refuses says why, each time: that is what it is for."""
    if not settings.IS_DEMONSTRATION:
        return
    try:
        sign_as_witnesses()
    except Refusal as no:
        logger.error("A witness of the demo does not sign: %s", no)
