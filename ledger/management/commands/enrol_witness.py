"""Adds a witness to the roster, as `manage.py witness make-key` says it on the witness's own machine."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from ledger import queries
from ledger.rules.refusal import Refusal
from ledger.services.witnesses import enrol_witness


class Command(BaseCommand):
    help = "Enrol a witness: it may sign every checkpoint from the next one on."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("owner", help="who signs, as members/7f3a or coops/fern")
        parser.add_argument("key", type=bytes.fromhex, help="the public key, 48 bytes in hexadecimal")
        parser.add_argument("proof", type=bytes.fromhex, help="the proof of possession, 96 bytes in hexadecimal")
        parser.add_argument("--by", default="operators/market", help="who enrols it")

    def handle(self, *args: Any, owner: str, key: bytes, proof: bytes, by: str, **options: Any) -> None:
        try:
            enrol_witness(owner=owner, key=key, proof=proof, by=by, at=timezone.now())
        except Refusal as no:
            raise CommandError(str(no)) from no
        roster = queries.roster()
        assert roster is not None, "one was just recorded"
        self.stdout.write(f"{owner} is a witness; {roster.quorum} of {len(roster.witnesses)} make a quorum.")
