from itertools import batched

from django.db import migrations, models

from attendees.identity import look_alike


def derive(apps, schema_editor):
    attendees = apps.get_model("attendees", "Attendee").objects
    rows = attendees.exclude(identity_key="").only("pk", "identity_key").order_by("pk")
    for batch in batched(rows.iterator(chunk_size=500), 500):
        for attendee in batch:
            attendee.look_alike = look_alike(attendee.identity_key)
        attendees.bulk_update(batch, ["look_alike"])


class Migration(migrations.Migration):

    dependencies = [
        ("attendees", "0002_initial"),
    ]

    operations = [
        migrations.AddField(
            model_name="attendee",
            name="look_alike",
            field=models.TextField(blank=True, db_default="", default="", editable=False),
        ),
        migrations.RunPython(derive, migrations.RunPython.noop, elidable=True),
    ]
