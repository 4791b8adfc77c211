"""Metrics for subsets of the events, for example in bins of SNR or period."""

import math
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from astronet.evaluation.intervals import star_bootstrap
from astronet.evaluation.metrics import checked, measure
from astronet.lightcurves.arrays import Floats

_SNR_EDGES = (0.0, 10.0, 15.0, 30.0, 100.0, math.inf)
"""Edges of the SNR bins; the Kepler pipeline's detection threshold is 7.1."""

_PERIOD_EDGES = (0.0, 1.0, 3.0, 10.0, 30.0, 100.0, math.inf)
_DUTY_CYCLE_EDGES = (0.0, 0.003, 0.01, 0.03, 0.1, math.inf)

METRICS = ("average_precision", "roc_auc")
"""Names of the metrics of a subset."""

BOUNDS = tuple(f"{name}_{bound}" for name in METRICS for bound in ("low", "high"))
"""Names of the columns with the bounds of the intervals."""

COLUMNS = ("slice", "part", "n", "positives", *METRICS, *BOUNDS)
"""Names of the columns of the table returned by `slices`."""

Part = tuple[str, str, NDArray[np.bool_]]
"""Property by which the events are divided, name of the subset, and mask [n] of its events."""


def slices(
    frame: pd.DataFrame, scores: ArrayLike, targets: ArrayLike, resamples: int = 1000
) -> pd.DataFrame:
    """Return a table of metrics with one row per subset of the events.

    Events are divided by SNR, period, duration/period, type of false positive (label) and number of
    events per star in `frame`. A division is omitted if one of its columns (snr, period_days,
    duration_days, label, star) is missing. Events with an unknown SNR, period or duration/period
    form a separate subset. The subset of a type of false positive contains all planets and the
    false positives with one label. Empty subsets are omitted.

    Args:
        frame: Table of events [n], in the order of the scores.
        scores: Scores [n] between 0 and 1.
        targets: Targets [n]: 1 for planets, 0 for the rest.
        resamples: Number of bootstrap resamples of the stars of a subset.

    Returns:
        Table with the property (slice), the subset (part), the numbers of events (n) and planets
        (positives), the metrics average_precision and roc_auc, and the bounds of their 95 %
        intervals (average_precision_low …), from resampling stars. Undefined metrics and bounds
        are NaN; without the column star, all bounds are.

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
                    **{metric: values[metric] for metric in METRICS},
                    **_bounds(frame[inside], p[inside], y[inside], resamples),
                }
            )
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _bounds(
    events: pd.DataFrame, scores: Floats, targets: Floats, resamples: int
) -> dict[str, float]:
    """Return the bounds of the intervals of the metrics of a subset, by name of the column."""
    if "star" not in events:
        return {}
    stars = events["star"].astype(str).to_numpy()
    intervals = star_bootstrap(scores, targets, stars, resamples=resamples)
    bounds = (bound for metric in METRICS for bound in intervals[metric])
    return dict(zip(BOUNDS, bounds, strict=True))


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
