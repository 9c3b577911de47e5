"""A witness on a cooperative's own machine: make its key, then read, check and sign the log. Needs no database."""

import os
import sys
import time
from getpass import getpass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ledger.log_source import source_of
from ledger.rules.entries import is_owner
from ledger.rules.notes import BadNote, VerifierKey
from ledger.rules.refusal import Refusal
from ledger.witness import Identity, Signed, WitnessMachine, hand_in, make_witness, read_identity

PASSWORD = "WITNESS_PASSWORD"


class Command(BaseCommand):
    help = "Witness a log: `make-key` once, then `sign`, once or again and again."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True, metavar="make-key|sign")
        make = acts.add_parser("make-key", help="make this witness's key, and say how it is enrolled")
        make.add_argument("--owner", required=True, help="who signs, as members/7f3a or coops/fern")
        make.add_argument("--log", required=True, help="where the log is read: its address, or a folder")
        make.add_argument("--server", help="where signatures are handed in; the log's own machine where it is left out")
        make.add_argument("--vkey", help="the log's public key, if you have it from elsewhere (better)")
        sign = acts.add_parser("sign", help="read what is new, check all of it, and sign it")
        sign.add_argument("--every", type=float, metavar="SECONDS", help="look again and again, until Ctrl-C")
        for act in (make, sign):
            act.add_argument("--home", type=Path, required=True, help="the folder of this witness: its key and memory")

    def handle(self, *args: Any, act: str, home: Path, **options: Any) -> None:
        try:
            self._make(home, **options) if act == "make-key" else self._sign(home, options["every"])
        except (Refusal, BadNote) as no:
            raise CommandError(str(no)) from no

    def _make(self, home: Path, *, owner: str, log: str, server: str | None, vkey: str | None, **options: Any) -> None:
        if not is_owner(owner):
            raise CommandError(f"“{owner}” is no owner's address, as members/7f3a.")
        said = source_of(log).read("log.vkey").decode().strip()
        known = VerifierKey.parse(vkey or said)
        if str(known) != said:
            raise CommandError(f"The log shows another key than the one you gave: {said}")
        address = urlsplit(log)
        server = server or (f"{address.scheme}://{address.netloc}" if address.netloc else "")
        identity = Identity(owner, str(known), log, server)
        key, proof = make_witness(home, identity, _password(twice=True), os.urandom(80))
        self.stdout.write(
            f"The key is made; it lies in {home}, locked by your password. Keep a copy of that folder.\n"
            f"This is the log's public key; compare it with what others have: {known}\n"
            f"Let whoever runs the log enrol you:\n\n"
            f"    manage.py enrol_witness {owner} {key.hex()} {proof.hex()}\n"
        )

    def _sign(self, home: Path, every: float | None) -> None:
        identity = read_identity(home)
        machine = WitnessMachine(home, _password())
        unsent: Signed | None = None
        while True:
            try:
                unsent = machine.sign() or unsent
                if unsent:
                    self._send(identity, unsent)
                    unsent = None
            except Refusal as no:
                if every is None:
                    raise
                self.stderr.write(str(no))
            if every is None:
                return
            time.sleep(every)

    def _send(self, identity: Identity, signed: Signed) -> None:
        if identity.server:
            hand_in(identity.server, signed)
            self.stdout.write(f"Signed {signed.size} records.")
        else:
            self.stdout.write(f"{signed.size} {signed.witness} {signed.signature.hex()}")


def _password(*, twice: bool = False) -> str:
    """From the environment, or typed; a key is not made with an empty one."""
    if said := os.environ.get(PASSWORD):
        return said
    if not sys.stdin.isatty():
        raise CommandError(f"Set {PASSWORD}, or run this where you can type a password.")
    said = getpass("Password of this witness's key: ")
    if not said or (twice and getpass("Again: ") != said):
        raise CommandError("The password is empty, or not the same both times.")
    return said
