"""Signatures of witnesses: the web role adds them, and can neither change nor remove one."""

from typing import Any

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


def guard(apps: Any, schema_editor: Any) -> None:
    web = schema_editor.quote_name(settings.WEB_ROLE)
    schema_editor.execute(f"REVOKE UPDATE, DELETE, TRUNCATE ON ledger_cosignature FROM PUBLIC, {web}")
    schema_editor.execute(f"REVOKE DELETE, TRUNCATE ON ledger_quorum FROM PUBLIC, {web}")


class Migration(migrations.Migration):

    dependencies = [
        ('ledger', '0002_record'),
    ]

    operations = [
        migrations.CreateModel(
            name='Quorum',
            fields=[
                ('checkpoint', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='quorum', serialize=False, to='ledger.checkpoint')),
                ('signed', models.PositiveIntegerField()),
                ('line', models.TextField()),
                ('at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                'verbose_name': 'quorum',
                'verbose_name_plural': 'quorums',
            },
        ),
        migrations.CreateModel(
            name='Cosignature',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('witness', models.CharField(max_length=90)),
                ('signature', models.BinaryField(max_length=96)),
                ('at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('checkpoint', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='cosignatures', to='ledger.checkpoint')),
                ('roster', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='ledger.document')),
            ],
            options={
                'verbose_name': 'cosignature',
                'verbose_name_plural': 'cosignatures',
                'constraints': [models.UniqueConstraint(fields=('checkpoint', 'witness'), name='a_witness_signs_a_checkpoint_once'), models.CheckConstraint(condition=models.Q(('signature__length', 96)), name='cosignature_has_its_length')],
            },
        ),
        migrations.RunPython(guard, migrations.RunPython.noop),
    ]
