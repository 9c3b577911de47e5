"""Writes the published log to a folder, as anyone may check it: python ledger/verifier.py FOLDER."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ledger.rules.refusal import Refusal
from ledger.services.export import export_log


class Command(BaseCommand):
    help = "Write the published log (checkpoint, tiles, entries, public key, roster) to a folder."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path)

    def handle(self, *, folder: Path, **options: Any) -> None:
        try:
            head = export_log(to=folder)
        except Refusal as no:
            raise CommandError(str(no)) from None
        except OSError as error:
            raise CommandError(f"{folder} cannot be written: {error.strerror}.") from None
        self.stdout.write(
            f"{head.size} records of {head.origin} are in {folder}; python ledger/verifier.py {folder} checks them."
        )
