"""Undoing in parts: the mirrors of what a holder holds follow whoever pays in somebody's stead (ledger/sql/laws.sql)."""

from django.db import migrations

from ledger import sql


class Migration(migrations.Migration):
    dependencies = [("ledger", "0004_holds_and_closed_periods")]

    operations = [migrations.RunPython(sql.install)]
