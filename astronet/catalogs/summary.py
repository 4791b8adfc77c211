"""Short summaries of event tables."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from astronet.catalogs.columns import REQUIRED, recognised
from astronet.catalogs.labels import LabelPolicy, fitting_policies
from astronet.catalogs.layouts import Layout
from astronet.catalogs.parameter_sets import one_row_per_event
from astronet.catalogs.table import read_table
from astronet.errors import CatalogError, counted, printable
from astronet.files.checksums import sha256_of

_MOST_LABELS = 12


@dataclass(frozen=True)
class Summary:
    """Summary of a table of events.

    Attributes:
        path: Path of the table.
        layout: Layout that fits the table best.
        table: Events [n], with canonical columns.
        missing: Canonical columns that the table lacks, out of those of the layout and those
            required to compute views.
        left_out: Number of rows that are copies or further parameter sets of an event.
    """

    path: Path
    layout: Layout
    table: pd.DataFrame
    missing: tuple[str, ...]
    left_out: int = 0

    @property
    def policies(self) -> list[LabelPolicy]:
        """Label policies that contain every label in the table; empty if there are no labels."""
        labels = self.table["label"]
        return [] if set(labels) <= {""} else fitting_policies(labels)

    @property
    def usable(self) -> bool:
        """Whether the table has all columns that are required to compute views."""
        return not self.needed

    @property
    def needed(self) -> list[str]:
        """Missing columns that are required to compute views.

        If the layout defines the archive's name of a column, this name follows in parentheses.
        """
        lacking = [ours for ours in REQUIRED if ours in self.missing]
        theirs = {ours: names[0][0] for ours, names in self.layout.columns.items() if names}
        return [f"{ours} ({theirs[ours]})" if ours in theirs else ours for ours in lacking]

    def lines(self) -> Iterator[str]:
        """Yield the lines of the summary: layout, counts, labels, value ranges, missing columns."""
        yield f"{self.path}: a {self.layout.name}{_snapshot(self.path)}"
        stars = (
            f" of {counted(self.table['star'].nunique(), 'star')}" if "star" in self.table else ""
        )
        rows = counted(self.left_out, "row")
        left_out = f"; {rows} left out (copies or further parameter sets)" if self.left_out else ""
        yield f"{counted(len(self.table), 'event')}{stars}{left_out}"
        counts = self.table["label"].replace("", "none").value_counts()
        shown = [f"{printable(str(name))} {n}" for name, n in counts.head(_MOST_LABELS).items()]
        more = f", and {len(counts) - len(shown)} more" if len(counts) > len(shown) else ""
        yield f"labels: {', '.join(shown)}{more}"
        yield from (_under(policy, self.table["label"]) for policy in self.policies)
        for name in REQUIRED[1:]:
            if name in self.table:
                yield f"{name}: {_range(self.table[name])}"
        if self.missing:
            yield f"missing columns: {', '.join(self.missing)}"


def sidecar(path: Path) -> Path:
    """Return the path of the JSON file that records the origin of a snapshot."""
    return path.with_suffix(".json")


def summarize(path: Path, layouts: Sequence[Layout]) -> Summary:
    """Return the summary of an event table, which may lack any column.

    Args:
        path: Path of the table.
        layouts: Layouts from which the best-fitting one is chosen.

    Raises:
        CatalogError: The file is missing or not a table, a column has invalid values, or an event
            has several rows.
    """
    frame = read_table(path, layouts)
    layout, found = recognised(frame, layouts)
    try:
        table = one_row_per_event(frame, layouts, require=())
    except CatalogError as error:
        raise error.at(path) from None
    ours = dict.fromkeys([*REQUIRED, *(name for name, names in layout.columns.items() if names)])
    missing = tuple(name for name in ours if name not in found)
    return Summary(path, layout, table, missing, len(frame) - len(table))


def _under(policy: LabelPolicy, labels: pd.Series) -> str:
    targets = policy.targets(labels)
    dropped = int((~policy.kept(labels)).sum())
    unknown = int(np.isnan(targets).sum()) - dropped
    return (
        f"  label policy {policy.name}: {counted(int(np.nansum(targets)), 'planet')}, "
        f"{counted(int((targets == 0).sum()), 'other')}, {unknown} unlabelled, {dropped} dropped"
    )


def _range(values: pd.Series) -> str:
    known = values[np.isfinite(values)]
    if known.empty:
        return "unknown in all rows"
    unknown = len(values) - len(known)
    remark = f", unknown in {counted(unknown, 'row')}" if unknown else ""
    return f"{known.min():.6g} to {known.max():.6g}, median {known.median():.6g}{remark}"


def _snapshot(path: Path) -> str:
    """Return when a snapshot was fetched and whether it was changed since; "" for other tables."""
    try:
        note = json.loads(sidecar(path).read_text(encoding="utf-8"))
        fetched, hashed = str(note["fetched"]), str(note["sha256"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""
    same = "unchanged" if sha256_of(path) == hashed else "changed since then"
    return f", fetched {printable(fetched)}, {same}"
