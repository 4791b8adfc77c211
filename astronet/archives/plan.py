"""Download plan: the estimated size and duration of a download."""

import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from astronet.archives.faults import AbsentError, FaultError, RetryPolicy
from astronet.archives.fetching import list_files
from astronet.archives.streams import Archive, RemoteFile
from astronet.archives.targets import Cadence, Target
from astronet.errors import ArchiveError, counted

_MAX_LISTED = 60
"""Maximum number of stars whose files are listed; a plan for more stars is extrapolated."""

_BANDWIDTH = 10e6
"""Bandwidth assumed for the estimated duration [bytes/s]."""


@dataclass(frozen=True)
class Plan:
    """Estimated size and duration of a download, extrapolated if not all stars were listed.

    Attributes:
        stars: Number of stars.
        listed: Number of stars whose lists of files were requested from the archive.
        absent: Number of stars for which the archive has no files of the requested cadence.
        files: Total number of files.
        present: Number of files that are already in the folder.
        size: Total size of the files that are not in the folder [bytes]; None if there are such
            files, but the archive does not give the size of any.
        seconds: Estimated duration of the download [s].
    """

    stars: int
    listed: int
    absent: int
    files: int
    present: int
    size: int | None
    seconds: float

    @property
    def text(self) -> str:
        """Summary of the plan in two to four lines."""
        about = "about " if self.listed < self.stars else ""
        size = "size unknown" if self.size is None else f"{self.size / 1e9:.3g} GB"
        lines = [
            f"{counted(self.stars, 'star')}, {about}{counted(self.files, 'file')}; "
            f"{about}{self.present} already present",
            f"to download: {about}{counted(self.files - self.present, 'file')}, {size}; "
            f"about {_duration(self.seconds)} at {_BANDWIDTH / 1e6:.0f} MB/s",
        ]
        if self.absent:
            lines.append(
                "without light curves of the requested cadence in the archive: "
                f"{about}{counted(self.absent, 'star')}"
            )
        if about:
            lines.append(
                f"extrapolated from {counted(self.listed, 'star')}, evenly spaced in the list"
            )
        return "\n".join(lines)


def make_plan(
    archive: Archive,
    targets: Sequence[Target],
    folder: Path,
    cadence: Cadence,
    connections: int,
    retry_policy: RetryPolicy,
    stop: threading.Event,
) -> Plan:
    """Estimate the size and duration of a download from the file listings of up to 60 stars.

    If there are more stars, the estimate is extrapolated from 60 stars, evenly spaced in the list.

    Args:
        archive: Archive of light curves.
        targets: Stars to download.
        folder: Folder of light curves.
        cadence: Cadence of the files.
        connections: Number of parallel connections.
        retry_policy: Number of attempts, waits between them, and timeouts.
        stop: Event that is set if the run is interrupted.

    Raises:
        ArchiveError: The files of a star cannot be listed.
    """
    count = min(len(targets), _MAX_LISTED)
    chosen = [targets[k * len(targets) // count] for k in range(count)]
    started = time.monotonic()

    def listed(target: Target) -> list[RemoteFile]:
        try:
            return list_files(archive, target, cadence, retry_policy, stop)
        except AbsentError:
            return []
        except FaultError as error:
            raise ArchiveError(
                f"{error}; try again later, or check the source", arguments=("source",)
            ) from None

    with ThreadPoolExecutor(connections) as pool:
        try:
            listings = list(pool.map(listed, chosen))
        except BaseException:
            stop.set()
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    request = (time.monotonic() - started) / max(count, 1)
    files = [file for found in listings for file in found]
    missing = [file for file in files if not (folder / file.path).exists()]
    sizes = [file.estimate if file.size is None else file.size for file in missing]
    known = [size for size in sizes if size is not None]
    scale = len(targets) / max(count, 1)
    size = round(sum(known) / len(known) * len(missing) * scale) if known else None
    return Plan(
        stars=len(targets),
        listed=count,
        absent=round(scale * sum(not found for found in listings)),
        files=round(scale * len(files)),
        present=round(scale * (len(files) - len(missing))),
        size=0 if not missing else size,
        seconds=scale * request * (count + len(missing)) + (size or 0) / _BANDWIDTH,
    )


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{max(seconds, 1):.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
