"""Units of fluxes: magnitudes are converted, other units that are not linear are rejected."""

import warnings

import numpy as np
import pytest
from astropy import units as u
from astropy.table import Column, MaskedColumn
from astropy.time import Time
from astropy.timeseries import TimeSeries

from astronet.errors import LightCurveError
from astronet.lightcurves import LightCurve
from astronet.lightcurves.conversion import light_curve_of
from astronet.lightcurves.flux_units import linear_flux

FLUX = np.array([1.0, 0.99, 1.0, 1.01, 1.0])
MAGNITUDES = 12 - 2.5 * np.log10(FLUX)
TIME = np.arange(5) * 0.02 + 1400


@pytest.mark.parametrize("unit", ["mag", "mag(AB)", "mag(ct / s)", "ABmag", "Kepler mag", "mags"])
def test_magnitudes_become_relative_fluxes(unit):
    values = Column(MAGNITUDES, unit=u.Unit(unit, parse_strict="silent"))
    np.testing.assert_allclose(linear_flux("star 1", values), FLUX)


def test_millimagnitudes_and_differential_magnitudes_become_relative_fluxes():
    np.testing.assert_allclose(linear_flux("star 1", 1000 * MAGNITUDES * u.mmag), FLUX)
    np.testing.assert_allclose(linear_flux("star 1", (MAGNITUDES - 12) * u.mag), FLUX)
    np.testing.assert_allclose(linear_flux("star 1", u.Magnitude(MAGNITUDES, u.ABmag)), FLUX)


@pytest.mark.parametrize("unit", ["e-/s", "electron/s", "adu", "Jy", "ppm", "%", "", "counts/s"])
def test_linear_units_are_kept(unit):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        values = Column(FLUX, unit=u.Unit(unit, parse_strict="silent"))
    assert linear_flux("star 1", values).tolist() == FLUX.tolist()


@pytest.mark.parametrize("unit", ["dB", "dex", "mag/arcsec2", "mag2", "d", "deg", "log10 flux"])
def test_other_units_are_rejected(unit):
    values = Column(FLUX, unit=u.Unit(unit, parse_strict="silent"))
    with pytest.raises(LightCurveError) as error:
        linear_flux("mine.ecsv", values)
    assert str(error.value) == (
        f"mine.ecsv: the unit of the fluxes is {values.unit}, which is neither linear nor mag; "
        "choose another flux column, or convert the fluxes to a relative flux of about 1"
    )


def test_masked_magnitudes_are_missing():
    values = MaskedColumn(MAGNITUDES, mask=[1, 0, 0, 0, 0], unit="mag")
    assert np.isnan(linear_flux("star 1", values)).tolist() == [1, 0, 0, 0, 0]


def test_every_way_to_a_light_curve_converts_magnitudes():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import lightkurve

        clock = Time(TIME, format="btjd", scale="tdb")
        foreign = lightkurve.LightCurve(time=clock, flux=MAGNITUDES * u.mag)
    series = TimeSeries(time=clock, data={"flux": MAGNITUDES * u.mag})
    for curve in (
        LightCurve(1, TIME, MAGNITUDES * u.mag),
        LightCurve.from_arrays(1, TIME * u.d, MAGNITUDES * u.mag, clock="btjd"),
        LightCurve.from_arrays(1, clock, MAGNITUDES * u.mag, clock="btjd"),
        LightCurve.from_lightkurve(1, foreign),
        light_curve_of(foreign),
        light_curve_of(series),
    ):
        np.testing.assert_allclose(curve.flux, FLUX)
    with pytest.raises(LightCurveError, match="the unit of the fluxes is dB"):
        LightCurve.from_arrays(1, TIME, FLUX * u.dB, clock="btjd")
