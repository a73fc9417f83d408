"""Fixtures that every test may use."""

from tests.cast import cast

__all__ = ["cast"]
