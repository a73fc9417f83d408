"""Celery: a message is only a wake-up call, what is due stands in Postgres.

Beat's schedule is this handful of fixed ticks. How often something happens (INS-2…5) is data: schedules and clocks.
"""

import os

from celery import Celery
from celery.schedules import crontab

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("dudao")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

app.conf.beat_schedule = {
    "heartbeat": {"task": "config.tasks.heartbeat", "schedule": 30.0, "options": {"expires": 60}},
    "sweep-timers": {"task": "foundation.timers.tasks.sweep", "schedule": 60.0},
    "deliver-notices": {"task": "foundation.notices.tasks.deliver", "schedule": 60.0, "options": {"expires": 60}},
    "prune-notices": {"task": "foundation.notices.tasks.prune", "schedule": crontab(minute=50, hour=3)},
    "inspections-tick": {"task": "inspections.tasks.tick", "schedule": crontab(minute="*/10")},
    "draft-bulletins": {"task": "reports.tasks.draft_bulletins", "schedule": crontab(minute=20, hour="1-6")},
    # Friday 17:00 and caught up on any later tick (CMP-14).
    "draft-weekly-sheets": {"task": "reports.tasks.draft_weekly_sheets", "schedule": crontab(minute="*/10")},
    "prune-attachments": {"task": "foundation.attachments.tasks.prune", "schedule": crontab(minute=40, hour=3)},
    "resume-imports": {"task": "estates.tasks.resume_imports", "schedule": 60.0, "options": {"expires": 60}},
    "resume-owner-lists": {"task": "handover.tasks.resume_lists", "schedule": 60.0, "options": {"expires": 60}},
    "prune-owner-lists": {"task": "handover.tasks.prune_lists", "schedule": crontab(minute=47, hour=3)},
    # What its day left unused (HND-7); a missed night is caught up.
    "expire-passes": {"task": "handover.tasks.expire_passes", "schedule": crontab(minute=5, hour="0-6")},
    "prune-imports": {"task": "estates.tasks.prune_imports", "schedule": crontab(minute=45, hour=3)},
}
