"""`astronet download`: download light curves from an archive to a folder."""

import csv
import errno
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from astronet.archives.http import HttpClient
from astronet.archives.local_files import LocalFiles
from astronet.archives.manifest import Manifest
from astronet.archives.plan import Plan, make_plan
from astronet.archives.settings import DownloadSettings
from astronet.archives.sources import open_archive
from astronet.archives.streams import Archive
from astronet.archives.summary import Missing, Summary, summarized
from astronet.archives.targets import Cadence, Target, archive_of
from astronet.archives.transfer import Transfer
from astronet.errors import ArchiveError, ResumableInterrupt
from astronet.files.atomic import remove_leftovers, replacing
from astronet.files.journal import opened
from astronet.files.locks import exclusive
from astronet.progress import transfer_bar

MISSING = "missing.csv"
"""Name of the table of missing files and stars, a file in the folder of light curves."""


def plan(
    targets: Sequence[Target],
    out: Path,
    source: str = "mast",
    *,
    cadence: Cadence = "long",
    settings: DownloadSettings = DownloadSettings(),
) -> Plan:
    """Estimate the size and duration of a download, and return the plan.

    Only file listings are requested. For more than 60 stars, the plan is extrapolated.

    Args:
        targets: Stars to download, all of one mission.
        out: Folder of light curves.
        source: "mast", "cloud", a folder, or the URL of a server with MAST's folder layout.
        cadence: Cadence of the files.
        settings: Connections, attempts and limits.

    Raises:
        ArchiveError: The source does not exist, is invalid, cannot be reached or has no light
            curves of the mission.
    """
    policy, stop = settings.retry_policy, threading.Event()
    with closing(HttpClient(settings.connections, policy, stop, settings.network)) as client:
        archive = open_archive(source, targets[0].mission, client)
        return make_plan(archive, targets, out, cadence, settings.connections, policy, stop)


def download(
    targets: Sequence[Target],
    out: Path,
    source: str | Archive = "mast",
    *,
    fallback: str | Archive | None = None,
    cadence: Cadence = "long",
    settings: DownloadSettings = DownloadSettings(),
    verify: bool = False,
    refresh: bool = False,
    log: Path | None = None,
    quiet: bool = False,
) -> Summary:
    """Download light curves to a folder.

    Valid files that are already present are kept. Damaged files and files that belong to another
    star, quarter, campaign or sector are quarantined and downloaded again. If the folder is not
    writable, its files are only checked.

    Args:
        targets: Stars to download, all of one mission.
        out: Folder of light curves, in which the files are stored in MAST's folder layout.
        source: "mast", "cloud", a folder, the URL of a server with MAST's folder layout, or an
            archive object.
        fallback: Archive from which a file is downloaded if the source cannot provide it; None
            means that there is no other archive.
        cadence: Cadence of the files.
        settings: Connections, attempts and limits.
        verify: Whether to verify the data of all existing files by the hashes in the manifest and
            by the checksums in the files; files that differ are quarantined and downloaded again.
        refresh: Whether to list the files of complete stars again, in the source and the fallback.
        log: Path of a log file (JSON Lines) to append to; None means no log.
        quiet: Whether to hide the progress bar.

    Returns:
        Summary of the download. If files or stars are missing, `out/missing.csv` lists all of them.

    Raises:
        ArchiveError: The source does not exist or is invalid, is the same folder as `out`, or has
            no light curves of the mission; or another process is downloading to `out`.
        RunError: The log cannot be written.
        OSError: The disk is full, or a file cannot be written.
    """
    stop, summary, mission = threading.Event(), Summary(), targets[0].mission
    client = HttpClient(settings.connections, settings.retry_policy, stop, settings.network)
    archives = tuple(
        _archive(one, mission, out, client, name)
        for one, name in ((source, "source"), (fallback, "fallback"))
        if one is not None
    )
    with (
        closing(client),
        opened(log) as journal,
        _locked(out) as summary.writable,
        Manifest(out, mission, cadence, writable=summary.writable) as manifest,
    ):
        local = LocalFiles(out, manifest, cadence, summary.writable, summary.quarantined)
        if summary.writable:
            remove_leftovers(out)
        transfer = Transfer(
            *(archives, local, settings, stop), verify, refresh, unlisted=summary.unlisted
        )
        journal.write("start", stars=len(targets), out=str(out), mission=mission, cadence=cadence)
        with _resumable(), transfer_bar(len(targets), _waiting(client), quiet=quiet) as add:
            least = archive_of(mission).least_files if cadence == "long" else 0
            rows = summarized(transfer.run(targets), summary, add, journal, least)
            _write_missing(out / MISSING if summary.writable else None, rows)
        journal.write(
            "end", complete=summary.complete, fetched=summary.fetched, failed=summary.failed
        )
    return summary


def _archive(
    source: str | Archive, mission: str, out: Path, client: HttpClient, argument: str
) -> Archive:
    """Return an archive; `argument` is the name of the argument that specifies it."""
    if not isinstance(source, str):
        return source
    if Path(source).resolve() == out.resolve():
        raise ArchiveError(
            f"{argument} and destination are both {out}; choose another folder", arguments=("out",)
        )
    try:
        archive = open_archive(source, mission, client)
    except ArchiveError as error:
        error.arguments = (argument,)
        raise
    if argument == "fallback" and not archive.url_of(Target(0, mission), "x"):
        raise ArchiveError(
            f"{source} cannot be a fallback for mission {mission}, because the addresses of its "
            "files are known only after a search; choose a folder or the URL of a mirror",
            arguments=("fallback",),
        )
    return archive


@contextmanager
def _locked(out: Path) -> Iterator[bool]:
    """Lock the folder of light curves, and yield whether it is writable.

    Raises:
        ArchiveError: Another process is downloading to the folder.
        OSError: The folder does not exist and cannot be created.
    """
    busy = ArchiveError(
        f"another download is writing to {out}; wait until it ends, or choose another folder",
        arguments=("out",),
    )
    with ExitStack() as held:
        writable = True
        try:
            held.enter_context(exclusive(out / ".lock", busy))
        except OSError as error:
            if error.errno not in (errno.EACCES, errno.EPERM, errno.EROFS) or not out.is_dir():
                raise
            writable = False
        yield writable


@contextmanager
def _resumable() -> Iterator[None]:
    """Replace an interruption (Ctrl-C) by one whose message says how to resume the download."""
    try:
        yield
    except KeyboardInterrupt:
        raise ResumableInterrupt("interrupted; run the same command again to resume") from None


def _waiting(client: HttpClient) -> Callable[[], str]:
    """Return a function that returns what the download waits for, or ""."""

    def waiting() -> str:
        left = client.pause.left
        return f"waiting {left:.0f} s (requested by the server)" if left >= 1 else ""

    return waiting


def _write_missing(path: Path | None, rows: Iterable[Missing]) -> None:
    """Write the table of missing files and stars to `path`, if it is not None.

    If there are none, the file is removed.
    """
    if path is None:
        deque(rows, maxlen=0)
        return
    count = 0
    with replacing(path) as part, part.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(Missing._fields)
        for count, row in enumerate(rows, start=1):  # noqa: B007
            table.writerow(row)
    if count == 0:
        path.unlink()
