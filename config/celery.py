"""Tasks and their clock. The row is the queue: a task takes ids, may run twice, and a lost broker loses nothing."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

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
# The timetable, in code: each entry is a sweep over rows that are due. Apps add theirs in their tasks.
app.conf.beat_schedule = {}

app.autodiscover_tasks()
