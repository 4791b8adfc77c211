"""What can go wrong, in one line each: the cause, then the cure."""

from collections.abc import Sequence


class AstronetError(ValueError):
    """A problem that the user can mend; its message names the cause and the cure."""


class LightCurveError(AstronetError):
    """A light curve or an ephemeris in which there is nothing to see."""


class ArchiveError(AstronetError):
    """A light-curve file or folder that is missing, truncated or another star's."""


class CatalogError(AstronetError):
    """A table that lacks a column, holds no rows or does not parse."""


class StoreError(AstronetError):
    """A store of views that is missing, corrupt or not the one that is wanted."""


class ConfigError(AstronetError):
    """A config with an unknown key, a wrong type or a value outside its range."""


class RunError(AstronetError):
    """A run folder that is missing, incomplete or does not fit the data."""


class WorkerError(AstronetError):
    """A worker process that died."""


def printable(text: str) -> str:
    """The text on one line, with nothing in it that could steer a terminal."""
    return "".join(c if c.isprintable() else "\ufffd" for c in " ".join(text.split()))


def together(complaints: Sequence[str], most: int = 5) -> str:
    """Complaints on one line; of many, the first and how many more there are."""
    more = len(complaints) - most
    return "; ".join([*complaints[:most], *([f"and {more} more"] if more > 0 else [])])
