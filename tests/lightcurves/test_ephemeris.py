"""Values of an ephemeris and their validation."""

import re

import numpy as np
import pytest

from astronet.errors import LightCurveError
from astronet.lightcurves import Ephemeris


def test_numbers_of_any_kind_become_floats():
    ephemeris = Ephemeris(np.float32(2), 3, np.int64(1))
    assert (ephemeris.period, ephemeris.epoch, ephemeris.duration) == (2.0, 3.0, 1.0)
    assert {type(value) for value in vars(ephemeris).values()} == {float}


def test_ephemerides_with_equal_values_are_equal():
    assert Ephemeris(2, 3, 1) == Ephemeris(2.0, 3.0, 1.0)
    assert len({Ephemeris(2, 3, 1), Ephemeris(2, 3, 1)}) == 1


def test_the_epoch_may_be_negative():
    assert Ephemeris(2, -300, 0.1).epoch == -300


@pytest.mark.parametrize(
    ("period", "epoch", "duration", "message"),
    [
        (np.nan, 0, 0.1, "the period is nan; give it as a finite number of days"),
        (1, np.inf, 0.1, "the epoch is inf; give it as a finite number of days"),
        (1, 0, np.nan, "the duration is nan; give it as a finite number of days"),
        (0, 0, 0.1, "the period is 0 d; it must be positive"),
        (-2.5, 0, 0.1, "the period is -2.5 d; it must be positive"),
        (1, 0, 0, "the duration is 0 d; it must be positive"),
        (1, 0, -0.1, "the duration is -0.1 d; it must be positive"),
        (
            1,
            0,
            2.7,
            "a transit of 2.7 d cannot fit in a period of 1 d; "
            "durations are in days (divide NASA's tce_duration by 24)",
        ),
        (
            1,
            0,
            1,
            "a transit of 1 d cannot fit in a period of 1 d; "
            "durations are in days (divide NASA's tce_duration by 24)",
        ),
    ],
)
def test_invalid_values_are_rejected(period, epoch, duration, message):
    with pytest.raises(LightCurveError, match=f"^{re.escape(message)}$"):
        Ephemeris(period, epoch, duration)
