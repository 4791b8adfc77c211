"""Errors that a user can fix, and functions that format their one-line messages."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from astronet.files.provenance import SourceFile


LONGEST_MESSAGE = 2000
"""Maximum length of the message of an error [characters]."""


@dataclass(frozen=True)
class Command:
    """Command that fixes a problem; `cli/` converts it to a command line.

    Attributes:
        verb: Name of the command, for example `download`.
        options: Values of the command's options by name, for example {"stars": 11446443}.
    """

    verb: str
    options: Mapping[str, object] = field(default_factory=dict)


class AstronetError(ValueError):
    """Base class of errors that the user can fix; the message states the cause and the remedy.

    Messages contain no command-line options; `cli/` adds the options for `arguments`. A message is
    one line of printable characters, whatever the file contains that it quotes, and a message of
    more than `LONGEST_MESSAGE` characters is shortened in the middle, so that the remedy is kept.

    Attributes:
        arguments: Names of the function arguments to change, for example ("workers",).
        command: Command that fixes the problem; None if there is none.
        sources: Provenance of the files that had been read when the error occurred.
    """

    sources: "tuple[SourceFile, ...]" = ()

    def __init__(
        self, message: str, *, arguments: Sequence[str] = (), command: Command | None = None
    ) -> None:
        super().__init__(shortened(printable(message), LONGEST_MESSAGE))
        self.arguments = tuple(arguments)
        self.command = command

    def at(self, place: object) -> Self:
        """Return a copy of the error whose message begins with `place`.

        A message that already contains `place` is not changed.

        Args:
            place: Place of the error, for example the path of a file.
        """
        text = str(self)
        error = type(self)(text if printable(str(place)) in text else f"{place}: {text}")
        error.arguments, error.command = self.arguments, self.command
        error.sources = self.sources
        return error


class LightCurveError(AstronetError):
    """Error raised if a light curve or an ephemeris is invalid, or if the two do not match."""


class ArchiveError(AstronetError):
    """Error raised if light-curve files are missing or invalid, or a request to an archive fails.

    It is also raised if a given star, mission or archive is invalid, or if a folder of light curves
    is missing, in use or not writable.
    """


class MissingFilesError(ArchiveError):
    """Error raised if a folder contains no light-curve file of a star."""


class CatalogError(AstronetError):
    """Error raised if an event table is missing, unreadable, empty, incomplete or invalid."""


class MissingColumnsError(CatalogError):
    """Error raised if a table lacks a required column."""


class EmptyTableError(CatalogError):
    """Error raised if a table has no rows."""


class StoreError(AstronetError):
    """Error raised if a store, or a file used with a store, is missing, corrupt or unsuitable."""


class ConfigError(AstronetError):
    """Error raised if a config, a setting or a required package is missing or invalid."""


class RunError(AstronetError):
    """Error raised if a run or shipped weights are missing, incomplete or unsuitable.

    It is also raised if the arguments of a command, or the input of an evaluation or figure, are
    invalid, or if an output cannot be written.
    """


class WorkerError(AstronetError):
    """Error raised if a worker process terminated unexpectedly."""


class ResumableInterrupt(KeyboardInterrupt):
    """Ctrl-C in a command whose finished results are kept, so that it can be resumed.

    Like every `KeyboardInterrupt`, it is not caught with the errors of one star.

    Attributes:
        arguments: Names of the function arguments that resume the command.
    """

    def __init__(self, message: str, *, arguments: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.arguments = tuple(arguments)


def one_line(text: object) -> str:
    """Return a text, or an error's message, on one line with single spaces between its words."""
    return " ".join(str(text).split())


def unexpected(error: Exception) -> str:
    """Return the reason why a star has no result, for an error that is not an `AstronetError`."""
    return (
        f"unexpected {type(error).__name__} ({one_line(error)[:200]}); report it with the star's "
        "files"
    )


def printable(text: str) -> str:
    """Return the text on one line, with each unprintable character replaced by U+FFFD.

    Otherwise, a text from a server could contain control sequences of the terminal.
    """
    return "".join(c if c.isprintable() else "\ufffd" for c in one_line(text))


def shortened(text: str, longest: int) -> str:
    """Return a text, with an ellipsis in its middle if it has more than `longest` characters."""
    if len(text) <= longest:
        return text
    half = (longest - 3) // 2
    return f"{text[:half]} … {text[-half:]}"


def shown(value: object) -> str:
    """Return a value as it is written in Python, shortened to 200 characters.

    Python does not write whole numbers of more than 4,300 digits.
    """
    try:
        return shortened(repr(value), 200)
    except ValueError:
        return "a number with too many digits"


def together(messages: Sequence[str]) -> str:
    """Join up to five messages with semicolons, and add the number of further messages, if any."""
    more = len(messages) - 5
    return "; ".join([*messages[:5], *([f"and {more} more"] if more > 0 else [])])


def commonest(reasons: Sequence[str]) -> tuple[str, int]:
    """Return the first example of the most common reason, and how often it occurs.

    Reasons that differ only in their numbers, for example in the number of a star, are counted
    together.

    Args:
        reasons: One or more reasons.
    """
    kinds = [re.sub(r"\d[\d.,]*", "#", reason) for reason in reasons]
    kind, count = Counter(kinds).most_common(1)[0]
    return reasons[kinds.index(kind)], count


def counted(number: int, noun: str, plural: str = "") -> str:
    """Return a number and its noun in the singular or plural, for example "2 events".

    Args:
        number: Number of things.
        noun: Noun in the singular.
        plural: Noun in the plural; "" appends an s to `noun`.
    """
    return f"{number} {noun if number == 1 else plural or noun + 's'}"
