"""基础资料 in the admin: the organisation is configured here, houses and owners are only looked at."""

from estates.admin import houses, nodes

__all__ = ["houses", "nodes"]
