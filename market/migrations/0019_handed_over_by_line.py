"""Each line of an order says when it was handed over; so far all of an order's lines were, in the same moment."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("market", "0018_cycle_tokens")]

    operations = [
        migrations.AddField(
            model_name="orderline",
            name="handed_over_at",
            field=models.DateTimeField(blank=True, null=True, verbose_name="picked up"),
        ),
        migrations.RunSQL(
            """
            UPDATE market_orderline line SET handed_over_at = o.handed_over_at
            FROM market_order o WHERE o.id = line.order_id AND o.handed_over_at IS NOT NULL
            """,
            migrations.RunSQL.noop,
        ),
    ]
