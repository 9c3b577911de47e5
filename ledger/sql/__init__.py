"""The database's side of the journal: its functions, in the one text that is in force.

A migration that changes a function changes it here and runs `install` again. Bodies are read when they run, so an
earlier migration may install what a later one completes. The functions that no file here names stand in
ledger/migrations/0002_record.sql as they were.
"""

from pathlib import Path
from typing import Any

from django.conf import settings

DOORS = (
    "ledger_record(text[],text[],text[])",
    "ledger_hold(text[],text[],text[],bigint[],timestamptz[])",
    "ledger_release(text[])",
)


def install(apps: Any, schema_editor: Any) -> None:
    """Put the functions of this folder in force; the web role may call the doors and nothing behind them."""
    execute, web = schema_editor.execute, schema_editor.quote_name(settings.WEB_ROLE)
    execute("SET LOCAL check_function_bodies = off")
    for source in sorted(Path(__file__).parent.glob("*.sql")):
        execute(source.read_text(), params=None)
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(
            "SELECT oid::regprocedure FROM pg_proc "
            "WHERE proname LIKE 'ledger\\_%' AND pronamespace = 'public'::regnamespace AND proacl IS NULL"
        )
        for (function,) in cursor.fetchall():
            execute(f"REVOKE ALL ON FUNCTION {function} FROM PUBLIC")
    for door in DOORS:
        execute(f"GRANT EXECUTE ON FUNCTION {door} TO {web}")
