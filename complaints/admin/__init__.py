"""诉求回访 in the admin: the limits are configured here; cases are worked on in their pages."""

from complaints.admin import policies

__all__ = ["policies"]
