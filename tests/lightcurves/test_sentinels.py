"""Placeholders for missing fluxes: which fluxes are dropped, and which are measurements."""

import numpy as np
import pytest
from astropy import units as u
from hypothesis import given, settings
from hypothesis import strategies as st

from astronet.errors import LightCurveError
from astronet.lightcurves import GLOBAL, Ephemeris, LightCurve
from astronet.lightcurves.preparation import prepare_star
from astronet.lightcurves.sentinels import drop_sentinels, find_sentinels
from astronet.lightcurves.settings import Preparation

TIME = 3492 + np.arange(1300) * 0.0204
EVENT = Ephemeris(3.3, 3494.5, 0.12)
IN_TRANSIT = np.abs((TIME - EVENT.epoch + 1.65) % 3.3 - 1.65) < 0.06


def star(noise=1e-4, depth=0.01, level=1.0, seed=0):
    """Light curve with transits or eclipses, and white noise relative to the flux."""
    flux = level * np.where(IN_TRANSIT, 1 - depth, 1)
    return flux * (1 + noise * np.random.default_rng(seed).standard_normal(len(flux)))


def with_placeholders(flux, value, every=7):
    flux = flux.copy()
    flux[::every] = value
    return flux


@pytest.mark.parametrize("value", [0.0, -1.0, -999.0, 9999.0, 99.99, 1e20, -9999.0])
@pytest.mark.parametrize("level", [1.0, 12000.0])
@pytest.mark.parametrize("kind", [np.float64, np.float32])
def test_placeholders_are_found(value, level, kind):
    flux = with_placeholders(star(level=level), value).astype(kind)
    assert [(one.flux, one.points) for one in find_sentinels(flux)] == [(kind(value), 186)]


def test_several_placeholders_are_found_even_in_most_of_the_points():
    flux = with_placeholders(with_placeholders(star(), 0.0, every=3), -999.0, every=2)
    assert {one.flux for one in find_sentinels(flux)} == {0, -999}


def test_a_gap_filled_with_zeros_is_dropped():
    flux = star()
    flux[100:160] = 0
    assert find_sentinels(flux) == [(0, 60)]
    assert find_sentinels(np.round(flux, 4)) == [(0, 60)]


def test_a_single_impossible_flux_is_dropped():
    flux = star()
    flux[3] = -9999
    assert find_sentinels(flux) == [(-9999, 1)]


@pytest.mark.parametrize("noise", [0, 1e-5, 1e-4, 1e-3, 1e-2])
@pytest.mark.parametrize("depth", [0.01, 0.1, 0.5, 0.9, 0.99])
@pytest.mark.parametrize("digits", [None, 6, 4, 2])
def test_transits_and_eclipses_are_measurements(noise, depth, digits):
    flux = star(noise, depth)
    if digits is not None:
        flux = np.round(flux, digits)
    assert find_sentinels(flux) == []


@pytest.mark.parametrize("depth", [0.01, 0.3, 0.8])
def test_transits_without_noise_in_a_noisy_light_curve_are_measurements(depth):
    flux = np.where(IN_TRANSIT, 1 - depth, star(depth=0))
    assert find_sentinels(flux) == []


def test_fluxes_around_zero_and_counts_of_few_photons_are_measurements():
    rng = np.random.default_rng(1)
    assert find_sentinels(np.round(1e-3 * rng.standard_normal(1000), 3)) == []
    assert find_sentinels(rng.poisson(3, 1000)) == []


def test_a_total_eclipse_without_noise_is_a_measurement():
    assert find_sentinels(star(noise=0, depth=1.0)) == []


@settings(deadline=None, derandomize=True)
@given(
    st.integers(0, 99), st.floats(0.3, 1e5), st.floats(1e-5, 0.03), st.floats(0, 0.2), st.booleans()
)
def test_no_flux_of_a_variable_star_is_dropped(seed, level, noise, amplitude, single):
    flux = star(noise, 0.02, level, seed) * (1 + amplitude * np.sin(TIME / 0.7))
    assert find_sentinels(flux.astype(np.float32) if single else flux) == []


def test_real_fluxes_are_measurements(shared):
    from astronet.missions import kepler

    for place in sorted((shared / "data/kepler").glob("*/*")):
        for file in kepler.read_files(shared / "data/kepler", int(place.name)):
            assert find_sentinels(file.flux) == [], file.path


def test_dropped_points_are_counted_in_one_warning(caplog):
    flux = with_placeholders(with_placeholders(star(), 0.0, every=100), 9999.0, every=50)
    with caplog.at_level("WARNING", logger="astronet"):
        dropped = drop_sentinels("mine.csv", flux)
    assert np.isnan(dropped).sum() == 26
    (message,) = caplog.messages
    assert message.startswith("mine.csv: dropped 26 points whose flux is exactly 9999: far")


def test_fluxes_without_placeholders_are_not_copied(caplog):
    flux = star()
    assert drop_sentinels("mine.csv", flux) is flux
    assert not caplog.messages


@pytest.mark.parametrize("value", [0.0, 9999.0])
def test_views_are_those_of_the_light_curve_without_the_placeholders(value, caplog):
    flux = with_placeholders(star(), value)
    kept = flux != value
    curves = [
        LightCurve("x", TIME, flux),
        LightCurve.from_arrays("x", TIME, flux, clock="bkjd"),
        LightCurve("x", TIME[kept], flux[kept]),
    ]
    one, two, right = (
        prepare_star(curve, [EVENT], {"global": GLOBAL}, Preparation())[0] for curve in curves
    )
    assert np.array_equal(one.views["global"], right.views["global"])
    assert np.array_equal(two.views["global"], right.views["global"])
    assert [m.split(": far")[0] for m in caplog.messages] == [
        f"star x: dropped 186 points whose flux is exactly {value:g}"
    ] * 2


def test_placeholders_in_magnitudes_are_dropped_before_the_conversion(caplog):
    magnitudes = with_placeholders(12 - 2.5 * np.log10(star()), 99.99)
    curve = LightCurve("x", TIME, magnitudes * u.mag)
    assert len(curve) == 1300 - 186
    ratio = curve.flux / star()[magnitudes != 99.99]
    np.testing.assert_allclose(ratio, ratio[0])
    assert "exactly 99.99" in caplog.messages[0]


def test_more_placeholders_than_any_file_has_are_an_error():
    """Each is removed in a time proportional to the number of points."""
    flux = np.concatenate([star(), -np.arange(1000.0, 1300.0)])
    with pytest.raises(LightCurveError, match=r"^a.csv: more than 100 different fluxes, such as"):
        drop_sentinels("a.csv", flux)
    assert len(find_sentinels(np.concatenate([star(), -np.arange(1000.0, 1050.0)]))) == 50
