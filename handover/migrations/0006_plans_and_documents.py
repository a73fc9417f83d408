import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [
        ("handover", "0005_client_keys"),
    ]

    operations = [
        migrations.CreateModel(
            name="HousePlan",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=40, verbose_name="户型")),
                (
                    "estate",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="house_plans",
                        to="estates.estate",
                        verbose_name="项目",
                    ),
                ),
            ],
            options={"verbose_name": "户型图", "verbose_name_plural": "户型图", "ordering": ["estate_id", "name"]},
        ),
        migrations.AddConstraint(
            model_name="houseplan",
            constraint=models.UniqueConstraint(fields=("estate", "name"), name="plan_name_once_per_estate"),
        ),
        migrations.CreateModel(
            name="PlannedHouse",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "house",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="planned",
                        to="estates.house",
                        verbose_name="房屋",
                    ),
                ),
                (
                    "plan",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="houses",
                        to="handover.houseplan",
                        verbose_name="户型图",
                    ),
                ),
            ],
            options={"verbose_name": "房屋的户型图", "verbose_name_plural": "房屋的户型图"},
        ),
        # Nothing ever wrote it: a place without the picture that it is on says nothing.
        migrations.RemoveField(model_name="defect", name="pin"),
        migrations.AddField(
            model_name="defect",
            name="plan",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="defects",
                to="handover.houseplan",
                verbose_name="户型图",
            ),
        ),
        migrations.AddField(
            model_name="defect",
            name="pin_x",
            field=models.FloatField(blank=True, null=True, verbose_name="平面图横向位置"),
        ),
        migrations.AddField(
            model_name="defect",
            name="pin_y",
            field=models.FloatField(blank=True, null=True, verbose_name="平面图纵向位置"),
        ),
        migrations.AddConstraint(
            model_name="defect",
            constraint=models.CheckConstraint(
                condition=Q(plan=None, pin_x=None, pin_y=None)
                | Q(
                    plan__isnull=False,
                    pin_x__isnull=False,
                    pin_x__range=(0, 1),
                    pin_y__isnull=False,
                    pin_y__range=(0, 1),
                ),
                name="defect_pin_lies_on_a_plan",
            ),
        ),
        migrations.CreateModel(
            name="DocumentRule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "buyer_kind",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("person", "个人"),
                            ("couple", "夫妻共有"),
                            ("company", "单位"),
                            ("proxy", "委托办理"),
                        ],
                        max_length=8,
                        verbose_name="购房人类别",
                    ),
                ),
                ("code", models.CharField(max_length=30, verbose_name="资料代码")),
                ("name", models.CharField(blank=True, max_length=80, verbose_name="资料名称")),
                ("hint", models.CharField(blank=True, max_length=200, verbose_name="核对要点")),
                (
                    "demand",
                    models.CharField(
                        choices=[("required", "必交"), ("optional", "选交"), ("dropped", "不收")],
                        default="required",
                        max_length=8,
                        verbose_name="要求",
                    ),
                ),
                (
                    "estate",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="document_rules",
                        to="estates.estate",
                        verbose_name="项目",
                    ),
                ),
            ],
            options={
                "verbose_name": "收房资料",
                "verbose_name_plural": "收房资料",
                "ordering": ["estate_id", "buyer_kind", "pk"],
            },
        ),
        migrations.AddConstraint(
            model_name="documentrule",
            constraint=models.UniqueConstraint(
                fields=("estate", "buyer_kind", "code"), name="document_rule_once_per_kind"
            ),
        ),
    ]
