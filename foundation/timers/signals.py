"""Said once per change that could not compute a clock for want of a year of the working calendar (GEN-3).

Whoever knows the administrators tells them.
"""

from django.dispatch import Signal

year_missing = Signal()  # year, at
