"""Limit of the total rate of all connections."""

import re
import threading
import time

from astronet.archives.faults import check_running
from astronet.errors import ArchiveError

_SIZE = re.compile(r"(\d{1,12}(?:\.\d{1,3})?) ?([kKMG]?)B?", re.ASCII)
_SCALES = {"": 1, "k": 10**3, "K": 10**3, "M": 10**6, "G": 10**9}


class RateLimit:
    """Limit of the mean transfer rate, shared by all connections of a client.

    Args:
        rate: Maximum rate [bytes/s]; None means no limit.
        stop: Event that is set to end the run early; it also ends the current wait.
    """

    def __init__(self, rate: float | None, stop: threading.Event) -> None:
        self._rate, self._stop = rate, stop
        self._free_at = 0.0
        self._lock = threading.Lock()

    def take(self, size: int) -> None:
        """Wait until `size` more bytes are within the limit.

        Raises:
            InterruptedFetchError: The run is interrupted.
        """
        if not self._rate or not size:
            return
        with self._lock:
            now = time.monotonic()
            self._free_at = max(self._free_at, now) + size / self._rate
            wait = self._free_at - now
        self._stop.wait(wait)
        check_running(self._stop)


def parse_size(text: str, argument: str) -> int:
    """Return a number of bytes from text such as "500k", "20 MB" or "1.5G" (powers of 1,000).

    Args:
        text: Number, with an optional unit.
        argument: Name of the function argument that contains the text, for the error message.

    Raises:
        ArchiveError: The text is not a size, or the size is 0.
    """
    match = _SIZE.fullmatch(text.strip())
    size = round(float(match[1]) * _SCALES[match[2]]) if match else 0
    if size < 1:
        raise ArchiveError(
            f"{text!r} is not a size; give a number of bytes such as 500k, 20M or 1.5G",
            arguments=(argument,),
        )
    return size
