"""Places: the organisation's tree, and what stands on an estate."""

from estates.models.houses import (
    Building,
    Grid,
    House,
    IdType,
    Occupant,
    Owner,
    Tenant,
    Unit,
)
from estates.models.imports import ImportBatch
from estates.models.names import NameKey
from estates.models.nodes import Branch, Estate, Group, Kind, Node, Stage

__all__ = [
    "Branch",
    "Building",
    "Estate",
    "Grid",
    "Group",
    "House",
    "IdType",
    "ImportBatch",
    "Kind",
    "NameKey",
    "Node",
    "Occupant",
    "Owner",
    "Stage",
    "Tenant",
    "Unit",
]
