"""The archive's tables, fetched whole, checked, and frozen under the day's date.

Archives change their tables; a snapshot says when it was taken, by which query, and its hash.
"""

import json
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from astronet.archives.faults import FaultError, Patience
from astronet.archives.http import HttpClient
from astronet.archives.tap import SERVICE, TapService
from astronet.catalogs.summary import sidecar
from astronet.errors import ArchiveError, CatalogError
from astronet.files.atomic import move, remove_leftovers, replacing, temporary
from astronet.files.checksums import sha256_of
from astronet.files.locks import exclusive
from astronet.missions import MISSIONS
from astronet.missions.spec import ArchiveTable
from astronet.missions.tables import canonical, read_table
from astronet.progress import progress_bar

_SILENCE = 60.0
"""How long [s] the archive may think about a whole table before the first byte comes."""


def catalogs() -> dict[str, ArchiveTable]:
    """Return the tables of all missions that can be fetched, by the archive's own names."""
    tables: dict[str, ArchiveTable] = {}
    for mission in MISSIONS.values():
        tables |= mission.SPEC.tables
    return tables


@dataclass(frozen=True)
class Snapshot:
    """A table on disk: its file, its rows, and whether it is new."""

    path: Path
    rows: int
    new: bool


def fetch(
    name: str,
    out: Path,
    service: str = SERVICE,
    patience: Patience | None = None,
    *,
    quiet: bool = False,
) -> Snapshot:
    """Fetches one of `catalogs()` to `<out>/<name>-<date>.csv`, with a sidecar of the same name.

    Args:
        name: The table's name.
        out: The folder.
        service: The TAP service's address.
        patience: How often and how long to try.
        quiet: Show no progress.

    Raises:
        ArchiveError: The archive cannot be reached or refuses, a row is missing, or another fetch
            of the table is at work in the folder.
        CatalogError: There is no such table; what came is no table or lacks a column; or today's
            snapshot is there with other content.
    """
    if name not in (tables := catalogs()):
        known = ", ".join(f"{known} ({table.title})" for known, table in tables.items())
        raise CatalogError(f"there is no catalogue {name!r}; choose one of {known}")
    patience = patience or Patience(stall=_SILENCE)
    tap = TapService(HttpClient(1, patience), service)
    busy = ArchiveError(
        f"another process is fetching {name} to {out}; wait until it ends, or choose another "
        "folder",
        arguments=("out",),
    )
    with exclusive(out / f".{name}.lock", busy):
        remove_leftovers(out, f"{name}-*")
        return _fetched(name, out, tap, patience, quiet=quiet)


def _fetched(name: str, out: Path, tap: TapService, patience: Patience, *, quiet: bool) -> Snapshot:
    """The table, in a folder where nobody else fetches it."""
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
            frame = patience.retrying(threading.Event(), name)(attempt, part)
        except FaultError as error:
            raise ArchiveError(
                f"{name} did not come in {patience.attempts} attempts (the last: {error}); "
                "try again later"
            ) from None
        described = {
            "catalog": name,
            "query": query,
            "url": url,
            "fetched": now.isoformat(timespec="seconds"),
            "rows": len(frame),
            "columns": [str(column) for column in frame.columns],
            "sha256": sha256_of(part),
        }
        new = _freeze(part, path, described)
    return Snapshot(path, len(frame), new)


def _checked(part: Path, name: str, url: str, rows: int) -> pd.DataFrame:
    """The table as it came, if it is whole.

    Raises:
        FaultError: Rows are missing, or too many.
        CatalogError: It is no table, or lacks a column.
    """
    try:
        frame = read_table(part)
        canonical(frame, catalogs()[name].columns)
    except CatalogError as error:
        cause = str(error).removeprefix(f"{part}: ").removeprefix(f"{part} ")
        if cause.startswith("is truncated"):
            raise FaultError(f"the answer {cause.partition(';')[0]}") from None
        raise CatalogError(f"{url}: {cause}") from None
    if len(frame) != rows:
        raise FaultError(f"{len(frame)} rows came, of {rows}")
    return frame


def _freeze(part: Path, path: Path, described: dict[str, object]) -> bool:
    """Puts a new snapshot into its place; False where the same is there already.

    Raises:
        CatalogError: Another table is there.
    """
    new = not path.exists()
    if not new and sha256_of(path) != described["sha256"]:
        raise CatalogError(
            f"{path} is there with other content (the archive changed it today, or somebody "
            "else did); rename it, or choose another --out"
        )
    if new or not sidecar(path).exists():
        text = json.dumps(described, indent=2, ensure_ascii=False) + "\n"
        with replacing(sidecar(path)) as note:  # moved last: a table without it is fetched again
            note.write_text(text, encoding="utf-8")
            move(part, path)
    return new
