"""Compares our books with Stripe's, takes what was missed, and prints what still differs."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from market.services.reconcile import reconcile
from market.stripe_connect import is_set_up


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--quiet", action="store_true", help="say nothing where nothing differs")

    def handle(self, *args: Any, quiet: bool, **options: Any) -> None:
        if not is_set_up():
            raise CommandError("No cards are taken here: there is neither a key of Stripe's nor a sandbox.")
        found = reconcile(at=timezone.now())
        for row in found.differences:
            said = f"{row.keeper} {row.what}: {row.ours} in our books, {row.stripes} in Stripe's ({row.currency})"
            self.stdout.write(said)
        if found.differences:
            raise CommandError(f"{len(found.differences)} differences.")
        if not quiet:
            said = f"{found.lines} lines of Stripe's statements, {found.healed} entries written, 0 differences."
            self.stdout.write(said)
