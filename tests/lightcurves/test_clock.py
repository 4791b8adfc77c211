import re

import numpy as np
import pytest
from astropy.table import Column
from astropy.units import UnrecognizedUnit

from astronet.errors import LightCurveError
from astronet.lightcurves import GLOBAL, LOCAL, Ephemeris, LightCurve
from astronet.lightcurves.epochs import other_clock
from astronet.lightcurves.preparation import EventViews, prepare_star
from astronet.lightcurves.settings import Preparation
from astronet.lightcurves.time_units import zero_point


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
        (3500.0, 58327.7, "MJD", "BKJD", "subtract 54832.5 d from"),
        (3500.0, 58397.7, "JD − 2400000", "BKJD", "subtract 54833 d from"),
        (3500.0, 8350.0, "JD − 2450000", "BKJD", "subtract 4833 d from"),
        (
            3500.0,
            58342.5,
            "MJD or JD − 2400000",
            "BKJD",
            "subtract 54832.5 d or 54833 d from",
        ),
        (2458333.0, 3510.0, "BKJD", "BJD", "add 2454833 d to"),
    ],
)
def test_the_likely_clocks_are_named(first, epoch, clock, other, remedy):
    assert other_clock(curve(first), Ephemeris(5.0, epoch, 0.1)) == (
        f"the epoch is probably in {clock}, but the times of the light curve are in {other}; "
        f"{remedy} the epoch, or give the epoch of a transit within the time span of the data"
    )


@pytest.mark.parametrize("epoch", [3510.0, 2600.0, 4500.0, 1300.0 + 1100])
def test_epochs_near_the_data_give_no_message(epoch):
    assert other_clock(curve(3500.0), Ephemeris(5.0, epoch, 0.1)) == ""


def outcome(star: LightCurve, event: Ephemeris):
    (found,) = prepare_star(star, [event], {"global": GLOBAL}, Preparation())
    return found


@pytest.mark.parametrize("epoch", [2458343.0, 58342.5, 1e9, -1e6])
def test_an_epoch_decades_from_the_data_is_rejected(epoch):
    found = outcome(curve(3500.0), Ephemeris(5.0, epoch, 0.1))
    assert isinstance(found, LightCurveError)
    assert re.match("the epoch.* (subtract|are in different time systems)", str(found))


def test_an_epoch_on_another_clock_is_rejected():
    found = outcome(curve(3500.0), Ephemeris(5.0, 1340.0, 0.1))
    assert str(found) == (
        "the epoch is probably in BTJD, but the times of the light curve are in BKJD; "
        "add 2167 d to the epoch, or give the epoch of a transit within the time span of the data"
    )


def test_the_clock_is_added_to_the_error_of_an_empty_view():
    event = Ephemeris(900.0, 1340.0, 0.2)
    (found,) = prepare_star(curve(3500.0), [event], {"local": LOCAL}, Preparation())
    assert str(found).startswith("local view: no data within 0.8 d of a transit")
    assert "; the epoch is probably in BTJD, but the times of the light curve are in" in str(found)


@pytest.mark.parametrize(("phase", "accepted"), [(0.0, True), (2.0, False)])
def test_an_old_epoch_is_accepted_if_the_light_curve_dips_there(phase, accepted):
    """The epoch precedes the data by about 2167 d, as a K2 epoch can precede TESS data."""
    star = curve(3500.0)
    event = Ephemeris(4.7, 1340.0, 0.2)
    distance = (star.time - event.epoch - phase + 2.35) % event.period - 2.35
    dips = LightCurve(1, star.time, np.where(np.abs(distance) < 0.1, 0.99, 1.0) * star.flux)
    assert isinstance(outcome(dips, event), EventViews) == accepted


@pytest.mark.parametrize(
    ("text", "zero", "unit"),
    [
        ("DAYS", None, "d"),
        ("Days", None, "d"),
        ("seconds", None, "s"),
        ("sec", None, "s"),
        ("hours", None, "h"),
        ("hr", None, "h"),
        ("minutes", None, "min"),
        ("parsec", None, "parsec"),
        ("BJD_TDB", 0.0, "d"),
        ("BJD", 0.0, "d"),
        ("BTJD", 2457000.0, "d"),
        ("BJD - 2457000, days", 2457000.0, "d"),
        ("BJD-2454833", 2454833.0, "d"),
        ("BJD - 2457000, seconds", 2457000.0, "s"),
    ],
)
def test_spellings_of_units(text, zero, unit):
    assert zero_point(text) == (zero, unit)


@pytest.mark.parametrize(
    ("text", "system"),
    [
        ("JD", "JD"),
        ("MJD", "MJD"),
        ("HJD", "HJD"),
        ("JD-2454833", "JD"),
        ("HJD - 2450000", "HJD"),
        ("BJD_UTC", "BJD_UTC"),
        ("JD (UTC)", "JD_UTC"),
    ],
)
def test_units_that_are_other_time_systems_are_named(text, system):
    with pytest.raises(LightCurveError, match=f"their time system is {system}, not .* to BJD_TDB"):
        zero_point(text)
    column = Column(np.arange(30) * 0.02 + 1400, unit=UnrecognizedUnit(text))
    with pytest.raises(LightCurveError, match=f"star 1: .* {system}, not barycentric"):
        LightCurve.from_arrays(1, column, np.ones(30), clock="btjd")
