"""A database of its own for a benchmark, migrated, and dropped afterwards."""

import contextlib
import os
from collections.abc import Iterator

import psycopg
from django.core.management import call_command
from django.db import connection
from psycopg import sql

from config import postgres


@contextlib.contextmanager
def database() -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """Django's connection is the web role's in a new database; yields a connection of the owner's beside it."""
    name = f"bench_{os.getpid()}"
    with postgres.running(), postgres.connect(postgres.OWNER, "postgres") as outside:
        outside.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            connection.settings_dict["NAME"] = name
            call_command("migrate", verbosity=0)
            with postgres.connect(postgres.OWNER, name) as owner:
                owner.autocommit = False
                yield owner
        finally:
            connection.close()
            connection.close_pool()
            outside.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
