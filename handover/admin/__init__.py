"""交房入住 in the admin: what is set up for an estate; houses are worked on in their pages."""

from handover.admin import fees, passes, steps

__all__ = ["fees", "passes", "steps"]
