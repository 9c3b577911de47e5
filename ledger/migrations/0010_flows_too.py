"""Flows are written by the same statement as their entries (ledger/sql/record.sql)."""

from django.db import migrations

from ledger import sql


class Migration(migrations.Migration):
    dependencies = [("ledger", "0009_written_together")]

    operations = [migrations.RunPython(sql.install)]
