"""The frame as a Django app: its templates, its commands, and the tasks' broker."""

from django.apps import AppConfig
from django.conf import settings


class ConfigConfig(AppConfig):
    name = "config"
    label = "frame"

    def ready(self) -> None:
        # Loaded here, so that a task sent from a page finds the broker.
        from config import broker, celery  # noqa: F401  # importing it is what connects the tasks

        broker.make_folders(settings.CELERY_BROKER_TRANSPORT_OPTIONS)
