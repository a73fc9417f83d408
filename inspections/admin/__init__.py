"""督导检查 in the admin: checklists, schedules and numbers are configured here, records are only looked at."""

from inspections.admin import checklists, policy, records, schedules, versions

__all__ = ["checklists", "policy", "records", "schedules", "versions"]
