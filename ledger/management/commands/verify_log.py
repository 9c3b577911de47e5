"""Replays the log, compares database and published files with it, and names the first leaf that differs."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ledger.rules.refusal import Refusal
from ledger.services.log import publish_checkpoint
from ledger.services.verify import verify_log


class Command(BaseCommand):
    help = "Replay the log, compare database and published files with it, and name the first leaf that differs."

    def handle(self, *args: Any, **options: Any) -> None:
        refusal = None
        try:
            publish_checkpoint()
        except Refusal as no:
            refusal = no
        verdict = verify_log()
        if verdict.fault:
            raise CommandError(f"leaf {verdict.fault.index} does not agree: {verdict.fault.why}", returncode=1)
        if refusal:
            raise CommandError(f"nothing is published: {refusal}", returncode=1)
        self.stdout.write(
            f"{verdict.size} leaves and {verdict.entries} entries agree with the database and with what is published; "
            f"root {verdict.root.hex()}"
        )
