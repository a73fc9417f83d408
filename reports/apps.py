from django.apps import AppConfig


class ReportsConfig(AppConfig):
    name = "reports"
    verbose_name = "报表简报"

    def ready(self) -> None:
        """Tell the journal what the bulletins' verbs and values are called."""
        from foundation.journal import verbs

        verbs.register(
            {
                "bulletin.draft": "起草简报",
                "bulletin.edit": "编辑简报",
                "bulletin.issue": "签发简报",
                "bulletin.revise": "起草更正版",
                "weekly.draft": "起草周汇报表",
                "weekly.edit": "填写本周说明",
            },
            names={
                "comments": "督导点评",
                "good_practices": "良好做法",
                "focus": "下月重点",
                "changes": "更正说明",
                "edition": "版次",
                "remark": "本周说明",
            },
        )
