class NotDelivered(Exception):
    """The sentence for the administrator. `for_good`: trying again would not help. `is_down`: nor would it for others."""

    def __init__(self, sentence: str, *, for_good: bool = False, is_down: bool = False) -> None:
        super().__init__(sentence[:300])
        self.for_good = for_good
        self.is_down = is_down
