from django.db import migrations

from estates.services.respelling import respell


class Migration(migrations.Migration):

    # Some thousand rows at a time: a table is not locked for as long as all of it takes.
    atomic = False

    dependencies = [
        ("estates", "0002_search_keys"),
    ]

    operations = [
        migrations.RunPython(lambda apps, schema_editor: respell(), migrations.RunPython.noop),
    ]
