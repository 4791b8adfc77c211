"""Metrics of subsets of the events, for example in bins of SNR or period."""

import math
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from astronet.evaluation.metrics import checked, measure

_SNR_EDGES = (0.0, 10.0, 15.0, 30.0, 100.0, math.inf)
"""Edges of the SNR bins; the Kepler pipeline reports events above 7.1."""

_PERIOD_EDGES = (0.0, 1.0, 3.0, 10.0, 30.0, 100.0, math.inf)
_DUTY_CYCLE_EDGES = (0.0, 0.003, 0.01, 0.03, 0.1, math.inf)

COLUMNS = ("slice", "part", "n", "positives", "average_precision", "roc_auc")
"""Columns of the table that `slices` returns."""

Part = tuple[str, str, NDArray[np.bool_]]
"""Property by which the events are divided, name of the subset, and its events [n]."""


def slices(frame: pd.DataFrame, scores: ArrayLike, targets: ArrayLike) -> pd.DataFrame:
    """Compute metrics of subsets of the events, one row per subset.

    Events are divided by SNR, period, duration/period, number of events on the star, and label of
    the false positives (all planets against the false positives with one label), if the columns
    snr, period_days, duration_days, star and label exist. Events without a value form a subset of
    their own.

    Args:
        frame: Events [n], in the order of the scores.
        scores: Scores [n] between 0 and 1.
        targets: Targets [n]: 1 for planets, 0 for the rest.

    Returns:
        Columns slice, part, n, positives, average_precision and roc_auc; NaN if undefined.

    Raises:
        RunError: The input is invalid; see `measure`.
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
        yield "Events per star", "one", ~several
        yield "Events per star", "several", several


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
    planets, names = targets == 1, labels.fillna("").astype(str).to_numpy()
    for name in sorted(set(names[~planets])):
        yield "Type of false positive", name or "no label", planets | (names == name)
