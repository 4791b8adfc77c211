"""`astronet download`: download light curves from an archive to a folder."""

import csv
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from astronet.archives.faults import RetryPolicy
from astronet.archives.http import HttpClient
from astronet.archives.manifest import Manifest
from astronet.archives.plan import Plan, make_plan
from astronet.archives.sources import open_archive
from astronet.archives.streams import Archive
from astronet.archives.targets import Cadence, Target
from astronet.archives.transfer import Outcome, Transfer
from astronet.errors import ArchiveError, counted
from astronet.files.atomic import remove_leftovers, replacing
from astronet.files.locks import exclusive
from astronet.progress import transfer_bar

MISSING = "missing.csv"
"""Name of the table of missing files and stars, a file in the folder of light curves."""

_MAX_SHOWN = 20
"""Maximum number of missing files and stars that a summary lists."""


class Missing(NamedTuple):
    """Missing file (or star, if `file` is ""), with the reason why it could not be downloaded."""

    star: str
    file: str
    reason: str


@dataclass
class Summary:
    """Result of a download.

    Attributes:
        fetched: Number of downloaded files.
        kept: Number of valid files that were already present, excluding the files of stars that an
            earlier download had completed.
        size: Total size of the downloaded files [bytes].
        complete: Number of stars whose files are all present.
        absent: Number of stars for which the archive has no files of the requested cadence.
        failed: Number of files and file listings that could not be downloaded.
        quarantined: Paths of the files that this download moved to the quarantine folder.
        missing: First 20 missing files and stars; missing.csv lists all of them.
    """

    fetched: int = 0
    kept: int = 0
    size: int = 0
    complete: int = 0
    absent: int = 0
    failed: int = 0
    quarantined: list[Path] = field(default_factory=list)
    missing: list[Missing] = field(default_factory=list)

    @property
    def text(self) -> str:
        """One-line summary of the download."""
        return (
            f"{counted(self.complete, 'star')} complete; {counted(self.fetched, 'file')} "
            f"downloaded ({self.size / 1e6:.1f} MB), {self.kept} already present (not counting "
            "the files of stars that were already complete)"
        )

    @property
    def table(self) -> str:
        """Text table of the files and stars in `missing`, with the reasons."""
        width = max((len(f"{row.star} {row.file}") for row in self.missing), default=0)
        return "\n".join(
            f"  {f'{row.star} {row.file}':<{width}}  {row.reason}" for row in self.missing
        )


def plan(
    targets: Sequence[Target],
    out: Path,
    source: str = "mast",
    *,
    cadence: Cadence = "long",
    connections: int = 4,
) -> Plan:
    """Estimate the size and duration of a download, and return the plan.

    Only file listings are requested. For more than 60 stars, the plan is extrapolated.

    Args:
        targets: Stars to download, all of one mission.
        out: Folder of light curves.
        source: "mast", "cloud", a folder, or the URL of a server with MAST's folder layout.
        cadence: Cadence of the files.
        connections: Number of parallel connections.

    Raises:
        ArchiveError: The source does not exist, is invalid, cannot be reached or has no light
            curves of the mission.
    """
    archive = open_archive(source, targets[0].mission, HttpClient(connections))
    return make_plan(archive, targets, out, cadence, connections, RetryPolicy())


def download(
    targets: Sequence[Target],
    out: Path,
    source: str | Archive = "mast",
    *,
    cadence: Cadence = "long",
    connections: int = 4,
    retry_policy: RetryPolicy | None = None,
    verify: bool = False,
    quiet: bool = False,
) -> Summary:
    """Download light curves to a folder.

    Valid files that are already present are kept. Corrupt files and files that belong to another
    star are quarantined and downloaded again.

    Args:
        targets: Stars to download, all of one mission.
        out: Folder of light curves, in which the files are stored in MAST's folder layout.
        source: "mast", "cloud", a folder, the URL of a server with MAST's folder layout, or an
            archive object.
        cadence: Cadence of the files.
        connections: Number of parallel connections.
        retry_policy: Number of attempts, waits between them, and timeouts; None means the default
            policy.
        verify: Whether to compare existing files with the checksums in the manifest; files that
            differ are quarantined and downloaded again.
        quiet: Whether to hide the progress bar.

    Returns:
        Summary of the download. If files or stars are missing, `out/missing.csv` lists all of them.

    Raises:
        ArchiveError: The source does not exist or is invalid, is the same folder as `out`, or has
            no light curves of the mission; or another process is downloading to `out`.
        OSError: The disk is full, or a file cannot be written.
    """
    stop, summary = threading.Event(), Summary()
    retry_policy = retry_policy or RetryPolicy()
    if isinstance(source, str):
        if Path(source).resolve() == out.resolve():
            raise ArchiveError(
                f"source and destination are both {out}; choose another folder", arguments=("out",)
            )
        client = HttpClient(connections, retry_policy, stop)
        source = open_archive(source, targets[0].mission, client)
    busy = ArchiveError(
        f"another download is writing to {out}; wait until it ends, or choose another folder",
        arguments=("out",),
    )
    mission = targets[0].mission
    with (
        exclusive(out / ".lock", busy),
        Manifest(out, mission, cadence, hashes=verify) as manifest,
    ):
        remove_leftovers(out)
        transfer = Transfer(
            source, out, manifest, cadence, connections, retry_policy, stop, summary.quarantined
        )
        with transfer_bar(len(targets), quiet=quiet) as add:
            _write_missing(out / MISSING, _missing(transfer.run(targets), summary, add))
    return summary


def _missing(
    outcomes: Iterable[Outcome], summary: Summary, add: Callable[[int, int, int], None]
) -> Iterator[Missing]:
    """Add the outcomes to the summary, and yield the missing files and stars.

    Args:
        outcomes: Outcomes of files and stars.
        summary: Summary to update.
        add: Function that advances the progress bar by numbers of stars, files and bytes.
    """
    for outcome in outcomes:
        state = outcome.state
        summary.fetched += state == "fetched"
        summary.kept += state == "kept"
        summary.size += outcome.size
        summary.complete += state == "complete"
        summary.absent += state == "absent"
        summary.failed += state == "failed"
        add(int(outcome.file is None), int(state in ("fetched", "kept")), outcome.size)
        if state in ("absent", "failed"):
            name = outcome.file.name if outcome.file else ""
            missing = Missing(str(outcome.target), name, outcome.reason)
            if len(summary.missing) < _MAX_SHOWN:
                summary.missing.append(missing)
            yield missing


def _write_missing(path: Path, rows: Iterable[Missing]) -> None:
    """Write the table of missing files and stars to `path`.

    If there are none, the file is removed.
    """
    count = 0
    with replacing(path) as part, part.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(Missing._fields)
        for count, row in enumerate(rows, start=1):  # noqa: B007
            table.writerow(row)
    if count == 0:
        path.unlink()
