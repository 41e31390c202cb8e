import hosts.models
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("hosts", "0001_initial")]

    operations = [
        migrations.AlterField(
            model_name="host",
            name="name",
            field=models.CharField(
                blank=True,
                max_length=150,
                validators=[hosts.models.validate_line],
                verbose_name="your name",
            ),
        ),
        migrations.AlterField(
            model_name="workspace",
            name="name",
            field=models.CharField(max_length=120, validators=[hosts.models.validate_line]),
        ),
    ]
