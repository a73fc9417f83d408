"""The verbs of 基础资料, one function each."""

from estates.services.imports import confirm_import, retry_import, upload_import
from estates.services.importwork import imported, prune_imports
from estates.services.occupants import change_owner, change_tenant, end_tenancy, reveal_owner

__all__ = [
    "change_owner",
    "change_tenant",
    "confirm_import",
    "end_tenancy",
    "imported",
    "prune_imports",
    "retry_import",
    "reveal_owner",
    "upload_import",
]
