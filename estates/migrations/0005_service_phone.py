import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("estates", "0004_import_in_worker"),
    ]

    operations = [
        migrations.AddField(
            model_name="node",
            name="service_phone",
            field=models.CharField(
                blank=True,
                help_text="公示给客户：印在报事码上，显示在扫码报事和进度页。",
                max_length=30,
                validators=[
                    django.core.validators.RegexValidator(
                        "^\\+?\\d[\\d -]{4,28}$", "电话只能是数字、空格和 -,例如 0571-88886666。"
                    )
                ],
                verbose_name="服务中心电话",
            ),
        ),
    ]
