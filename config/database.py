"""The database as Django uses it: the web role for everything, the owner for making tables."""

import contextlib
import shutil
from collections.abc import Iterator
from typing import Any, cast

from django.conf import settings
from django.core.management import call_command
from django.db import connections
from django.db.backends.postgresql.base import DatabaseWrapper
from django.db.migrations.executor import MigrationExecutor

from config import environment, postgres
from config.folder import Trouble

OLDEST = 15


def default_connection() -> DatabaseWrapper:
    return cast(DatabaseWrapper, connections["default"])


@contextlib.contextmanager
def as_owner() -> Iterator[None]:
    """Within the block the default connection logs in as the owner of the tables."""
    if not postgres.is_embedded() and environment.database("DATABASE_OWNER_URL") is None:
        raise Trouble("Set DATABASE_OWNER_URL too: tables belong to another role than the one that serves pages.")
    owner = postgres.address(postgres.OWNER)
    if owner["USER"] == settings.WEB_ROLE:
        raise Trouble("DATABASE_URL and DATABASE_OWNER_URL name the same role; the journal needs two.")
    used = default_connection().settings_dict
    web = {"USER": used["USER"], "PASSWORD": used["PASSWORD"]}
    _reconnect({"USER": owner["USER"], "PASSWORD": owner["PASSWORD"]})
    try:
        yield
    finally:
        _reconnect(web)


def _reconnect(login: dict[str, Any]) -> None:
    connection = default_connection()
    connection.close()
    connection.close_pool()
    connection.settings_dict.update(login)


def start_over() -> None:
    """Empty the embedded database and make its tables anew; never one from outside."""
    if not postgres.is_embedded():
        raise Trouble("Only the embedded database is ever emptied.")
    with as_owner(), default_connection().cursor() as cursor:
        cursor.execute("DROP SCHEMA public CASCADE")
        cursor.execute("CREATE SCHEMA public")
        cursor.execute("GRANT USAGE ON SCHEMA public TO PUBLIC")
    # What was published of it is nobody's past.
    shutil.rmtree(settings.LOG_FOLDER, ignore_errors=True)
    call_command("migrate", verbosity=0)


def grant_to_web() -> None:
    """What the owner makes from now on, the web role may use; the journal's migration takes some of it back."""
    connection = default_connection()
    connection.ensure_connection()
    if (version := connection.pg_version // 10_000) < OLDEST:
        raise Trouble(f"This PostgreSQL is {version}; it must be {OLDEST} or newer.")
    role = connection.ops.quote_name(settings.WEB_ROLE)
    with connection.cursor() as cursor:
        for rights, things in (("SELECT, INSERT, UPDATE, DELETE", "TABLES"), ("USAGE, SELECT", "SEQUENCES")):
            cursor.execute(f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT {rights} ON {things} TO {role}")


def is_migrated() -> bool:
    executor = MigrationExecutor(default_connection())
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())
