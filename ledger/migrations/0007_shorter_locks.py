"""Recording holds its locks for less long: what needs none is looked at before (ledger/sql/entries.sql)."""

from django.db import migrations

from ledger import sql


class Migration(migrations.Migration):
    dependencies = [("ledger", "0006_plans_by_key")]

    operations = [migrations.RunPython(sql.install)]
