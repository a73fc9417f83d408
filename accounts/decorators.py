"""`needs` is written where the lowest pages are; every app above takes it from here."""

from estates.access import needs

__all__ = ["needs"]
