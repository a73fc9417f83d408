from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("handover", "0004_defect_hands"),
    ]

    operations = [
        migrations.AddField(
            model_name=name,
            name="client_key",
            field=models.UUIDField(blank=True, editable=False, null=True, unique=True),
        )
        for name in ("batch", "keymove", "movein", "pass")
    ]
