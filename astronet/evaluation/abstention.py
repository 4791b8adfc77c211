"""Risk and coverage: errors among the events that are classified if the least certain are not.

The certainty of a classification is the distance of the score's logit from that of the threshold.
If only the most certain fraction of the events (the coverage) is classified, the risk is the
fraction of errors among them (Geifman & El-Yaniv 2017, NeurIPS).
"""

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import expit, logit

from astronet.evaluation.intervals import interval_of, star_weights
from astronet.evaluation.metrics import SATURATION, checked, halfway
from astronet.lightcurves.arrays import Floats

COVERAGES = (0.95, 0.9, 0.8)
"""Coverages at which the risk is given."""


def certainty(scores: Floats, threshold: float = 0.5) -> Floats:
    """Return the certainty [n] with which scores [n] are above or below a threshold (≥ 0)."""
    low, high = SATURATION, 1 - SATURATION
    distance = logit(np.clip(scores, low, high)) - logit(np.clip(threshold, low, high))
    # Rounded, so that scores at the same distance on both sides are equally certain.
    return np.asarray(np.round(np.abs(distance), 10))


class RiskCoverage:
    """Classified events in the order of their certainty, most certain first.

    Args:
        scores: Scores [n] between 0 and 1.
        targets: Targets [n]: 1 for planets, 0 for the rest.
        threshold: Score above which an event is classified as a planet.
        certainties: Certainty [n] by which the events are ordered; None means `certainty`.

    Raises:
        RunError: The input is invalid; see `astronet.evaluation.metrics.measure`.
    """

    def __init__(
        self,
        scores: ArrayLike,
        targets: ArrayLike,
        threshold: float = 0.5,
        certainties: Floats | None = None,
    ) -> None:
        p, y = checked(scores, targets)
        known = certainty(p, threshold) if certainties is None else certainties
        self._threshold = threshold
        self._order = np.argsort(-known, kind="stable")
        self._wrong = ((p > threshold) != (y > 0))[self._order].astype(np.float64)
        # Events of equal certainty are classified together.
        self._ends = np.append(np.flatnonzero(np.diff(known[self._order])), len(p) - 1)
        self.certainties: Floats = known[self._order][self._ends]
        """Certainties [k] that occur, highest first."""

    def curve(self, weights: Floats | None = None) -> tuple[Floats, Floats]:
        """Return coverages [k] in ascending order, and the risk at each of them [k].

        A risk is NaN if the weights of all covered events are 0.

        Args:
            weights: Weight of each event [n], in the order in which the scores were given; None
                means equal weights.
        """
        w = np.ones(len(self._order)) if weights is None else weights[self._order]
        covered = np.cumsum(w)[self._ends]
        wrong = np.cumsum(w * self._wrong)[self._ends]
        risks = np.divide(wrong, covered, out=np.full(len(covered), np.nan), where=covered > 0)
        return covered / w.sum(), risks

    def area(self, weights: Floats | None = None) -> float:
        """Return the area under the curve: the mean risk over all coverages (lower is better)."""
        coverages, risks = self.curve(weights)
        steps = np.diff(coverages, prepend=0.0)
        return float(steps[steps > 0] @ risks[steps > 0])

    def risk_at(self, coverage: float, weights: Floats | None = None) -> float:
        """Return the risk if at least this fraction of the events is classified."""
        coverages, risks = self.curve(weights)
        return float(risks[min(int(np.searchsorted(coverages, coverage - 1e-12)), len(risks) - 1)])

    def limit_at(self, coverage: float) -> float:
        """Return the certainty that is exceeded by at least this fraction of the events."""
        coverages, _ = self.curve()
        last = min(int(np.searchsorted(coverages, coverage - 1e-12)), len(coverages) - 1)
        lower = self.certainties[last + 1] if last + 1 < len(coverages) else 0.0
        return halfway(float(self.certainties[last]), float(lower))

    def scores_beyond(self, coverage: float) -> tuple[float, float]:
        """Return the scores between which those of events that are not classified lie.

        Args:
            coverage: Fraction of the events that are classified.
        """
        middle = float(logit(np.clip(self._threshold, SATURATION, 1 - SATURATION)))
        limit = self.limit_at(coverage)
        return float(expit(middle - limit)), float(expit(middle + limit))


def smallest_area(risk: float, events: int) -> float:
    """Return the area under the curve if all errors were the least certain events.

    Args:
        risk: Fraction of errors at full coverage.
        events: Number of events.
    """
    right = round((1 - risk) * events)
    covered = np.arange(right + 1, events + 1)
    return float(((covered - right) / covered).sum() / events)


def abstention(
    scores: ArrayLike,
    targets: ArrayLike,
    stars: ArrayLike,
    threshold: float = 0.5,
    resamples: int = 200,
) -> dict[str, Any]:
    """Return the risk at some coverages and the area under the curve, with 95 % intervals.

    Args:
        scores: Scores [n] between 0 and 1.
        targets: Targets [n]: 1 for planets, 0 for the rest.
        stars: Star of each event [n], for the bootstrap.
        threshold: Score above which an event is classified as a planet.
        resamples: Number of bootstrap resamples of stars.

    Returns:
        The area (area), its smallest possible value for this number of errors (smallest_area), and
        for each of `COVERAGES` the risk (risk_at_95 …) and the interval of the scores of the events
        that are not classified (unclassified_at_95 …); the bounds of `area` and of the risks are
        in intervals.

    Raises:
        RunError: The input is invalid; see `astronet.evaluation.metrics.measure`.
    """
    order = RiskCoverage(scores, targets, threshold)
    names = ["area", *(f"risk_at_{100 * coverage:.0f}" for coverage in COVERAGES)]

    def values(weights: Floats | None = None) -> list[float]:
        return [order.area(weights), *(order.risk_at(c, weights) for c in COVERAGES)]

    samples = np.array([values(weights) for weights in star_weights(stars, resamples)])
    several = len(np.unique(np.asarray(stars))) > 1
    bounds = [interval_of(column) if several else (math.nan,) * 2 for column in samples.T]
    content: dict[str, Any] = dict(zip(names, values(), strict=True))
    content["smallest_area"] = smallest_area(order.curve()[1][-1], len(np.asarray(targets)))
    for coverage in COVERAGES:
        content[f"unclassified_at_{100 * coverage:.0f}"] = list(order.scores_beyond(coverage))
    return content | {"intervals": dict(zip(names, map(list, bounds), strict=True))}


def risk_band(
    scores: Floats,
    targets: Floats,
    stars: ArrayLike,
    grid: Floats,
    threshold: float = 0.5,
    resamples: int = 200,
) -> tuple[Floats, Floats]:
    """Return the lower and upper bounds [k] of the 95 % interval of the risk.

    Args:
        scores: Scores [n] between 0 and 1.
        targets: Targets [n]: 1 for planets, 0 for the rest.
        stars: Star of each event [n].
        grid: Coverages [k] at which the bounds are computed.
        threshold: Score above which an event is classified as a planet.
        resamples: Number of bootstrap resamples.
    """
    order = RiskCoverage(scores, targets, threshold)
    curves = []
    for weights in star_weights(stars, resamples):
        coverages, risks = order.curve(weights)
        known = np.isfinite(risks)
        curves.append(np.interp(grid, coverages[known], risks[known]))
    low, high = np.percentile(curves, (2.5, 97.5), axis=0)
    return low, high
