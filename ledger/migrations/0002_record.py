"""The journal's own function, its guards, and what the web role may do with them: read, and record through it."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import migrations

JOURNAL = [
    "unit",
    "owner",
    "account",
    "batch",
    "balance",
    "entry",
    "flow",
    "leaf",
    "document",
    "log",
    "checkpoint",
    "purpose",
]
DOORS = ["ledger_record(text[])", "ledger_sequence()", "ledger_keep_checkpoint(bigint,bytea,bytea)"]


def guard(apps: Any, schema_editor: Any) -> None:
    execute, web = schema_editor.execute, schema_editor.quote_name(settings.WEB_ROLE)
    for table in JOURNAL:
        execute(f"REVOKE ALL ON ledger_{table} FROM PUBLIC, {web}")
        execute(f"GRANT SELECT ON ledger_{table} TO {web}")
    execute(f"REVOKE ALL ON SEQUENCE ledger_token FROM PUBLIC, {web}")
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("SELECT oid::regprocedure FROM pg_proc WHERE proname LIKE 'ledger\\_%'")
        for (function,) in cursor.fetchall():
            execute(f"REVOKE ALL ON FUNCTION {function} FROM PUBLIC, {web}")
            if function.replace(" ", "") in DOORS:
                execute(f"GRANT EXECUTE ON FUNCTION {function} TO {web}")


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial")]

    operations = [
        migrations.RunSQL(Path(__file__).with_suffix(".sql").read_text()),
        migrations.RunPython(guard),
    ]
