class Refused(Exception):  # noqa: N818 - an answer to a person, not a fault
    """One Chinese sentence for the person who asked."""
