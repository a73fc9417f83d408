"""交房入住 in the admin: what is set up for an estate; houses are worked on in their pages."""

from handover.admin import fees, papers, passes, steps

__all__ = ["fees", "papers", "passes", "steps"]
