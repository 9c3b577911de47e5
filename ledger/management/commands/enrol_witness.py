"""Adds witnesses to the roster, as `manage.py witness make-key` says it on the witness's own machine."""

from itertools import batched
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from ledger import queries
from ledger.rules.refusal import Refusal
from ledger.rules.witnesses.rosters import Witness, read_roster
from ledger.services.witnesses import enrol_witnesses


class Command(BaseCommand):
    help = "Enrol witnesses: they may sign once a quorum of those before has signed the log with their names in it."

    def add_arguments(self, parser: CommandParser) -> None:
        said = "who signs (members/7f3a), the public key (48 bytes in hexadecimal), the proof of possession (96 bytes)"
        parser.add_argument("said", nargs="+", metavar="owner key proof", help=f"{said}; again for each")
        parser.add_argument("--by", default="operators/market", help="who enrols it")

    def handle(self, *args: Any, said: list[str], by: str, **options: Any) -> None:
        if len(said) % 3:
            raise CommandError("Each witness is an owner, a key and a proof.")
        try:
            new = [Witness(owner, bytes.fromhex(key), bytes.fromhex(proof)) for owner, key, proof in batched(said, 3)]
        except ValueError as error:
            raise CommandError(f"A key or a proof is no hexadecimal: {error}") from None
        try:
            enrol_witnesses(new=new, by=by, at=timezone.now())
        except Refusal as no:
            raise CommandError(str(no)) from no
        newest, counting = queries.newest_roster_document(), queries.roster_document()
        assert newest is not None, "one was just recorded"
        roster = read_roster(newest.token.text)
        names = ", ".join(witness.owner for witness in new)
        verb = "is a witness" if len(new) == 1 else "are witnesses"
        self.stdout.write(f"{names} {verb}; {roster.quorum} of {len(roster.witnesses)} make a quorum.")
        if newest != counting:
            self.stdout.write("This counts once a quorum of the witnesses before has signed the log with it in.")
