class Refused(Exception):
    """A guard's answer: one Chinese sentence for the person who asked, shown where they asked."""

    @property
    def sentence(self) -> str:
        return str(self)
