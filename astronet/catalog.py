"""`astronet catalog`: tables of events from the archive, and what one holds."""

import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from astronet.catalogs.summary import Summary
from astronet.missions import DEFAULT_MISSION
from astronet.missions.tables import mission_of_layout, summarize

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


def show_catalog(path: Path) -> Iterator[str]:
    """Lines that say what a table is, what it holds, and what to do next.

    Raises:
        CatalogError: The file is missing or no table, or holds what it cannot hold.
    """
    summary = summarize(path)
    yield from summary.lines()
    yield f"next: {_next(summary)}"


def _next(summary: Summary) -> str:
    if not summary.usable:
        return f"it needs {', '.join(summary.needed)} to be prepared; {summary.layout.cure}"
    mission = mission_of_layout(summary.layout) or DEFAULT_MISSION
    words = ["astronet", "prepare", "--config", "configs/astronet.yaml"]
    words.append(f"source.catalog={summary.path}")
    if mission != DEFAULT_MISSION:
        words.append(f"source.mission={mission}")
    words += [f"data.labels={policy.name}" for policy in summary.policies[:1]]
    return shlex.join(words)
