"""`astronet catalog`: tables of events from the archive, and what one holds."""

from pathlib import Path
from typing import TYPE_CHECKING

from astronet.catalogs.summary import Summary
from astronet.missions.tables import summarize

if TYPE_CHECKING:
    from astronet.archives.snapshots import Snapshot


def fetch_catalog(name: str, out: Path, url: str | None = None) -> "Snapshot":
    """Fetches a table to a dated snapshot; see `astronet.archives.snapshots.fetch`.

    Raises:
        ArchiveError: The table could not be fetched whole.
        CatalogError: There is no such table, or what came is none.
    """
    from astronet.archives.snapshots import fetch
    from astronet.archives.tap import SERVICE

    return fetch(name, out, url or SERVICE)


def show_catalog(path: Path) -> Summary:
    """Return the summary of a table of events.

    Raises:
        CatalogError: The file is missing or not a table, or a column has impossible values.
    """
    return summarize(path)
