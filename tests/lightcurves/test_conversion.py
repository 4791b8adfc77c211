"""Light curves of other packages, and quantities with units."""

import warnings

import numpy as np
import pytest
from astropy import units as u
from astropy.table import Table
from astropy.time import Time
from astropy.timeseries import TimeSeries

from astronet.errors import LightCurveError
from astronet.lightcurves import Ephemeris, LightCurve
from astronet.lightcurves.conversion import light_curve_of

DAYS = np.array([1400.0, 1400.5, 1402.0])
FLUX = np.array([1.0, 0.9, 1.1])
BKJD = [3567.0, 3567.5, 3569.0]


def times(scale: str = "tdb") -> Time:
    return Time(DAYS + 2457000, format="jd", scale=scale)


def lightkurve_object(**meta: object):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # lightkurve warns about optional packages
        import lightkurve

        return lightkurve.LightCurve(time=times(), flux=FLUX, meta=meta)


class Bare:
    """Object with the attributes time and flux only."""

    time = times()
    flux = FLUX


@pytest.mark.parametrize(
    ("given", "star"),
    [
        (lightkurve_object(TARGETID=25155310), 25155310),
        (lightkurve_object(OBJECT="TIC 25155310"), "TIC 25155310"),
        (TimeSeries(time=times(), data={"flux": FLUX}), "light curve"),
        (Table({"time": times(), "flux": FLUX}, meta={"object": "mine"}), "mine"),
        (Bare(), "light curve"),
    ],
)
def test_objects_with_times_and_fluxes_are_converted(given, star):
    curve = light_curve_of(given)
    assert curve.star == star
    assert curve.time.tolist() == pytest.approx(BKJD, abs=1e-6)
    assert curve.flux.tolist() == FLUX.tolist()


def test_a_light_curve_is_returned_unchanged():
    curve = LightCurve(1, DAYS, FLUX)
    assert light_curve_of(curve) is curve


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("curve.csv", "str is not a light curve (it has no time); give an astronet.LightCurve"),
        (TimeSeries(time=times()), "TimeSeries is not a light curve (it has no flux); give"),
        (
            Table({"time": DAYS, "flux": FLUX}),
            "the times of this Table do not state their time system; use "
            "astronet.LightCurve.from_arrays with the argument clock",
        ),
        (
            Table({"time": times("utc"), "flux": FLUX}),
            "star light curve: the time scale is utc, not barycentric TDB; convert the times",
        ),
    ],
)
def test_other_objects_are_rejected(given, message):
    with pytest.raises(LightCurveError) as caught:
        light_curve_of(given)
    assert str(caught.value).startswith(message)


def test_an_ephemeris_with_units():
    epoch = Time(2457000 + 1402, 0.25, format="jd", scale="tdb")
    event = Ephemeris(48 * u.hour, epoch, 90 * u.min)
    assert (event.period, event.epoch, event.duration) == (2.0, 3569.25, 0.0625)
    assert Ephemeris(2 * u.day, 3569 * u.day, 0.1) == Ephemeris(2.0, 3569.0, 0.1)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ((2 * u.m, 0, 0.1), "the period is <Quantity 2. m>; give it as a finite number of days"),
        ((2, Time(2457000, format="jd", scale="utc"), 0.1), "the time scale of the epoch is utc"),
        (([2, 3] * u.day, 0, 0.1), "the period is <Quantity [2., 3.] d>; give it as a finite"),
    ],
)
def test_an_ephemeris_in_other_units_is_rejected(values, message):
    with pytest.raises(LightCurveError) as caught:
        Ephemeris(*values)
    assert str(caught.value).startswith(message)
