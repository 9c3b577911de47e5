"""The frame as a Django app: its templates, its commands, and the tasks' broker."""

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    name = "config"
    label = "frame"

    def ready(self) -> None:
        # Loaded here, so that a task sent from a page finds the broker.
        from config import celery  # noqa: F401
