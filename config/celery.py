"""Tasks and their clock. The row is the queue: a task takes ids, may run twice, and a lost broker loses nothing."""

import os
from importlib import import_module
from importlib.util import find_spec

from celery import Celery

from config.message_files import take_the_place_of_kombus

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

OLD = 10.0  # seconds

take_the_place_of_kombus()
# The clock imports this once it listens for its end; ended in the middle of that, it would leave a traceback behind.
import_module("celery.app.amqp")
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
    for name in ("config", "ledger", "cooperatives", "market", "reports"):
        if find_spec(f"{name}.tasks"):
            for tick, due in import_module(f"{name}.tasks").TIMETABLE.items():
                # What a tick asks the next one asks too: a busy worker must not be left with a pile of old ones.
                options = {"expires": max(due["schedule"], OLD)}
                sender.conf.beat_schedule[tick] = due | {"options": options}
