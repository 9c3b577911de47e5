"""Start everything: database, server, tasks and their clock."""

from typing import Any

from django.core.management import BaseCommand

from config.run import run


class Command(BaseCommand):
    help = "Start everything and print the address; Ctrl-C stops it."
    # The server itself loads every page; whoever waits for it does not wait for that twice.
    requires_system_checks: list[str] = []

    def handle(self, **options: Any) -> None:
        run()
