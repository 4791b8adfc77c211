"""Log of a command in JSON lines, for programs that watch it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from astronet.errors import RunError


class Journal:
    """Log with one JSON object per line: the time, the event, and its values.

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


@contextmanager
def opened(path: Path | None) -> Iterator[Journal]:
    """Yield a log that is appended to a file.

    Args:
        path: Path of the file; None means that nothing is written.

    Raises:
        RunError: The file cannot be written.
    """
    if path is None:
        yield Journal(None)
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("a", encoding="utf-8")
    except OSError as error:
        raise RunError(
            f"the log {path} cannot be written ({error.strerror}); choose another path",
            arguments=("log",),
        ) from None
    with file:
        yield Journal(file)
