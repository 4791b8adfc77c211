import numpy as np
import pytest

from astronet.errors import LightCurveError
from astronet.lightcurves import GLOBAL, LOCAL, Ephemeris, LightCurve
from astronet.lightcurves.clock import other_clock, refuse_other_clock
from astronet.lightcurves.preparation import prepare_star, thin_coverage
from astronet.lightcurves.settings import Preparation


def curve(first: float, days: float = 60.0) -> LightCurve:
    time = first + np.arange(0, days, 0.05)
    return LightCurve(1, time, 1 + 1e-4 * np.random.default_rng(0).standard_normal(len(time)))


@pytest.mark.parametrize(
    ("first", "epoch", "words"),
    [
        (3500.0, 1340.0, "if it is BTJD and they are BKJD: add 2167 d"),
        (1333.0, 3510.0, "if it is BKJD and they are BTJD: subtract 2167 d"),
        (3500.0, 2458343.0, "if it is BJD and they are BKJD: subtract 2454833 d"),
        (1340.0, 2458343.0, "if it is BJD and they are BTJD: subtract 2457000 d"),
        (3500.0, 58342.5, "if it is MJD and they are BKJD: subtract 54832.5 d"),
        (2458333.0, 3510.0, "if it is BKJD and they are BJD: add 2454833 d"),
    ],
)
def test_the_likely_offset_is_named(first, epoch, words):
    assert other_clock(curve(first), Ephemeris(5.0, epoch, 0.1)) == (
        f"the epoch, {epoch:.12g}, fits the times, {first:.0f} to {first + 59.95:.0f} d, {words}"
    )


@pytest.mark.parametrize("epoch", [3510.0, 2600.0, 4500.0, 1300.0 + 1100])
def test_epochs_near_the_data_raise_no_doubt(epoch):
    assert other_clock(curve(3500.0), Ephemeris(5.0, epoch, 0.1)) == ""


@pytest.mark.parametrize("epoch", [2458343.0, 58342.5, 1e9, -1e6])
def test_an_epoch_of_another_age_is_refused(epoch):
    with pytest.raises(LightCurveError, match="the epoch, .*(subtract|on another clock)"):
        refuse_other_clock(curve(3500.0), Ephemeris(5.0, epoch, 0.1))
    (outcome,) = prepare_star(
        curve(3500.0), [Ephemeris(5.0, epoch, 0.1)], {"global": GLOBAL}, Preparation()
    )
    assert isinstance(outcome, LightCurveError)


def test_where_nothing_is_seen_the_offset_explains_it():
    event = Ephemeris(900.0, 1340.0, 0.2)
    (outcome,) = prepare_star(curve(3500.0), [event], {"local": LOCAL}, Preparation())
    assert str(outcome).startswith("local view: no data within 0.8 d of a transit")
    assert str(outcome).endswith(
        "; the epoch, 1340, fits the times, 3500 to 3560 d, if it is BTJD and they are BKJD: "
        "add 2167 d"
    )


def test_where_something_is_seen_the_offset_is_a_warning():
    assert thin_coverage(curve(3500.0), Ephemeris(5.0, 1340.0, 0.1)).endswith("add 2167 d")
