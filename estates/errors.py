class Refused(Exception):
    """One Chinese sentence for the person who asked."""
