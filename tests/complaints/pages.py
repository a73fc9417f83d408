"""The pages' tests run on the factories' day: at 10:00 of MONDAY unless they travel further."""

import time_machine

from tests.complaints.factories import HOUR, MONDAY


def at(moment=None):
    """Context manager and decorator: the pages' own `timezone.now()` is that moment."""
    return time_machine.travel(moment or MONDAY + HOUR, tick=False)
