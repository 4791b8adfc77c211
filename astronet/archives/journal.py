"""Log of a download in JSON lines, for programs that watch it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from astronet.archives.outcomes import Outcome
from astronet.errors import ArchiveError


class Journal:
    """Log with one JSON object per line: the time, the event, and its values.

    The events are `start`, `file` (downloaded or failed; files that were already present are not
    logged), `star` (complete, incomplete, absent or failed) and `end`.

    Args:
        file: Open text file; None means that nothing is written.
    """

    def __init__(self, file: TextIO | None) -> None:
        self._file = file

    def write(self, event: str, **values: object) -> None:
        """Write a line.

        Args:
            event: Name of the event.
            values: Values of the event by name; they must be serialisable as JSON.
        """
        if self._file is None:
            return
        time = datetime.now(UTC).isoformat(timespec="milliseconds")
        line = {"time": time, "event": event, **values}
        self._file.write(json.dumps(line, ensure_ascii=False) + "\n")
        self._file.flush()

    def outcome(self, outcome: Outcome) -> None:
        """Write the outcome of a file or star, except of a file that was already present."""
        star = {"mission": outcome.target.mission, "star": outcome.target.number}
        reason = {"reason": outcome.reason} if outcome.reason else {}
        file = outcome.file
        if file is None:
            self.write("star", **star, state=outcome.state, **reason)
        elif outcome.state != "kept":
            numbers: dict[str, object] = {}
            if outcome.state == "fetched":
                numbers = {
                    "bytes": outcome.size,
                    "seconds": round(outcome.seconds, 3),
                    "attempts": outcome.attempts,
                }
            self.write(
                "file",
                **star,
                file=file.name,
                url=file.url,
                state=outcome.state,
                **numbers,
                **reason,
            )


@contextmanager
def opened(path: Path | None) -> Iterator[Journal]:
    """Yield a log that is appended to a file.

    Args:
        path: Path of the file; None means that nothing is written.

    Raises:
        ArchiveError: The file cannot be written.
    """
    if path is None:
        yield Journal(None)
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("a", encoding="utf-8")
    except OSError as error:
        raise ArchiveError(
            f"the log {path} cannot be written ({error.strerror}); choose another path",
            arguments=("log",),
        ) from None
    with file:
        yield Journal(file)
