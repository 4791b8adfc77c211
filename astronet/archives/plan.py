"""What a download will be, before it begins."""

import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from astronet.archives.faults import AbsentError, Patience
from astronet.archives.fetching import list_files
from astronet.archives.streams import Archive, RemoteFile
from astronet.archives.targets import Cadence, Target
from astronet.errors import counted

_ASKED = 60
"""How many stars' lists a plan asks for; with more stars it extrapolates."""

_BYTES_A_SECOND = 10e6
"""The bandwidth that the estimated time assumes."""


@dataclass(frozen=True)
class Plan:
    """How much there is to fetch; extrapolated where fewer stars were asked for."""

    stars: int
    asked: int
    absent: int
    files: int
    here: int
    size: int | None
    """Bytes still to come; None where the archive gives no sizes."""

    seconds: float

    @property
    def text(self) -> str:
        """The plan in a few lines."""
        about = "about " if self.asked < self.stars else ""
        size = "of unknown size" if self.size is None else f"{self.size / 1e9:.3g} GB"
        lines = [
            f"{counted(self.stars, 'star')}, {about}{counted(self.files, 'file')}; "
            f"{about}{self.here} here already",
            f"to fetch: {about}{counted(self.files - self.here, 'file')}, {size}; "
            f"about {_duration(self.seconds)} at {_BYTES_A_SECOND / 1e6:.0f} MB/s",
        ]
        if self.absent:
            lines.append(f"not in the archive: {about}{counted(self.absent, 'star')}")
        if about:
            lines.append(f"from the lists of {self.asked} stars, spread evenly")
        return "\n".join(lines)


def make_plan(
    archive: Archive,
    targets: Sequence[Target],
    folder: Path,
    cadence: Cadence,
    connections: int,
    patience: Patience,
) -> Plan:
    """Asks for the lists of up to 60 stars and reckons from them.

    Raises:
        ArchiveError: The archive does not answer.
    """
    count = min(len(targets), _ASKED)
    asked = [targets[k * len(targets) // count] for k in range(count)]
    stop, started = threading.Event(), time.monotonic()

    def listed(target: Target) -> list[RemoteFile]:
        try:
            return list_files(archive, target, cadence, patience, stop)
        except AbsentError:
            return []

    with ThreadPoolExecutor(connections) as pool:
        lists = list(pool.map(listed, asked))
    request = (time.monotonic() - started) / max(count, 1)
    files = [file for found in lists for file in found]
    missing = [file for file in files if not (folder / file.path).exists()]
    sizes = [file.estimate if file.size is None else file.size for file in missing]
    known = [size for size in sizes if size is not None]
    scale = len(targets) / max(count, 1)
    size = round(sum(known) / len(known) * len(missing) * scale) if known else None
    return Plan(
        stars=len(targets),
        asked=count,
        absent=round(scale * sum(not found for found in lists)),
        files=round(scale * len(files)),
        here=round(scale * (len(files) - len(missing))),
        size=0 if not missing else size,
        seconds=scale * request * (count + len(missing)) + (size or 0) / _BYTES_A_SECOND,
    )


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{max(seconds, 1):.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
