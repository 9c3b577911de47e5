"""Batches and balances are locked by one statement, and an entry alone is not looked for as one of many (ledger/sql)."""

from django.db import migrations

from ledger import sql

UNUSED = """
DROP FUNCTION IF EXISTS ledger_lock_batches(text[]);
DROP FUNCTION IF EXISTS ledger_lock_moving(bigint[], bigint[], numeric[], numeric[]);
DROP FUNCTION IF EXISTS ledger_refuse_batches(integer[], text[], text[], text[], text[], boolean[], boolean[], text[]);
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0010_flows_too")]

    operations = [migrations.RunSQL(UNUSED), migrations.RunPython(sql.install)]
