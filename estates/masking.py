"""How personal data is shown by default (ORG-4): pure functions of the plain value."""

STARS = "****"


def phone(value: str) -> str:
    """138****1234; a number of another length keeps its last two characters."""
    if len(value) == 11:
        return f"{value[:3]}{STARS}{value[-4:]}"
    return f"{STARS}{value[-2:]}" if len(value) > 4 else STARS if value else ""


def id_number(value: str) -> str:
    """First 3 and last 4 of a document number; short ones show the last two."""
    if len(value) >= 12:
        return f"{value[:3]}{'*' * (len(value) - 7)}{value[-4:]}"
    return f"{STARS}{value[-2:]}" if len(value) > 4 else STARS if value else ""
