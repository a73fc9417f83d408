class TimerError(Exception):
    """What a clock refuses, as one sentence for the user."""
