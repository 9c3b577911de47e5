"""Tasks and their clock. The row is the queue: a task takes ids, may run twice, and a lost broker loses nothing."""

import os
from importlib import import_module
from importlib.util import find_spec

from celery import Celery

from config.message_files import take_the_place_of_kombus

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

take_the_place_of_kombus()
app = Celery("rennet")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.update(
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    task_ignore_result=True,
    task_serializer="json",
    accept_content=["json"],
    timezone="UTC",
    broker_connection_retry_on_startup=True,
    worker_hijack_root_logger=False,
)
app.autodiscover_tasks()


@app.on_after_finalize.connect
def set_the_clock(sender: Celery, **kwargs: object) -> None:
    """The timetable, in code: each app's tasks name the sweeps that are due, and when."""
    for name in ("ledger", "cooperatives", "market", "reports"):
        if find_spec(f"{name}.tasks"):
            sender.conf.beat_schedule |= import_module(f"{name}.tasks").TIMETABLE
