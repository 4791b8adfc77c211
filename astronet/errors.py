"""Errors that a user can fix, each with a one-line message, and formatting of messages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from astronet.files.provenance import SourceFile


@dataclass(frozen=True)
class Command:
    """A command that fixes a problem; `cli/` converts it to words and options.

    Attributes:
        verb: The verb, for example `download`.
        options: Values of the options by name, for example {"stars": 11446443}.
    """

    verb: str
    options: Mapping[str, object] = field(default_factory=dict)


class AstronetError(ValueError):
    """A problem that the user can fix; the message states the cause and the remedy.

    Messages name no command-line options; `cli/` adds those of the arguments to the message.

    Attributes:
        arguments: Names of the arguments to change, for example ("workers",).
        command: A command that fixes the problem.
        sources: Files that had been read when the problem occurred, for example a truncated one.
    """

    sources: "tuple[SourceFile, ...]" = ()

    def __init__(
        self, message: str, *, arguments: Sequence[str] = (), command: Command | None = None
    ) -> None:
        super().__init__(message)
        self.arguments = tuple(arguments)
        self.command = command

    def at(self, place: object) -> Self:
        """Return the error with the place before its message, unless the message contains it."""
        text = str(self)
        error = type(self)(text if str(place) in text else f"{place}: {text}")
        error.arguments, error.command = self.arguments, self.command
        error.sources = self.sources
        return error


class LightCurveError(AstronetError):
    """A light curve without usable points, or an ephemeris that does not fit it."""


class ArchiveError(AstronetError):
    """A light-curve file or folder that is missing, truncated or belongs to another star."""


class CatalogError(AstronetError):
    """A table that lacks a column, has no rows or cannot be parsed."""


class StoreError(AstronetError):
    """A store of views that is missing, corrupt or unsuitable for the task."""


class ConfigError(AstronetError):
    """A config with an unknown key, a wrong type or a value out of range."""


class RunError(AstronetError):
    """A run folder that is missing, incomplete or does not match the data."""


class WorkerError(AstronetError):
    """A worker process that died."""


def printable(text: str) -> str:
    """Return the text on one line, without characters that could control a terminal."""
    return "".join(c if c.isprintable() else "\ufffd" for c in " ".join(text.split()))


def together(messages: Sequence[str], most: int = 5) -> str:
    """Join messages on one line: the first few, and the number of the others."""
    more = len(messages) - most
    return "; ".join([*messages[:most], *([f"and {more} more"] if more > 0 else [])])


def counted(number: int, noun: str) -> str:
    """Return the number with the noun in the singular or plural, for example "2 events"."""
    return f"{number} {noun if number == 1 else noun + 's'}"
