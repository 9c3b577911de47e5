"""Runs one command with PostgreSQL beneath it, and says trouble in one sentence."""

import signal
import sys
from types import FrameType

import django
from django.core.management import call_command, execute_from_command_line
from django.db import connection

from config import postgres
from config.folder import Trouble


def execute(arguments: list[str], *, needs_database: bool, needs_tables: bool) -> None:
    if not needs_database:
        execute_from_command_line(arguments)
        return
    # The default would end us at once, and leave PostgreSQL without the one who stops it.
    signal.signal(signal.SIGTERM, _leave)
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # nohup means it
        signal.signal(signal.SIGHUP, _leave)
    # A shell lets what it starts in the background ignore Ctrl-C; whoever sends it by hand means it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with postgres.running():
            if needs_tables:
                migrate_if_needed()
            execute_from_command_line(arguments)
    except Trouble as trouble:
        sys.exit(str(trouble))
    except KeyboardInterrupt:
        sys.exit(130)


def migrate_if_needed() -> None:
    django.setup()
    from config.database import is_migrated

    if not is_migrated():
        print("Making the tables …", file=sys.stderr)
        call_command("migrate", verbosity=0)
    connection.close()


def _leave(number: int, frame: FrameType | None) -> None:
    sys.exit(128 + number)
