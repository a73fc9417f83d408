"""How much there is of everything."""

from typing import NamedTuple


class Volume(NamedTuple):
    days: int
    branches: int
    estates_each: int
    cases: int
    open: int


FULL = Volume(days=365, branches=10, estates_each=30, cases=100_000, open=5_000)
# To try a part out: its figures say nothing.
SMALL = Volume(days=20, branches=2, estates_each=5, cases=4_000, open=400)
