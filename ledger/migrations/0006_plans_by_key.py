"""Recording looks everything up by its key, with plans made once (ledger/sql/record.sql)."""

from django.db import migrations

from ledger import sql


class Migration(migrations.Migration):
    dependencies = [("ledger", "0005_mirrors_follow")]

    operations = [migrations.RunPython(sql.install)]
