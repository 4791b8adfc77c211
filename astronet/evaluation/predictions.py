"""Table of scores (predictions.csv)."""

from pathlib import Path

import numpy as np
import pandas as pd

from astronet.files.atomic import replacing
from astronet.lightcurves.arrays import Floats

FIRST_COLUMNS = ("star", "number", "period_days", "epoch_bkjd", "duration_days", "score")
"""First columns of every predictions.csv."""


def predictions_table(
    events: pd.DataFrame,
    scores: Floats,
    reasons: list[str] | None = None,
    warnings: list[str] | None = None,
) -> pd.DataFrame:
    """Return a table with one row per event, highest score first and events without a score last.

    Args:
        events: Events [n] with their ephemerides and any other columns.
        scores: Scores [n], NaN for events that cannot be scored.
        reasons: Reasons why events have no score [n], "" for the others.
        warnings: Reasons why scores are unreliable [n], "" for the others.

    Returns:
        Columns star, number, period_days, epoch_bkjd, duration_days and score, the other columns of
        the events, warning and reason. The index contains the positions of the events.
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
    """Write predictions.csv, with scores rounded to six decimal places."""
    path.parent.mkdir(parents=True, exist_ok=True)
    shown = predictions.assign(score=predictions["score"].round(6))
    with replacing(path) as part:
        shown.to_csv(part, index=False)
