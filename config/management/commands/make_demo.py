"""Makes the demo world in an empty database, with one log-in for each of the three people."""

import json
from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from config import postgres
from config.database import start_over
from config.demo.world import make_world
from config.folder import write_private
from ledger.queries import is_owner_declared


class Command(BaseCommand):
    help = "Make the demo world (never in a database from outside)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--times", type=int, default=1, help="make so many times as much, to see how pages bear it")

    def handle(self, *args: Any, **options: Any) -> None:
        if not postgres.is_embedded():
            raise CommandError("The demo world is only made in the embedded database; DATABASE_URL is set.")
        half_made = settings.DATA_DIR / "demo.half-made"
        if half_made.exists():  # somebody pulled the plug: what stands there is of no use, and nobody's
            start_over()
        elif is_owner_declared("operators/market"):
            raise CommandError("There is something in this database already; the demo world wants an empty one.")
        half_made.touch()
        logins = make_world(now=timezone.now(), times=options["times"])
        write_private(settings.LOGINS, json.dumps([asdict(login) for login in logins]))
        half_made.unlink()
        self.stdout.write("The demo world is made.")
