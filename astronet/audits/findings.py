"""Findings of an audit: kinds of defects, with the affected rows and the remedies."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Literal

import pandas as pd

from astronet.lightcurves.arrays import Ints

Severity = Literal["leak", "error", "warning"]
"""Severity of a defect. A leak makes metrics too optimistic, and an error makes them wrong; both
make the audit fail. A warning does not make it fail."""

COLUMNS = (
    *("finding", "severity", "row", "star", "number", "split", "label"),
    *("other_row", "other_star", "other_number", "other_split", "other_label", "detail"),
)
"""Columns of audit.csv; `row` and `other_row` are row numbers of the store, counted from 0."""


@dataclass(frozen=True)
class Finding:
    """One kind of defect in a data set.

    Attributes:
        kind: Name of the defect.
        severity: Severity of the defect.
        summary: One-line description that includes the number of affected events or files.
        remedy: Action that removes the defect.
        table: Table of the affected rows, with the columns COLUMNS.
    """

    kind: str
    severity: Severity
    summary: str
    remedy: str
    table: pd.DataFrame

    @property
    def fails(self) -> bool:
        """Whether the defect makes the audit fail."""
        return self.severity != "warning"

    @property
    def first_rows(self) -> str:
        """Numbers and stars of the first three affected rows, separated by commas."""
        different = self.table.drop_duplicates(["row", "star"])
        rows = different["row"].astype(object).where(different["row"].notna(), "none")
        pairs = zip(rows, different["star"], strict=True)
        shown = [f"{row} (star {star})" for row, star in islice(pairs, 3)]
        return ", ".join(shown) + (" …" if len(different) > len(shown) else "")


def rows_table(
    kind: str,
    severity: Severity,
    index: pd.DataFrame,
    rows: Ints,
    others: Ints | None = None,
    detail: Sequence[str] | str = "",
) -> pd.DataFrame:
    """Return a table of the affected rows and, if given, the rows with which they conflict.

    Args:
        kind: Name of the defect.
        severity: Severity of the defect.
        index: Events with star, number, split and label.
        rows: Numbers of the affected rows [n].
        others: Numbers of the conflicting rows [n], one for each affected row; None if the defect
            is not a conflict between rows.
        detail: Details of the defect: one string for all rows, or one string per row.
    """
    columns: dict[str, Any] = {"finding": kind, "severity": severity, "row": rows}
    for name in ("star", "number", "split", "label"):
        columns[name] = index[name].to_numpy()[rows]
    columns["other_row"] = "" if others is None else others
    for name in ("star", "number", "split", "label"):
        columns[f"other_{name}"] = "" if others is None else index[name].to_numpy()[others]
    columns["detail"] = detail
    return pd.DataFrame(columns, index=range(len(rows)), columns=list(COLUMNS))
