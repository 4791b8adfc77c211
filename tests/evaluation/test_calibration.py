"""A calibration moves scores towards the shares that they stand for, and never their order."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from scipy.special import expit, logit

from astronet.errors import RunError
from astronet.evaluation.calibration import Calibration, fit_calibration, fit_to_shares
from astronet.evaluation.metrics import calibration_error


def drawn(slope: float, offset: float, n: int = 40_000) -> tuple[np.ndarray, np.ndarray]:
    """Scores whose true calibration is known, and targets drawn accordingly."""
    rng = np.random.default_rng(1)
    logits = rng.normal(-1, 2.5, n)
    return expit(logits), (rng.random(n) < expit(slope * logits + offset)).astype(float)


@pytest.mark.parametrize(("slope", "offset"), [(1.0, 0.0), (0.4, -0.7), (2.0, 1.5)])
def test_a_known_line_is_found(slope: float, offset: float) -> None:
    found = fit_calibration(*drawn(slope, offset))
    # With 40,000 events the standard errors are about 0.02 and 0.03.
    assert found.slope == pytest.approx(slope, abs=0.08)
    assert found.offset == pytest.approx(offset, abs=0.1)


def test_at_the_likeliest_line_the_likelihood_has_no_slope() -> None:
    scores, targets = drawn(0.5, 0.3, n=500)
    left = targets - fit_calibration(scores, targets).apply(scores)
    assert left.sum() == pytest.approx(0, abs=1e-6)
    assert (left * logit(scores)).sum() == pytest.approx(0, abs=1e-6)


def test_scores_that_are_too_sure_come_nearer_to_the_shares() -> None:
    scores, targets = drawn(0.4, -0.7)
    calibrated = fit_calibration(scores, targets).apply(scores)
    assert calibration_error(scores, targets) > 0.1
    assert calibration_error(calibrated, targets) < 0.02


@given(
    st.floats(0.05, 3),
    st.floats(-5, 5),
    st.lists(st.floats(0, 1), min_size=2),
)
def test_the_order_stays(slope: float, offset: float, scores: list[float]) -> None:
    calibrated = Calibration(slope=slope, offset=offset).apply(np.sort(scores))
    assert (np.diff(calibrated) >= 0).all()
    assert calibrated.min() >= 0 and calibrated.max() <= 1


def test_by_hand() -> None:
    half_as_sure = Calibration(slope=0.5, offset=0.0)
    assert half_as_sure.apply([0.9, 0.5]) == pytest.approx([3 / 4, 1 / 2])  # odds 9 become 3
    assert Calibration().apply([0.2, 0.999]) == pytest.approx([0.2, 0.999])


def test_certain_scores_stay_numbers() -> None:
    assert np.isfinite(Calibration(slope=2.0, offset=-1.0).apply([0.0, 1.0])).all()


@pytest.mark.parametrize(
    ("scores", "targets", "message"),
    [
        (
            [0.1, 0.4, 0.6, 0.8],
            [1, 0, 1, 0],
            r"planets score no higher than the rest \(slope -[\d.]+\), and a calibration must keep "
            "the order; train a better network, or look whether the targets are reversed",
        ),
        (
            [0.1, 0.2, 0.8],
            [0, 0, 1],
            "the scores part 1 planets from 2 others without a mistake, so no slope is the "
            "likeliest; give the calibration more held-out events",
        ),
        (
            [0.1, 0.2],
            [0, 0],
            "calibration needs both kinds of events, and got 0 planets and 2 others; give it more "
            "held-out events",
        ),
        ([0.1, np.nan], [0, 1], "1 of 2 events have no score; .*"),
    ],
)
def test_what_cannot_be_calibrated_is_refused(
    scores: list[float], targets: list[int], message: str
) -> None:
    with pytest.raises(RunError) as error:
        fit_calibration(scores, targets)
    assert re.fullmatch(message, str(error.value))


@pytest.mark.parametrize("slope", [0.0, -1.0, np.inf, np.nan])
def test_a_line_that_turns_the_order_round_is_none(slope: float) -> None:
    with pytest.raises(ValidationError):
        Calibration(slope=slope)


def test_scores_are_made_as_sure_as_others() -> None:
    scores, _ = drawn(1.0, 0.0, n=500)
    wanted = Calibration(slope=0.6, offset=-0.4)
    found = fit_to_shares(scores, wanted.apply(scores))
    assert (found.slope, found.offset) == pytest.approx((0.6, -0.4), abs=1e-6)
    with pytest.raises(RunError, match="they must lie between 0 and 1"):
        fit_to_shares(scores, scores + 1)
    with pytest.raises(RunError, match="a calibration must keep the order"):
        fit_to_shares(scores, 1 - scores)
