"""Table of events and their scores (predictions.csv)."""

import numpy as np
import pandas as pd

from astronet.lightcurves.arrays import Floats

FIRST_COLUMNS = ("star", "number", "period_days", "epoch_bkjd", "duration_days", "score")
"""Names of the first columns of predictions.csv; columns that the events lack are omitted."""


def predictions_table(
    events: pd.DataFrame,
    scores: Floats,
    reasons: list[str] | None = None,
    warnings: list[str] | None = None,
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

    Returns:
        Table with the columns in FIRST_COLUMNS, the other columns of `events`, warning and reason,
        in this order. Its index contains the row positions in `events`.
    """
    frame = events.reset_index(drop=True).drop(columns=["score", "reason"], errors="ignore")
    frame["score"] = np.asarray(scores, np.float64)
    frame["warning"] = warnings if warnings is not None else frame.get("warning", "")
    frame["reason"] = reasons if reasons is not None else ""
    last = ["warning", "reason"]
    middle = [c for c in frame.columns if c not in FIRST_COLUMNS and c not in last]
    columns = [c for c in FIRST_COLUMNS if c in frame.columns] + middle + last
    return frame[columns].sort_values("score", ascending=False, kind="stable", na_position="last")
