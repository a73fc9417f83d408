class Refused(Exception):  # noqa: N818 - it is an answer to a person, not a fault
    """A guard's answer: one Chinese sentence for the person who asked, shown where they asked."""

    @property
    def sentence(self) -> str:
        return str(self)
