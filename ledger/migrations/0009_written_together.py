"""Balances, leaves and entries are written by one statement (ledger/sql/record.sql)."""

from django.db import migrations

from ledger import sql


class Migration(migrations.Migration):
    dependencies = [("ledger", "0008_fewer_statements")]

    operations = [migrations.RunPython(sql.install)]
