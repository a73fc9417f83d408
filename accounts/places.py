"""`current_place` is written where the lowest lists are; every app above takes it from here."""

from estates.places import PARAMETER, SESSION_KEY, current_place

__all__ = ["PARAMETER", "SESSION_KEY", "current_place"]
