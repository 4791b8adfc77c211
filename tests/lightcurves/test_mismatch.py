"""Warnings that the ephemeris, or a part of the light curve, contradicts the transits."""

import numpy as np
import pytest

from astronet.lightcurves import GLOBAL, Ephemeris, LightCurve
from astronet.lightcurves.profile import Profile
from astronet.lightcurves.reliability import reliability_warning
from astronet.lightcurves.views import FoldedCurve

TRUE = Ephemeris(period=4.2, epoch=3.0, duration=0.2)
TIME = np.arange(0, 200.0, 0.0204)


def light_curve(depth: float = 0.002, event: Ephemeris = TRUE) -> LightCurve:
    distance = np.abs((TIME - event.epoch + event.period / 2) % event.period - event.period / 2)
    profile = ((event.duration / 2 - distance) / 0.02).clip(0, 1)
    noise = 2e-4 * np.random.default_rng(6).standard_normal(len(TIME))
    return LightCurve(1, TIME, 1 - depth * profile + noise)


def warning_of(curve: LightCurve, event: Ephemeris) -> str:
    folded = FoldedCurve.of(curve, event)
    return reliability_warning(curve, folded, None, folded.view(GLOBAL))


def test_the_true_ephemeris_gives_no_warning():
    assert warning_of(light_curve(), TRUE) == ""
    assert warning_of(light_curve(0.0003), TRUE) == ""


@pytest.mark.parametrize("shift", [-0.19, -0.1, -0.06, 0.06, 0.1, 0.19])
def test_a_shifted_epoch_gives_a_warning(shift):
    side = "before" if shift > 0 else "after"
    warning = warning_of(light_curve(), Ephemeris(4.2, 3.0 + shift, 0.2))
    assert warning.startswith("the dip is centred 0.") and f" d {side} the expected" in warning
    assert float(warning.split()[4]) == pytest.approx(abs(shift), abs=0.03)


@pytest.mark.parametrize("factor", [1 / 24, 0.25, 0.5, 2, 2.5])
def test_another_duration_gives_a_warning(factor):
    warning = warning_of(light_curve(0.01), Ephemeris(4.2, 3.0, 0.2 * factor))
    assert warning.startswith("the dip lasts about 0.") and "check the duration" in warning
    assert float(warning.split()[4]) == pytest.approx(0.2, rel=0.3)


@pytest.mark.parametrize("error", [-0.01, -0.003, 0.003, 0.01])
def test_a_rounded_period_gives_a_warning(error):
    warning = warning_of(light_curve(), Ephemeris(4.2 + error, 3.0, 0.2))
    assert warning.startswith("the transits drift by 0.") and "check the period" in warning


@pytest.mark.parametrize("multiple", [2, 3])
def test_a_multiple_of_the_period_gives_a_warning(multiple):
    assert warning_of(light_curve(), Ephemeris(4.2 * multiple, 3.0, 0.2)).startswith(
        "an equally deep dip occurs 4.2"
    )


@pytest.mark.parametrize("transits", [1, 2])
def test_only_a_dip_that_recurs_gives_a_warning(transits):
    """The transit of another planet is 40 times as deep, so it dominates the mean of 48 cycles."""
    curve = light_curve()
    flux = curve.flux.copy()
    for cycle in (10, 20)[:transits]:
        flux[np.abs(TIME - (TRUE.epoch + (cycle + 0.4) * TRUE.period)) < 0.1] -= 0.08
    warning = warning_of(LightCurve(1, TIME, flux), TRUE)
    assert warning.startswith("an equally deep dip occurs 1.6") == (transits == 2)
    assert (warning == "") == (transits == 1)


def test_a_recurrent_dip_is_found_beside_a_deeper_one_that_occurs_once():
    curve = light_curve()
    flux = curve.flux.copy()
    flux[np.abs(TIME - (TRUE.epoch + 10.4 * TRUE.period)) < 0.1] -= 0.2
    eclipses = light_curve(event=Ephemeris(TRUE.period, TRUE.epoch + 1.2, 0.2)).flux
    warning = warning_of(LightCurve(1, TIME, flux + eclipses - 1), TRUE)
    assert warning.startswith("an equally deep dip occurs 1.2 d from the transit")


def test_an_outlier_in_a_sparse_light_curve_gives_a_warning():
    curve = light_curve(0.01)
    time, flux = curve.time[::23], curve.flux[::23].copy()
    flux[105] += 0.2
    assert "a bin of the global view is " in warning_of(LightCurve(1, time, flux), TRUE)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda flux: 2 - flux, "the flux rises during the transits in "),
        (lambda flux: 1 + (flux - 1) / 10, "the transits are less than a third as deep as others"),
    ],
)
def test_a_segment_that_contradicts_the_others_gives_a_warning(change, message):
    curve = light_curve(0.005)
    second = curve.time > 120
    flux = np.where(second, change(curve.flux), curve.flux)
    warning = warning_of(LightCurve(1, curve.time, flux, second.astype(int)), TRUE)
    assert message in warning and " in 1 segment from 121 to 196 d; check the time" in warning


def test_times_that_are_rounded_give_a_warning():
    curve = light_curve(0.01)
    rounded = LightCurve(1, np.round(curve.time / 0.05) * 0.05, curve.flux)
    assert "so the times are rounded to about 0.05 d" in warning_of(rounded, TRUE)


def test_boxes_by_hand():
    """Two points of depths 3 and 2 at phases −0.5 and 0.5 d, with one bin per day."""
    time = np.array([0.0, 1, 2, 3, 997, 998, 999, 1500])
    flux = 10 - np.array([3.0, 2, 0, 0, 0, 0, 1, 0])
    folded = FoldedCurve.of(LightCurve(1, time, flux), Ephemeris(2000, 0.5, 200))
    profile = Profile.of(folded, 10.0, 1.0)
    box = profile.at(3.0)
    assert box.depth == pytest.approx(5 / 3)  # with a point of depth 0 at 1.5 d
    assert box.significance == pytest.approx(5 / np.sqrt(3))
    best = profile.best(np.array([1.0, 3.0]), 5.0)
    assert (best.offset, best.width, best.depth) == pytest.approx((-0.5, 3.0, 2.5))
