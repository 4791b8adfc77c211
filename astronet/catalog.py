"""`astronet catalog`: download and summarise tables of events."""

from pathlib import Path
from typing import TYPE_CHECKING

from astronet.catalogs.summary import Summary
from astronet.missions.tables import summarize

if TYPE_CHECKING:
    from astronet.archives.snapshots import Snapshot


def fetch_catalog(
    name: str, out: Path, url: str | None = None, *, overwrite: bool = False
) -> "Snapshot":
    """Download a table of events as a dated snapshot; see `astronet.archives.snapshots.fetch`.

    Args:
        name: Name of the table in the archive, for example `toi`.
        out: Folder of the snapshots.
        url: URL of the TAP service; None means the service of the NASA Exoplanet Archive.
        overwrite: Whether to replace today's snapshot if its content differs.

    Returns:
        Path and number of rows of the snapshot, and whether it is new.

    Raises:
        ArchiveError: The URL is invalid, the table could not be downloaded completely, or another
            process is fetching it to the same folder.
        CatalogError: The name is unknown, the response is not a valid table of this name, or
            today's snapshot exists with different content and `overwrite` is False.
    """
    from astronet.archives.snapshots import fetch
    from astronet.archives.tap import SERVICE

    return fetch(name, out, url or SERVICE, overwrite=overwrite)


def show_catalog(path: Path) -> Summary:
    """Return the summary of a table of events.

    Args:
        path: Path of the table.

    Raises:
        CatalogError: The file is missing or not a table, or a column has invalid values.
    """
    return summarize(path)
