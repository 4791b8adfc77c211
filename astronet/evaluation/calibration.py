"""Platt scaling: calibration of scores to match the observed fraction of planets."""

import numpy as np
from numpy.typing import ArrayLike
from pydantic import BaseModel, ConfigDict, Field
from scipy.special import expit, logit

from astronet.errors import RunError, counted
from astronet.lightcurves.arrays import Floats


class Calibration(BaseModel):
    """Linear map of logits: the calibrated score is sigmoid(slope · logit(score) + offset).

    The map preserves the order of scores (Platt 1999; Guo et al. 2017, §4.2). With the default
    values, scores do not change.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    slope: float = Field(1.0, gt=0, allow_inf_nan=False)
    """Factor applied to the logit; below 1 if the uncalibrated scores are overconfident."""

    offset: float = Field(0.0, allow_inf_nan=False)
    """Constant added to the scaled logit; above 0 if the uncalibrated scores are too low."""

    def apply(self, scores: ArrayLike) -> Floats:
        """Return the calibrated scores [n] for scores [n] between 0 and 1."""
        return np.asarray(expit(self.slope * _logits(scores) + self.offset), np.float64)


def fit_calibration(scores: ArrayLike, targets: ArrayLike) -> Calibration:
    """Fit a calibration to held-out events by maximum likelihood, and return it.

    This is a logistic regression of the target on the logit of the score (Platt 1999, without
    Platt's smoothing of the targets; Guo et al. 2017, §4.2).

    Args:
        scores: Scores [n] of held-out events, between 0 and 1, from `Scorer.score_store`. Do not
            use the rounded scores in predictions.csv: a score of 1.000000 would have the logit 37.
        targets: Targets [n]: 1 for planets, 0 for the rest.

    Raises:
        RunError: The scores or targets are invalid (see `astronet.evaluation.metrics.checked`), the
            events are all of one class, the scores separate the classes perfectly, or the fitted
            slope is not positive.
    """
    from astronet.evaluation.metrics import checked

    p, y = checked(scores, targets)
    x = _logits(p)
    planets, others = x[y == 1], x[y == 0]
    if len(planets) == 0 or len(others) == 0:
        raise RunError(
            "calibration needs events of both classes, but there are "
            f"{counted(len(planets), 'planet')} and {counted(len(others), 'false positive')}; "
            "give more held-out events"
        )
    if planets.min() >= others.max() or others.min() >= planets.max():
        raise RunError(
            f"the scores separate {counted(len(planets), 'planet')} perfectly from "
            f"{counted(len(others), 'false positive')}, so the slope has no maximum-likelihood "
            "estimate; give more held-out events"
        )
    return _maximum_likelihood(x, y, np.ones(len(x)))


def fit_to_probabilities(scores: ArrayLike, probabilities: ArrayLike) -> Calibration:
    """Fit a calibration to probabilities instead of labels, and return it.

    This is the logistic regression of `fit_calibration` with soft targets, for a network trained
    by knowledge distillation: the probabilities are the calibrated scores of its teachers.

    Args:
        scores: Scores [n] between 0 and 1.
        probabilities: Probabilities [n], between 0 and 1, that the same events are planets.

    Raises:
        RunError: A score or a probability is invalid, or the scores do not increase with the
            probabilities (the fitted slope is not positive).
    """
    from astronet.evaluation.metrics import checked

    p, _ = checked(scores, np.ones(np.shape(scores)))
    probability, _ = checked(probabilities, np.ones(np.shape(p)))
    planets, others = np.ones(len(p)), np.zeros(len(p))
    return _maximum_likelihood(
        np.tile(_logits(p), 2),
        np.concatenate([planets, others]),
        np.concatenate([probability, 1 - probability]),
    )


def _maximum_likelihood(logits: Floats, targets: Floats, weights: Floats) -> Calibration:
    """Return the calibration that maximises the likelihood of the targets.

    Args:
        logits: Logits of the scores [n].
        targets: Targets [n]: 1 for planets, 0 for the rest.
        weights: Weight of each target in the likelihood [n].

    Raises:
        RunError: The fitted slope is not positive.
    """
    # Importing scikit-learn takes a second and is not needed to apply a calibration.
    from sklearn.linear_model import LogisticRegression

    # C = ∞ means no penalty.
    line = LogisticRegression(C=np.inf, solver="newton-cholesky", tol=1e-9, max_iter=1000)
    line.fit(logits[:, None], targets, weights)
    slope, offset = float(line.coef_[0, 0]), float(line.intercept_[0])
    if slope <= 0:
        raise RunError(
            f"planets do not have higher scores than other events (slope {slope:.3g}), but a "
            "calibration must preserve the order of the scores; check that the targets are not "
            "inverted, or train a better network"
        )
    return Calibration(slope=slope, offset=offset)


def _logits(scores: ArrayLike) -> Floats:
    """Return the logits [n] of scores [n], clipped so that the logits of 0 and 1 are finite."""
    margin = np.finfo(np.float64).eps / 2
    bounded = np.clip(np.asarray(scores, np.float64), margin, 1 - margin)
    return np.asarray(logit(bounded), np.float64)
