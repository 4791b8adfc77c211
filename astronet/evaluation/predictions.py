"""The table of scores, as predictions.csv holds it."""

from pathlib import Path

import numpy as np
import pandas as pd

from astronet.files.atomic import replacing
from astronet.lightcurves.arrays import Floats

FIRST_COLUMNS = ("star", "number", "period_days", "epoch_bkjd", "duration_days", "score")
"""What every predictions.csv begins with."""


def predictions_table(
    events: pd.DataFrame,
    scores: Floats,
    reasons: list[str] | None = None,
    warnings: list[str] | None = None,
) -> pd.DataFrame:
    """One row an event, best score first, those without a score last.

    Args:
        events: The events [n] with their ephemerides and whatever else their table holds.
        scores: Scores [n]; NaN where an event cannot be scored.
        reasons: Why an event has no score [n].
        warnings: Why a score means little [n].

    Returns:
        star, number, period_days, epoch_bkjd, duration_days, score, then the table's own
        columns, warning and reason. The index holds the events' positions.
    """
    frame = events.reset_index(drop=True).drop(columns=["score", "reason"], errors="ignore")
    frame["score"] = np.asarray(scores, np.float64)
    frame["warning"] = warnings if warnings is not None else frame.get("warning", "")
    frame["reason"] = reasons if reasons is not None else ""
    last = ["warning", "reason"]
    middle = [c for c in frame.columns if c not in FIRST_COLUMNS and c not in last]
    columns = [c for c in FIRST_COLUMNS if c in frame.columns] + middle + last
    return frame[columns].sort_values("score", ascending=False, kind="stable", na_position="last")


def write_predictions(predictions: pd.DataFrame, path: Path) -> None:
    """Writes predictions.csv, scores to six places."""
    path.parent.mkdir(parents=True, exist_ok=True)
    shown = predictions.assign(score=predictions["score"].round(6))
    with replacing(path) as part:
        shown.to_csv(part, index=False)
