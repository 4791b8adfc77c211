"""How numbers of things are said."""


def counted(number: int, thing: str) -> str:
    """1 event, 2 events: the number before the thing, which gets an s unless it is one."""
    return f"{number} {thing if number == 1 else thing + 's'}"
