"""From scores that rank to scores that can be read as shares: Platt's two numbers."""

import numpy as np
from numpy.typing import ArrayLike
from pydantic import BaseModel, ConfigDict, Field
from scipy.special import expit, logit

from astronet.errors import RunError
from astronet.lightcurves.arrays import Floats


class Calibration(BaseModel):
    """A line through the logits: a calibrated score is sigmoid(slope · logit(score) + offset).

    It moves scores and never their order (Platt 1999; Guo et al. 2017, §4.2, call it Platt
    scaling). By default it changes nothing.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    slope: float = Field(1.0, gt=0, allow_inf_nan=False)
    """Below 1 where the scores are too sure of themselves."""

    offset: float = Field(0.0, allow_inf_nan=False)
    """Above 0 where the scores are too low."""

    def apply(self, scores: ArrayLike) -> Floats:
        """Calibrated scores [n] of scores [n], both between 0 and 1."""
        return np.asarray(expit(self.slope * _logits(scores) + self.offset), np.float64)


def fit_calibration(scores: ArrayLike, targets: ArrayLike) -> Calibration:
    """The calibration under which events that were not trained on are likeliest.

    This is maximum likelihood, a logistic regression of the target on the score's logit (Platt
    1999, without his smoothing of the targets; Guo et al. 2017, §4.2).

    Args:
        scores: Scores [n] between 0 and 1 of held-out events, as `Scorer.score_store` gives them;
            a table's are rounded, and its 1.000000 is a logit of 37.
        targets: 1 for planets, 0 for the rest [n].

    Raises:
        RunError: A score or a target is not a usable number, the events are of one kind, the
            scores part the kinds without a mistake, or planets score no higher than the rest.
    """
    from astronet.evaluation.metrics import checked

    p, y = checked(scores, targets)
    x = _logits(p)
    planets, others = x[y == 1], x[y == 0]
    if len(planets) == 0 or len(others) == 0:
        raise RunError(
            f"calibration needs both kinds of events, and got {len(planets)} planets and "
            f"{len(others)} others; give it more held-out events"
        )
    if planets.min() >= others.max() or others.min() >= planets.max():
        raise RunError(
            f"the scores part {len(planets)} planets from {len(others)} others without a mistake, "
            "so no slope is the likeliest; give the calibration more held-out events"
        )
    return _likeliest(x, y, np.ones(len(x)))


def fit_to_shares(scores: ArrayLike, shares: ArrayLike) -> Calibration:
    """The calibration under which scores say what others say of the same events.

    This is the logistic regression of `fit_calibration` on shares in place of labels, for scores of
    a network that is surer, or less sure, than those from which it learned.

    Args:
        scores: Scores [n] between 0 and 1.
        shares: What they should be on the whole [n], between 0 and 1.

    Raises:
        RunError: Scores or shares are not usable numbers.
    """
    from astronet.evaluation.metrics import checked

    p, _ = checked(scores, np.ones(np.shape(scores)))
    share, _ = checked(shares, np.ones(np.shape(p)))
    planets, others = np.ones(len(p)), np.zeros(len(p))
    return _likeliest(
        np.tile(_logits(p), 2),
        np.concatenate([planets, others]),
        np.concatenate([share, 1 - share]),
    )


def _likeliest(logits: Floats, targets: Floats, weights: Floats) -> Calibration:
    """The line under which targets [n] of such weights [n] are likeliest.

    Raises:
        RunError: It would turn the order round.
    """
    # scikit-learn takes a second to import, and whoever only applies a calibration needs none.
    from sklearn.linear_model import LogisticRegression

    # An infinite C is no penalty.
    line = LogisticRegression(C=np.inf, solver="newton-cholesky", tol=1e-9, max_iter=1000)
    line.fit(logits[:, None], targets, weights)
    slope, offset = float(line.coef_[0, 0]), float(line.intercept_[0])
    if slope <= 0:
        raise RunError(
            f"planets score no higher than the rest (slope {slope:.3g}), and a calibration must "
            "keep the order; train a better network, or look whether the targets are reversed"
        )
    return Calibration(slope=slope, offset=offset)


def _logits(scores: ArrayLike) -> Floats:
    """Logits [n], finite also where a score is 0 or rounds to 1."""
    nearest = np.finfo(np.float64).eps / 2
    bounded = np.clip(np.asarray(scores, np.float64), nearest, 1 - nearest)
    return np.asarray(logit(bounded), np.float64)
