"""What is said when the working calendar changes: before and after, inside the same transaction.

Listeners count what has been used by the old calendar, then plan the rest by the new one (GEN-2, GEN-3).
"""

from django.dispatch import Signal

calendar_changing = Signal()  # at
calendar_changed = Signal()  # at
