"""Points of the ROC, precision–recall, calibration and risk–coverage curves (curves.csv)."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn import metrics as sk

from astronet.evaluation.abstention import RiskCoverage, risk_band
from astronet.evaluation.intervals import calibration_band, precision_band, roc_band
from astronet.evaluation.metrics import CALIBRATION_BINS, calibration_bins, checked
from astronet.lightcurves.arrays import Floats

COLUMNS = ("curve", "x", "y", "low", "high", "threshold", "n")
"""Names of the columns of the table returned by `curve_points`."""

RISK_POINTS = 200
"""Maximum number of points of the risk–coverage curve."""


def curve_points(
    scores: ArrayLike, targets: ArrayLike, stars: ArrayLike, threshold: float = 0.5
) -> pd.DataFrame:
    """Return the points of the curves of one set of scores, one row per point.

    The column curve is one of:

    - roc: x is the false-positive rate, y the true-positive rate (recall).
    - precision_recall: x is the recall, y the precision.
    - calibration: x is the mean score of the events in a bin, y the fraction of planets.
    - risk_coverage: x is the fraction of events that are classified, the most certain first, y the
      fraction of errors among them (see `astronet.evaluation.abstention`). There are at most
      `RISK_POINTS` points.

    The columns low and high are the bounds of the 95 % interval of y at the same x (bootstrap over
    stars); if several points have the same x, they are those of the point with the highest y. The
    column n is the number of events in the bin or, for the other curves, of events with a score of
    at least threshold. The column threshold is empty for the calibration and if n is 0. Points
    between which a curve is straight are omitted. If all events are of one class, there is only the
    calibration.

    Args:
        scores: Scores [n] between 0 and 1.
        targets: Targets [n]: 1 for planets, 0 for the rest.
        stars: Star of each event [n].
        threshold: Score above which an event is classified as a planet.

    Raises:
        RunError: The input is invalid; see `measure`.
    """
    p, y = checked(scores, targets)
    both = 0 < y.sum() < len(y)
    curves = [_roc(p, y, stars), _precision_recall(p, y, stars)] if both else []
    risk = [_risk_coverage(p, y, stars, threshold)] if both else []
    return pd.concat([*curves, _calibration(p, y, stars), *risk], ignore_index=True)


def _roc(p: Floats, y: Floats, stars: ArrayLike) -> pd.DataFrame:
    x, height, thresholds = sk.roc_curve(y, p)
    thresholds = np.where(np.isinf(thresholds), np.nan, thresholds)
    low, high = roc_band(p, y, stars, x)
    return _table("roc", x, height, low, high, thresholds, _selected(p, thresholds))


def _precision_recall(p: Floats, y: Floats, stars: ArrayLike) -> pd.DataFrame:
    precision, recall, thresholds = sk.precision_recall_curve(y, p, drop_intermediate=True)
    thresholds = np.append(thresholds, np.nan)  # the last point has a recall of 0
    low, high = precision_band(p, y, stars, recall)
    selected = _selected(p, thresholds)
    return _table("precision_recall", recall, precision, low, high, thresholds, selected)


def _calibration(p: Floats, y: Floats, stars: ArrayLike) -> pd.DataFrame:
    bins = calibration_bins(p)
    n = np.bincount(bins, minlength=CALIBRATION_BINS)
    filled = n > 0
    score = np.bincount(bins, p, CALIBRATION_BINS)[filled] / n[filled]
    fraction = np.bincount(bins, y, CALIBRATION_BINS)[filled] / n[filled]
    low, high = (bound[filled] for bound in calibration_band(p, y, stars))
    none = np.full(len(score), np.nan)
    return _table("calibration", score, fraction, low, high, none, n[filled].astype(np.float64))


def _risk_coverage(p: Floats, y: Floats, stars: ArrayLike, threshold: float) -> pd.DataFrame:
    x, risk = RiskCoverage(p, y, threshold).curve()
    wanted = np.linspace(1 / RISK_POINTS, 1, RISK_POINTS)
    places = np.unique(np.searchsorted(x, wanted - 1e-12).clip(max=len(x) - 1))
    x, risk = x[places], risk[places]
    none = np.full(len(x), np.nan)
    low, high = risk_band(p, y, stars, x, threshold)
    return _table("risk_coverage", x, risk, low, high, none, np.round(x * len(p)))


def _selected(p: Floats, thresholds: Floats) -> Floats:
    """Return the numbers of scores at or above each threshold; 0 for NaN."""
    ordered = np.sort(p)
    return np.asarray(len(p) - np.searchsorted(ordered, thresholds), np.float64)


def _table(curve: str, *columns: Floats) -> pd.DataFrame:
    table = pd.DataFrame(dict(zip(COLUMNS[1:], columns, strict=True)))
    table.insert(0, "curve", curve)
    return table.astype({"n": int})
