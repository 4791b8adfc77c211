"""Where the scores are good and where they are not: the same metrics on parts of the events."""

import math
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from astronet.evaluation.metrics import checked, measure

_SNR_EDGES = (0.0, 10.0, 15.0, 30.0, 100.0, math.inf)
"""Kepler's pipeline reports events above 7.1."""
_PERIOD_EDGES = (0.0, 1.0, 3.0, 10.0, 30.0, 100.0, math.inf)
_DUTY_CYCLE_EDGES = (0.0, 0.003, 0.01, 0.03, 0.1, math.inf)

COLUMNS = ("slice", "part", "n", "positives", "average_precision", "roc_auc")
"""Of the table that `slices` makes."""

Part = tuple[str, str, NDArray[np.bool_]]


def slices(frame: pd.DataFrame, scores: ArrayLike, targets: ArrayLike) -> pd.DataFrame:
    """One row for each part of the events: slice, part, n, positives and two metrics.

    By SNR, period, duration/period, kind of false positive (each kind against all the planets)
    and by systems with one or several events; those whose columns (snr, period_days,
    duration_days, label, star) are present. Events without a value are a part of their own.

    Args:
        frame: The events [n], in the order of the scores.
        scores: Scores [n], between 0 and 1.
        targets: 1 for planets, 0 for the rest [n].

    Returns:
        Columns slice, part, n, positives, average_precision, roc_auc; NaN where undefined.

    Raises:
        RunError: As for `measure`.
    """
    p, y = checked(scores, targets)
    rows = []
    for name, part, inside in _parts(frame, y):
        if inside.any():
            values = measure(p[inside], y[inside])
            rows.append(
                {
                    "slice": name,
                    "part": part,
                    "n": int(values["n"]),
                    "positives": int(values["n_positive"]),
                    "average_precision": values["average_precision"],
                    "roc_auc": values["roc_auc"],
                }
            )
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _parts(frame: pd.DataFrame, targets: NDArray[np.float64]) -> Iterator[Part]:
    if "snr" in frame:
        yield from _binned("SNR", frame["snr"], _SNR_EDGES)
    if "period_days" in frame:
        yield from _binned("Period [d]", frame["period_days"], _PERIOD_EDGES)
    if {"period_days", "duration_days"} <= set(frame):
        ratio = frame["duration_days"] / frame["period_days"]
        yield from _binned("Duration / period", ratio, _DUTY_CYCLE_EDGES)
    if "label" in frame:
        yield from _against_planets(frame["label"], targets)
    if "star" in frame:
        several = frame.groupby("star")["star"].transform("size").to_numpy() > 1
        yield "Events on the star", "one", ~several
        yield "Events on the star", "several", several


def _binned(name: str, values: pd.Series, edges: tuple[float, ...]) -> Iterator[Part]:
    numbers = pd.to_numeric(values, errors="coerce").to_numpy(dtype=np.float64)
    for low, high in pairwise(edges):
        if low == 0.0:
            yield name, f"< {high:g}", numbers < high
        elif high == math.inf:
            yield name, f"≥ {low:g}", numbers >= low
        else:
            yield name, f"{low:g} – {high:g}", (numbers >= low) & (numbers < high)
    yield name, "unknown", np.isnan(numbers)


def _against_planets(labels: pd.Series, targets: NDArray[np.float64]) -> Iterator[Part]:
    planets, kinds = targets == 1, labels.fillna("").astype(str).to_numpy()
    for kind in sorted(set(kinds[~planets])):
        yield "Planets against", kind or "no label", planets | (kinds == kind)
