"""Warnings that the score of an event is likely to be unreliable."""

import numpy as np
import pytest

from astronet.lightcurves import GLOBAL, Ephemeris, LightCurve
from astronet.lightcurves.dips import Dip
from astronet.lightcurves.reliability import reliability_warning
from astronet.lightcurves.views import FoldedCurve

NOISE = 2e-4


def warning_of(
    event: Ephemeris,
    depth: float = 0.002,
    *,
    shape: str = "U",
    days: float = 100.0,
    cadence: float = 0.0204,
) -> str:
    """Return the warning for a simulated transit [fraction], U-shaped or V-shaped."""
    time = np.arange(0, days, cadence)
    phase = (time - event.epoch + event.period / 2) % event.period - event.period / 2
    profile = (1 - 2 * np.abs(phase) / event.duration).clip(0)
    profile = (4 * profile).clip(0, 1) if shape == "U" else profile
    noise = NOISE * np.random.default_rng(3).standard_normal(len(time))
    curve = LightCurve(7, time, 1 - depth * profile + noise)
    return reliability_warning(curve, FoldedCurve.of(curve, event))


@pytest.mark.parametrize(
    ("period", "epoch", "warning"),
    [
        (5.0, 2.0, ""),
        (50.0, 20.0, ""),
        (90.0, 50.0, "data during only one transit"),
        (99.0, 50.5 + 99, "data during only one transit"),
        (150.0, 50.0, "the period, 150 d, is longer than the time span of the data, 100 d"),
    ],
)
def test_few_transits_give_a_warning(period, epoch, warning):
    assert warning_of(Ephemeris(period, epoch, 0.2)) == warning


def test_few_points_in_transit_give_a_warning():
    event = Ephemeris(3.0, 1.5, 0.02)
    assert warning_of(event, days=27.0, cadence=0.1) == "only 9 points during the transits"
    assert warning_of(event, days=27.0, cadence=0.001) == ""


@pytest.mark.parametrize(
    ("period", "duration"),
    [
        (2.47, 1.783),  # TrES-2 b in hours
        (10.0, 3.1),
        (40.0, 2.4),
        (0.5, 0.13),
        (1000.0, 2.6),
    ],
)
def test_durations_that_are_probably_in_hours_give_a_warning(period, duration):
    warning = warning_of(Ephemeris(period, 3.0, duration))
    assert warning.startswith(
        f"the transit duration, {duration:g} d ({duration / period:.0%} of the period), is longer "
        "than that of planets; check that it is in days, not hours"
    )


@pytest.mark.parametrize(
    ("period", "duration"),
    [(0.355, 0.068), (2.47, 0.074), (8.9, 0.5), (331.6, 0.6), (30.0, 1.0)],
)
def test_durations_of_planets_give_no_warning(period, duration):
    """The first is Kepler-78 b, and the last orbits a giant star."""
    event = Ephemeris(period, 3.0, duration)
    assert "duration" not in warning_of(event)


def test_magnitudes_give_a_warning():
    event = Ephemeris(5.0, 2.0, 0.2)
    assert warning_of(event, depth=-0.002) == (
        "the flux rises during the transits; check the ephemeris, and that the light curve "
        "contains fluxes, not magnitudes"
    )
    missing = "the flux does not drop during the expected transits; check the ephemeris"
    assert warning_of(event, depth=0.0) == missing
    assert warning_of(event, depth=2e-4) == ""


@pytest.mark.parametrize("depth", [0.002, 0.02])
def test_a_v_shaped_transit_gives_a_warning(depth):
    event = Ephemeris(5.0, 2.0, 0.3)
    grazing = (
        "the transit is V-shaped, like that of an eclipsing binary or a grazing planet; grazing "
        "planets can have low scores"
    )
    assert warning_of(event, depth, shape="V") == grazing
    assert warning_of(event, depth, shape="U") == ""


def test_the_shape_of_a_faint_transit_is_not_judged():
    assert warning_of(Ephemeris(5.0, 2.0, 0.3), 8e-5, shape="V") == ""


def test_several_reasons_are_listed():
    assert warning_of(Ephemeris(90.0, 50.0, 2.0), -0.002) == (
        "data during only one transit; the flux rises during the transits; check the ephemeris, "
        "and that the light curve contains fluxes, not magnitudes"
    )


def test_a_dip_by_hand():
    """Points at phases −0.1, 0 and 0.1 d: the first and last are in the outer half of 0.3 d."""
    event = Ephemeris(4.0, 0.0, 0.3)
    time = np.array([0.0, 0.1, 1.0, 1.5, 2.0, 2.5, 3.9])
    dip = Dip.of(FoldedCurve.of(LightCurve(1, time, [6, 8, 9, 10, 10, 11, 8]), event))
    assert dip.points == (1, 2)
    assert (dip.inner, dip.outer) == (4, 2)
    assert dip.scatter == pytest.approx(1.4826 * 0.5)
    assert dip.significance == pytest.approx(8 / (0.7413 * np.sqrt(3)))


def test_a_dip_without_points_has_no_significance():
    event = Ephemeris(4.0, 0.0, 0.3)
    dip = Dip.of(FoldedCurve.of(LightCurve(1, [1.0, 2.0, 3.0], [1, 1, 1]), event))
    assert dip.significance == 0
    assert not dip.is_v_shaped(0.5, 3)


def test_a_sparse_light_curve_gives_a_warning():
    """One sector of 27 d at a cadence of 30 min fills less than half of 2,001 bins."""
    time = np.arange(0, 27, 1 / 48)
    phase = (time - 2.0 + 1.65) % 3.3 - 1.65
    curve = LightCurve(7, time, 1 - 0.01 * (np.abs(phase) < 0.06))
    folded = FoldedCurve.of(curve, Ephemeris(3.3, 2.0, 0.12))
    warning = reliability_warning(curve, folded, folded.measured_bins(GLOBAL))
    assert warning == "the light curve is sparse: 60% of the global view is empty"
    assert reliability_warning(curve, folded) == ""
