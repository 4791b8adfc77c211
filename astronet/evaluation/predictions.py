"""Table of events and their scores (predictions.csv)."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from astronet.lightcurves.arrays import Floats

FIRST_COLUMNS = (
    "star",
    "number",
    "period_days",
    "epoch_bkjd",
    "duration_days",
    "score",
    "spread",
    "decision",
    "unsure",
)
"""Names of the first columns of predictions.csv; columns that the events lack are omitted."""

LAST_COLUMNS = (
    *("centroid_statistic", "centroid_source", "inputs"),
    *("seen_in_training", "model", "warning", "reason"),
)
"""Names of the last columns of predictions.csv; columns that are not given are omitted."""

REPLACED = frozenset(
    {
        *("score", "spread", "decision", "unsure", "inputs", "seen_in_training", "model"),
        *("centroid_source", "reason"),
    }
)
"""Names of the columns of a table of events that predictions replace."""


def predictions_table(
    events: pd.DataFrame,
    scores: Floats,
    reasons: list[str] | None = None,
    warnings: list[str] | None = None,
    columns: Mapping[str, Any] | None = None,
) -> pd.DataFrame:
    """Return a table of events and scores, sorted by decreasing score.

    Events without a score come last.

    Args:
        events: Table of events [n] with any columns; existing columns score and reason are
            replaced.
        scores: Scores [n]; NaN for events that cannot be scored.
        reasons: Reasons [n] why events have no score; "" for events with a score. None means ""
            for all events.
        warnings: Reasons [n] why scores are unreliable; "" for reliable scores. None means the
            column warning of `events` or, if there is no such column, "" for all events.

        columns: Further columns in FIRST_COLUMNS or LAST_COLUMNS by name: values [n], or one value
            for all events.

    Returns:
        Table with the columns in FIRST_COLUMNS, the other columns of `events` and those in
        LAST_COLUMNS, in this order. Its index contains the row positions in `events`.
    """
    frame = events.reset_index(drop=True).drop(columns=list(REPLACED), errors="ignore")
    frame = frame.assign(**(columns or {}))
    frame["score"] = np.asarray(scores, np.float64)
    frame["warning"] = warnings if warnings is not None else frame.get("warning", "")
    frame["reason"] = reasons if reasons is not None else ""
    return frame[in_order(map(str, frame))].sort_values(
        "score", ascending=False, kind="stable", na_position="last"
    )


def in_order(columns: Iterable[str]) -> list[str]:
    """Return the columns of predictions.csv in their order.

    Args:
        columns: Names of the columns in any order.
    """
    names = list(columns)
    middle = [name for name in names if name not in (*FIRST_COLUMNS, *LAST_COLUMNS)]
    first, last = ([c for c in some if c in names] for some in (FIRST_COLUMNS, LAST_COLUMNS))
    return [*first, *middle, *last]


def remarks_on(row: "pd.Series[Any]") -> list[str]:
    """Return the strings that are printed with a score: decision, unsure, training and warning.

    Args:
        row: Row of a table of predictions.
    """
    unsure = f"unsure: {row['unsure']}" if row["unsure"] else ""
    trained = "seen in training" if row["seen_in_training"] is True else ""
    texts = (row["decision"], unsure, trained, row["warning"])
    return [text for text in texts if text]
