"""Writes the whole journal as another bookkeeping program reads it: manage.py export_journal --format hledger."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from ledger import queries
from ledger.rules.plaintext import FORMATS


class Command(BaseCommand):
    help = "Write the whole journal for hledger or Beancount, to standard output."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--format", choices=sorted(FORMATS), required=True)

    def handle(self, *, format: str, **options: Any) -> None:  # the option's own name
        for text in FORMATS[format](queries.each_entry(), queries.exponents()):
            self.stdout.write(text, ending="")
