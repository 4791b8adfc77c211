"""What an audit finds: one kind of defect, its rows, and what to do about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Literal

import pandas as pd

from astronet.lightcurves.arrays import Ints

Severity = Literal["leak", "error", "warning"]
"""A leak makes a figure too good, an error makes it wrong; both fail. A warning is to be known."""

COLUMNS = (
    *("finding", "severity", "row", "star", "number", "split", "label"),
    *("other_row", "other_star", "other_number", "other_split", "other_label", "detail"),
)
"""The columns of audit.csv; rows are those of the store, counted from 0."""


@dataclass(frozen=True)
class Finding:
    """One kind of defect.

    Attributes:
        kind: Its name.
        severity: Whether it fails the audit.
        summary: How much of it there is, in one line.
        cure: What to do.
        table: Its rows, with the columns COLUMNS.
    """

    kind: str
    severity: Severity
    summary: str
    cure: str
    table: pd.DataFrame

    @property
    def fails(self) -> bool:
        """Whether the data set must not be used so."""
        return self.severity != "warning"

    @property
    def first_rows(self) -> str:
        """The first rows, each with its star."""
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
    """Rows of an index, each beside the other row that it clashes with, if there is one.

    Args:
        kind: The finding's name.
        severity: The finding's severity.
        index: star, number, split and label of the events.
        rows: The rows [n].
        others: The other rows [n].
        detail: What is special about them: one text, or one a row.
    """
    columns: dict[str, Any] = {"finding": kind, "severity": severity, "row": rows}
    for name in ("star", "number", "split", "label"):
        columns[name] = index[name].to_numpy()[rows]
    columns["other_row"] = "" if others is None else others
    for name in ("star", "number", "split", "label"):
        columns[f"other_{name}"] = "" if others is None else index[name].to_numpy()[others]
    columns["detail"] = detail
    return pd.DataFrame(columns, index=range(len(rows)), columns=list(COLUMNS))
