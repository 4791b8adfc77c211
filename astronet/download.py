"""`astronet download`: light curves from an archive to a folder, with nothing lost on the way."""

import csv
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from astronet.archives.faults import Patience
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
"""The table, in the folder of light curves, of what the last run could not get."""

_SHOWN = 20
"""How many missing files or stars a summary shows."""


class Missing(NamedTuple):
    """A file, or a whole star (`file` is ""), that could not be had, and why."""

    star: str
    file: str
    reason: str


@dataclass
class Summary:
    """What a download did."""

    fetched: int = 0
    kept: int = 0
    size: int = 0
    """Bytes fetched."""

    complete: int = 0
    """Stars of which every file is here."""

    absent: int = 0
    """Stars that the archive does not have."""

    failed: int = 0
    """Files, or lists of files, that could not be had though they should."""

    quarantined: list[Path] = field(default_factory=list)
    missing: list[Missing] = field(default_factory=list)
    """The first few; all of them stand in missing.csv."""

    @property
    def text(self) -> str:
        """The run in a line."""
        return (
            f"{counted(self.complete, 'star')} complete; {counted(self.fetched, 'file')} fetched "
            f"({self.size / 1e6:.1f} MB), {self.kept} there already"
        )

    @property
    def table(self) -> str:
        """The first of what is missing, in lines."""
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
    """What a download would be; fetches nothing but the lists of some stars.

    Raises:
        ArchiveError: The source does not exist or does not answer.
    """
    archive = open_archive(source, targets[0].mission, HttpClient(connections))
    return make_plan(archive, targets, out, cadence, connections, Patience())


def download(
    targets: Sequence[Target],
    out: Path,
    source: str | Archive = "mast",
    *,
    cadence: Cadence = "long",
    connections: int = 4,
    patience: Patience | None = None,
    verify: bool = False,
    quiet: bool = False,
) -> Summary:
    """Fetches the light curves of the stars into a folder; what is there already is kept.

    Args:
        targets: The stars, of one mission.
        out: The folder of light curves, laid out as the archive's.
        source: "mast", "cloud", a folder, the address of a server of MAST's tree, or an archive
            that is open already.
        cadence: Which of the files.
        connections: How many to use at a time.
        patience: How often and how long to try.
        verify: Compare the files that are there with the manifest's hashes; what differs is moved
            aside and fetched again.
        quiet: Show no progress.

    Raises:
        ArchiveError: The source does not exist, or another download is filling the folder.
        OSError: The disk is full or may not be written.
    """
    stop, patience, summary = threading.Event(), patience or Patience(), Summary()
    if isinstance(source, str):
        if Path(source).resolve() == out.resolve():
            raise ArchiveError(
                f"source and destination are both {out}; choose another folder", arguments=("out",)
            )
        client = HttpClient(connections, patience, stop)
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
            source, out, manifest, cadence, connections, patience, stop, summary.quarantined
        )
        with transfer_bar(len(targets), quiet=quiet) as add:
            _write_missing(out / MISSING, _missing(transfer.run(targets), summary, add))
    return summary


def _missing(
    outcomes: Iterable[Outcome], summary: Summary, add: Callable[[int, int, int], None]
) -> Iterator[Missing]:
    """Counts the outcomes, and passes on what could not be had."""
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
            if len(summary.missing) < _SHOWN:
                summary.missing.append(missing)
            yield missing


def _write_missing(path: Path, rows: Iterable[Missing]) -> None:
    """Writes the table as the rows come; no table where nothing is missing."""
    count = 0
    with replacing(path) as part, part.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(Missing._fields)
        for count, row in enumerate(rows, start=1):  # noqa: B007
            table.writerow(row)
    if count == 0:
        path.unlink()
