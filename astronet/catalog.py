"""`astronet catalog`: download, summarise and label tables of events."""

from pathlib import Path
from typing import TYPE_CHECKING

from astronet.catalogs.koi_labels import Labelled, with_koi_labels
from astronet.catalogs.labels import POLICIES
from astronet.catalogs.summary import Summary
from astronet.errors import CatalogError
from astronet.files.outputs import check_output
from astronet.files.tables import write_table
from astronet.missions.tables import find_catalog, read_catalog, summarize

if TYPE_CHECKING:
    from astronet.archives.snapshots import Snapshot


def fetch_catalog(
    name: str,
    out: Path,
    url: str | None = None,
    *,
    retries: int | None = None,
    timeout: float | None = None,
    proxy: str | None = None,
    ca_file: Path | None = None,
    overwrite: bool = False,
) -> "Snapshot":
    """Download a table of events as a dated snapshot; see `astronet.archives.snapshots.fetch`.

    Args:
        name: Name of the table in the archive, for example `toi`.
        out: Folder of the snapshots.
        url: URL of the TAP service; None means the service of the NASA Exoplanet Archive.
        retries: Number of further attempts after the first one; None means 5.
        timeout: Time without data, or without complete headers, after which a connection is closed
            [s]; None means 60.
        proxy: URL of the proxy; None means the one in the environment.
        ca_file: File with the certificates of trusted authorities (PEM); None means the default.
        overwrite: Whether to replace today's snapshot if its content differs.

    Returns:
        Path and number of rows of the snapshot, and whether it is new.

    Raises:
        ArchiveError: The URL is invalid, the table could not be downloaded completely, or another
            process is fetching it to the same folder.
        CatalogError: The name is unknown, the response is not a valid table of this name, or
            today's snapshot exists with different content and `overwrite` is False.
    """
    from astronet.archives.http import Network
    from astronet.archives.snapshots import RETRY_POLICY, fetch
    from astronet.archives.tap import SERVICE

    policy, network = RETRY_POLICY.with_limits(retries, timeout), Network(proxy, ca_file)
    return fetch(
        name, out, SERVICE if url is None else url, policy, network=network, overwrite=overwrite
    )


def show_catalog(path: Path) -> Summary:
    """Return the summary of a table of events.

    Args:
        path: Path of the table.

    Raises:
        CatalogError: The file is missing or not a table, or a column has invalid values.
    """
    return summarize(path)


def label_catalog(
    table: Path, kois: Path, out: Path, *, labels: str = "dr24_autovetter", overwrite: bool = False
) -> Labelled:
    """Write a table of events with labels from a table of KOIs, and return the events.

    See `astronet.catalogs.koi_labels.with_koi_labels`.

    Args:
        table: Path or name of the table of events.
        kois: Path or name of the table of KOIs.
        out: Path of the new table.
        labels: Label policy of the events' own labels, which events without a KOI keep.
        overwrite: Whether to replace an existing table.

    Raises:
        CatalogError: A table cannot be read, lacks a column, or has unknown labels; the policy is
            unknown; or no event belongs to a KOI.
        RunError: The new table exists and `overwrite` is False, cannot be written, or is an input.
    """
    table, kois = find_catalog(table), find_catalog(kois)
    check_output(out, [table, kois], overwrite=overwrite)
    events = read_catalog(table)
    if labels not in POLICIES:
        raise CatalogError(
            f"unknown label policy '{labels}'; choose one of {', '.join(POLICIES)}",
            arguments=("labels",),
        )
    policy = POLICIES[labels]
    targets = policy.targets(policy.labels_of(events))
    try:
        labelled = with_koi_labels(events, read_catalog(kois), targets)
    except CatalogError as error:
        raise CatalogError(f"{table} and {kois}: {error}") from None
    write_table(labelled, out)
    return Labelled(labelled, targets)
