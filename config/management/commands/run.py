"""Start everything: database, server, tasks and their clock."""

from typing import Any

from django.core.management import BaseCommand

from config.run import run


class Command(BaseCommand):
    help = "Start everything and print the address; Ctrl-C stops it."

    def handle(self, **options: Any) -> None:
        run()
