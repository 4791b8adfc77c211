"""Dated snapshots of archive tables, checked for completeness.

Archives update their tables; a sidecar file therefore records the time, query and checksum of each
snapshot.
"""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from astronet.archives.faults import FaultError, RetryPolicy
from astronet.archives.http import HttpClient, Network
from astronet.archives.tap import SERVICE, TapService
from astronet.catalogs.summary import sidecar
from astronet.errors import ArchiveError, CatalogError, MissingColumnsError
from astronet.files.atomic import move, remove_leftovers, replacing, temporary
from astronet.files.checksums import sha256_of
from astronet.files.locks import exclusive
from astronet.missions import MISSIONS
from astronet.missions.spec import ArchiveTable
from astronet.missions.tables import canonical, read_table
from astronet.progress import progress_bar

RETRY_POLICY = RetryPolicy(headers=60.0, stall=60.0)
"""Default retry policy; the archive may need a minute to prepare a complete table."""


def catalogs() -> dict[str, ArchiveTable]:
    """Return the archive tables of all missions by table name."""
    tables: dict[str, ArchiveTable] = {}
    for mission in MISSIONS.values():
        tables |= mission.SPEC.tables
    return tables


@dataclass(frozen=True)
class Snapshot:
    """Snapshot of an archive table on disk.

    Attributes:
        path: Path of the table.
        rows: Number of rows.
        new: Whether the snapshot is new; False if an identical one already existed.
    """

    path: Path
    rows: int
    new: bool


def fetch(
    name: str,
    out: Path,
    service: str = SERVICE,
    retry_policy: RetryPolicy | None = None,
    *,
    network: Network | None = None,
    overwrite: bool = False,
    quiet: bool = False,
) -> Snapshot:
    """Fetch a table, save it as `<out>/<name>-<date>.csv` and return the snapshot.

    The date is the UTC date of the download, for example 2026-03-14. A JSON sidecar with the same
    stem describes the snapshot.

    Args:
        name: Name of the table, one of the keys of `catalogs()`.
        out: Folder for the snapshot.
        service: URL of the TAP service.
        retry_policy: Number of attempts, waits between them, and timeouts; None means the default
            policy with a timeout of 60 s.
        network: Proxy, certificates and maximum rate; None means the defaults.
        overwrite: Whether to replace today's snapshot if its content differs.
        quiet: Whether to hide the progress bar.

    Raises:
        ArchiveError: The URL is invalid, the archive cannot be reached or rejects the query, the
            response of each attempt is damaged, or another process is fetching the same table to
            the same folder.
        CatalogError: The name is unknown, the response is an error message or lacks a column, or
            today's snapshot exists with different content and `overwrite` is False.
    """
    if name not in (tables := catalogs()):
        known = ", ".join(f"{known} ({table.title})" for known, table in tables.items())
        raise CatalogError(f"there is no event table {name!r}; choose one of {known}")
    retry_policy = retry_policy or RETRY_POLICY
    tap = TapService(HttpClient(1, retry_policy, network=network), service)
    busy = ArchiveError(
        f"another process is fetching {name} to {out}; wait until it ends, or choose another "
        "folder",
        arguments=("out",),
    )
    with exclusive(out / f".{name}.lock", busy):
        remove_leftovers(out, f"{name}-*")
        return _fetch(name, out, tap, retry_policy, overwrite, quiet=quiet)


def _fetch(
    name: str,
    out: Path,
    tap: TapService,
    retry_policy: RetryPolicy,
    overwrite: bool,
    *,
    quiet: bool,
) -> Snapshot:
    query = f"select * from {name}"
    url = tap.url_of(query)
    now = datetime.now(UTC)
    path = out / f"{name}-{now:%Y-%m-%d}.csv"

    def attempt(part: Path) -> pd.DataFrame:
        rows = tap.count_rows(name)
        with progress_bar(f"fetching {name}", "rows", rows, quiet=quiet) as advance:
            tap.fetch(query, part, advance)
        return _checked(part, name, url, rows)

    with temporary(path) as part:
        try:
            frame = retry_policy.retrying(threading.Event(), name)(attempt, part)
        except CatalogError as error:
            message = str(error).replace(str(part), url)
            message = message if url in message else f"{url}: {message}"
            raise CatalogError(message, arguments=error.arguments, command=error.command) from None
        except FaultError as error:
            raise ArchiveError(
                f"{name} could not be fetched in {retry_policy.attempts} attempts (last error: "
                f"{error}); try again later"
            ) from None
        description = {
            "catalog": name,
            "query": query,
            "url": url,
            "fetched": now.isoformat(timespec="seconds"),
            "rows": len(frame),
            "columns": [str(column) for column in frame.columns],
            "sha256": sha256_of(part),
        }
        new = _save(part, path, description, overwrite)
    return Snapshot(path, len(frame), new)


def _checked(part: Path, name: str, url: str, rows: int) -> pd.DataFrame:
    """Read a table, check that it is complete, and return it.

    Raises:
        FaultError: The file is a web page or is damaged: a row has another number of fields than
            the header, the last line or rows are missing, an event occurs twice, or a value is
            invalid.
        CatalogError: The file is an error message of the service, or the table lacks a column.
    """
    table = catalogs()[name]
    with part.open("rb") as content:
        if content.read(256).lstrip().startswith(b"<?xml"):
            read_table(part)  # raises an error that quotes the beginning of the message
        if content.seek(-1, 2) and content.read(1) != b"\n":
            raise FaultError(f"{url}: the response ends in the middle of a line")
    with _damage(part, url):
        frame = read_table(part)
        canonical(frame, table.columns)
    if len(frame) != rows:
        raise FaultError(f"received {len(frame)} of {rows} rows")
    key = [column for column in table.key if column in frame]
    if key and (twice := frame.duplicated(key)).any():
        row = frame.loc[twice, key].iloc[0]
        event = ", ".join(f"{column} {value}" for column, value in row.items())
        raise FaultError(f"{url}: the event with {event} occurs in more than one row")
    return frame


@contextmanager
def _damage(part: Path, url: str) -> Iterator[None]:
    """Replace a `CatalogError` from the `with` block by a `FaultError`, except for missing columns.

    An archive can rename a column, and then further attempts are useless.
    """
    try:
        yield
    except MissingColumnsError:
        raise
    except CatalogError as error:
        message = str(error).replace(str(part), url).partition(";")[0]
        raise FaultError(message if url in message else f"{url}: {message}") from None


def _save(part: Path, path: Path, description: dict[str, object], overwrite: bool) -> bool:
    """Save a snapshot and its sidecar, and return whether the snapshot is new.

    Args:
        part: Path of the downloaded table, which is moved to `path`.
        path: Path of the snapshot.
        description: Content of the sidecar.
        overwrite: Whether to replace a different table.

    Raises:
        CatalogError: A different table exists at the path, and `overwrite` is False.
    """
    new = not path.exists() or sha256_of(path) != description["sha256"]
    if new and path.exists() and not overwrite:
        raise CatalogError(
            f"{path} already exists with different content (the archive updated the table "
            "today, or the file was edited); rename the existing file, or choose another folder, "
            "or overwrite it",
            arguments=("out", "overwrite"),
        )
    if new or not sidecar(path).exists():
        text = json.dumps(description, indent=2, ensure_ascii=False) + "\n"
        # The sidecar is moved last, so that a table without a sidecar is saved again.
        with replacing(sidecar(path)) as note:
            note.write_text(text, encoding="utf-8")
            move(part, path)
    return new
