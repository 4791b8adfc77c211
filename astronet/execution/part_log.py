"""Log of a command that runs in parts: its rate, and the stars or events that failed."""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from astronet.execution.parts import Content
from astronet.files.journal import Journal


@dataclass
class PartLog:
    """Log with the events `start`, `part` and `failed`.

    Attributes:
        journal: File of the log.
        failures: Function that returns the failures in the content of a part: the star, the number
            of the event if there is one, and the reason, by name.
        failed: Number of the failures so far.
        example: Number of the first part with a failure, and the reason; None if there is none.
    """

    journal: Journal
    failures: Callable[[Content], Iterable[Mapping[str, Any]]]
    failed: int = field(default=0, init=False)
    example: tuple[int, str] | None = field(default=None, init=False)
    _started: float = field(default_factory=time.monotonic, init=False)
    _done: int = field(default=0, init=False)
    _waiting: int = field(default=0, init=False)

    def start(self, stars: int, waiting: int) -> None:
        """Write the number of stars, and of those whose parts are not finished."""
        self._waiting = waiting
        self.journal.write("start", stars=stars, waiting=waiting)

    def part(self, number: int, stars: int, content: Content) -> None:
        """Write that a part is finished, the rate since the start [stars/s], and its failures.

        Args:
            number: Number of the part.
            stars: Number of stars in the part.
            content: Content of the part.
        """
        self._done += stars
        for failure in self.failures(content):
            self.journal.write("failed", **failure)
            self.failed += 1
            self.example = self.example or (number, str(failure["reason"]))
        seconds = time.monotonic() - self._started
        rate = round(self._done / seconds, 3) if seconds > 0 else None
        self.journal.write(
            "part", part=number, done=self._done, waiting=self._waiting - self._done, rate=rate
        )
