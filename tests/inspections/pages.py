"""The pages' tests run on the factories' day: at 10:00 of TODAY unless they travel further."""

import time_machine

from tests.inspections.factories import day


def at(moment=None):
    """Context manager and decorator: the pages' own `timezone.now()` is that moment."""
    return time_machine.travel(moment or day(hour=10), tick=False)
