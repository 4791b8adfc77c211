import numpy as np
import pytest

from astronet.errors import LightCurveError
from astronet.lightcurves import GLOBAL, LOCAL, Ephemeris, LightCurve
from astronet.lightcurves.epochs import check_clock, other_clock
from astronet.lightcurves.preparation import prepare_star, thin_coverage
from astronet.lightcurves.settings import Preparation


def curve(first: float, days: float = 60.0) -> LightCurve:
    time = first + np.arange(0, days, 0.05)
    return LightCurve(1, time, 1 + 1e-4 * np.random.default_rng(0).standard_normal(len(time)))


@pytest.mark.parametrize(
    ("first", "epoch", "clock", "other", "remedy"),
    [
        (3500.0, 1340.0, "BTJD", "BKJD", "add 2167 d to"),
        (1333.0, 3510.0, "BKJD", "BTJD", "subtract 2167 d from"),
        (3500.0, 2458343.0, "BJD", "BKJD", "subtract 2454833 d from"),
        (1340.0, 2458343.0, "BJD", "BTJD", "subtract 2457000 d from"),
        (3500.0, 58342.5, "MJD", "BKJD", "subtract 54832.5 d from"),
        (2458333.0, 3510.0, "BKJD", "BJD", "add 2454833 d to"),
    ],
)
def test_the_likely_clocks_are_named(first, epoch, clock, other, remedy):
    assert other_clock(curve(first), Ephemeris(5.0, epoch, 0.1)) == (
        f"the epoch, {epoch:.12g} d, is probably in {clock}, but the times, {first:.0f} to "
        f"{first + 59.95:.0f} d, are in {other}; {remedy} the epoch"
    )


@pytest.mark.parametrize("epoch", [3510.0, 2600.0, 4500.0, 1300.0 + 1100])
def test_epochs_near_the_data_give_no_message(epoch):
    assert other_clock(curve(3500.0), Ephemeris(5.0, epoch, 0.1)) == ""


@pytest.mark.parametrize("epoch", [2458343.0, 58342.5, 1e9, -1e6])
def test_an_epoch_decades_from_the_data_is_rejected(epoch):
    with pytest.raises(LightCurveError, match="the epoch, .*(subtract|in different time systems)"):
        check_clock(curve(3500.0), Ephemeris(5.0, epoch, 0.1))
    (outcome,) = prepare_star(
        curve(3500.0), [Ephemeris(5.0, epoch, 0.1)], {"global": GLOBAL}, Preparation()
    )
    assert isinstance(outcome, LightCurveError)


def test_the_offset_is_added_to_the_error_of_an_empty_view():
    event = Ephemeris(900.0, 1340.0, 0.2)
    (outcome,) = prepare_star(curve(3500.0), [event], {"local": LOCAL}, Preparation())
    assert str(outcome).startswith("local view: no data within 0.8 d of a transit")
    assert str(outcome).endswith(
        "; the epoch, 1340 d, is probably in BTJD, but the times, 3500 to 3560 d, are in BKJD; "
        "add 2167 d to the epoch"
    )


def test_the_offset_is_a_warning_if_the_view_has_data():
    assert thin_coverage(curve(3500.0), Ephemeris(5.0, 1340.0, 0.1)).endswith(
        "add 2167 d to the epoch"
    )
