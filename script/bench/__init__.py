"""Measurements of the main jobs, each printed beside the floor measured in the same run."""

from typing import NamedTuple


class Row(NamedTuple):
    """One figure: its value and its floor in `unit`, how many times the floor it is, and how many it may be."""

    name: str
    value: float
    floor: float
    unit: str = "ms"
    limit: str = ""

    @property
    def ratio(self) -> float:
        return self.value / self.floor if self.floor else float("inf")
