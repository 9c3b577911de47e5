"""Holds beside the journal, closed periods, salts of evidence; the journal's functions as ledger/sql has them."""

from pathlib import Path
from typing import Any

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from ledger import sql


def guard(apps: Any, schema_editor: Any) -> None:
    web = schema_editor.quote_name(settings.WEB_ROLE)
    for table in ("ledger_hold", "ledger_closing"):
        schema_editor.execute(f"REVOKE ALL ON {table} FROM PUBLIC, {web}")
        schema_editor.execute(f"GRANT SELECT ON {table} TO {web}")


class Migration(migrations.Migration):

    dependencies = [
        ('ledger', '0003_witnesses'),
    ]

    operations = [
        migrations.CreateModel(
            name='Closing',
            fields=[
                ('scope', models.CharField(max_length=200, primary_key=True, serialize=False)),
                ('owner', models.CharField(max_length=81)),
                ('unit', models.CharField(max_length=20)),
                ('before', models.DateTimeField()),
            ],
            options={
                'verbose_name': 'closed period',
                'verbose_name_plural': 'closed periods',
            },
        ),
        migrations.CreateModel(
            name='Hold',
            fields=[
                ('key', models.CharField(max_length=200, primary_key=True, serialize=False)),
                ('quantity', models.BigIntegerField()),
                ('placed_at', models.DateTimeField()),
                ('ends_at', models.DateTimeField(null=True)),
                ('resolved_at', models.DateTimeField(null=True)),
            ],
            options={
                'verbose_name': 'hold',
                'verbose_name_plural': 'holds',
            },
        ),
        migrations.CreateModel(
            name='Salt',
            fields=[
                ('key', models.CharField(max_length=200, primary_key=True, serialize=False)),
                ('salt', models.BinaryField(max_length=32)),
            ],
            options={
                'verbose_name': 'salt',
                'verbose_name_plural': 'salts',
            },
        ),
        migrations.AddField(
            model_name='balance',
            name='held',
            field=models.BigIntegerField(db_default=0),
        ),
        migrations.AddConstraint(
            model_name='balance',
            constraint=models.CheckConstraint(condition=models.Q(('held__gte', 0)), name='nothing_is_held_below_zero'),
        ),
        migrations.AddField(
            model_name='hold',
            name='account',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='ledger.account'),
        ),
        migrations.AddField(
            model_name='hold',
            name='captured_by',
            field=models.ForeignKey(db_column='captured_by', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='ledger.entry'),
        ),
        migrations.AddField(
            model_name='hold',
            name='unit',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='ledger.unit'),
        ),
        migrations.AddIndex(
            model_name='hold',
            index=models.Index(condition=models.Q(('resolved_at__isnull', True)), fields=['ends_at'], name='holds_that_end'),
        ),
        migrations.AddConstraint(
            model_name='hold',
            constraint=models.CheckConstraint(condition=models.Q(('quantity__gt', 0)), name='a_hold_holds_something'),
        ),
        migrations.AddConstraint(
            model_name='hold',
            constraint=models.CheckConstraint(condition=models.Q(('captured_by__isnull', True), ('resolved_at__isnull', False), _connector='OR'), name='what_captures_resolves'),
        ),
        migrations.RunSQL(Path(__file__).with_suffix(".sql").read_text()),
        migrations.RunPython(guard),
        migrations.RunPython(sql.install),
    ]
