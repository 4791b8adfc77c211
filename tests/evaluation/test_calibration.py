"""A calibration brings scores closer to the fraction of planets and keeps their order."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from scipy.special import expit, logit

from astronet.errors import RunError
from astronet.evaluation.calibration import Calibration, fit_calibration, fit_to_probabilities
from astronet.evaluation.metrics import calibration_error


def drawn(slope: float, offset: float, n: int = 40_000) -> tuple[np.ndarray, np.ndarray]:
    """Return scores with a known calibration, and targets drawn from the calibrated scores."""
    rng = np.random.default_rng(1)
    logits = rng.normal(-1, 2.5, n)
    return expit(logits), (rng.random(n) < expit(slope * logits + offset)).astype(float)


@pytest.mark.parametrize(("slope", "offset"), [(1.0, 0.0), (0.4, -0.7), (2.0, 1.5)])
def test_known_calibration_is_recovered(slope: float, offset: float) -> None:
    found = fit_calibration(*drawn(slope, offset))
    # With 40,000 events the standard errors are about 0.02 and 0.03.
    assert found.slope == pytest.approx(slope, abs=0.08)
    assert found.offset == pytest.approx(offset, abs=0.1)


def test_gradient_of_the_likelihood_is_zero_at_the_fit() -> None:
    scores, targets = drawn(0.5, 0.3, n=500)
    residuals = targets - fit_calibration(scores, targets).apply(scores)
    assert residuals.sum() == pytest.approx(0, abs=1e-6)
    assert (residuals * logit(scores)).sum() == pytest.approx(0, abs=1e-6)


def test_calibration_error_of_overconfident_scores_decreases() -> None:
    scores, targets = drawn(0.4, -0.7)
    calibrated = fit_calibration(scores, targets).apply(scores)
    assert calibration_error(scores, targets) > 0.1
    assert calibration_error(calibrated, targets) < 0.02


@given(
    st.floats(0.05, 3),
    st.floats(-5, 5),
    st.lists(st.floats(0, 1), min_size=2),
)
def test_order_of_scores_does_not_change(slope: float, offset: float, scores: list[float]) -> None:
    calibrated = Calibration(slope=slope, offset=offset).apply(np.sort(scores))
    assert (np.diff(calibrated) >= 0).all()
    assert calibrated.min() >= 0 and calibrated.max() <= 1


def test_two_scores_by_hand() -> None:
    halved = Calibration(slope=0.5, offset=0.0)
    assert halved.apply([0.9, 0.5]) == pytest.approx([3 / 4, 1 / 2])  # odds of 9 become 3
    assert Calibration().apply([0.2, 0.999]) == pytest.approx([0.2, 0.999])


def test_calibrated_scores_of_0_and_1_are_finite() -> None:
    assert np.isfinite(Calibration(slope=2.0, offset=-1.0).apply([0.0, 1.0])).all()


@pytest.mark.parametrize(
    ("scores", "targets", "message"),
    [
        (
            [0.1, 0.4, 0.6, 0.8],
            [1, 0, 1, 0],
            r"planets do not have higher scores than other events \(slope -[\d.]+\), but a "
            "calibration must "
            "preserve the order of the scores; check that the targets are not inverted, or train "
            "a better "
            "network",
        ),
        (
            [0.1, 0.2, 0.8],
            [0, 0, 1],
            "the scores separate 1 planet perfectly from 2 false positives, so the slope has no "
            "maximum-likelihood estimate; give more held-out events",
        ),
        (
            [0.1, 0.2],
            [0, 0],
            "calibration needs events of both classes, but there are 0 planets and 2 false "
            "positives; "
            "give more held-out events",
        ),
        ([0.1, np.nan], [0, 1], "1 of 2 scores are not finite; .*"),
    ],
)
def test_invalid_input_is_rejected(scores: list[float], targets: list[int], message: str) -> None:
    with pytest.raises(RunError) as error:
        fit_calibration(scores, targets)
    assert re.fullmatch(message, str(error.value))


@pytest.mark.parametrize("slope", [0.0, -1.0, np.inf, np.nan])
def test_slope_must_be_positive(slope: float) -> None:
    with pytest.raises(ValidationError):
        Calibration(slope=slope)


def test_calibration_is_fitted_to_probabilities() -> None:
    scores, _ = drawn(1.0, 0.0, n=500)
    expected = Calibration(slope=0.6, offset=-0.4)
    found = fit_to_probabilities(scores, expected.apply(scores))
    assert (found.slope, found.offset) == pytest.approx((0.6, -0.4), abs=1e-6)
    with pytest.raises(RunError, match="give scores between 0 and 1"):
        fit_to_probabilities(scores, scores + 1)
    with pytest.raises(RunError, match="a calibration must preserve the order"):
        fit_to_probabilities(scores, 1 - scores)
