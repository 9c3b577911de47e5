"""Makes the log's secret key, for a database from outside; an embedded log makes its own."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ledger.services.log import BadLogKey, LogKeyExists, make_key


class Command(BaseCommand):
    help = "Make the log's secret key at LOG_KEY, once, and print the public one."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self.stdout.write(str(make_key().verifier))
        except (LogKeyExists, BadLogKey) as no:
            raise CommandError(str(no)) from None
