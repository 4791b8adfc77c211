"""Placeholders for missing times, mixed time systems, and times in other units than days."""

import logging

import numpy as np
import pytest

from astronet.errors import LightCurveError
from astronet.lightcurves import LightCurve

TIME = 1400 + 0.02 * np.arange(100)
FLUX = 1 + 1e-3 * np.random.default_rng(0).standard_normal(100)


def replaced(values, value, rows):
    times = values.copy()
    times[rows] = value
    return times


@pytest.mark.parametrize("value", [0.0, -1.0, -999.0, 9999.0, 99999.0, 1e10, -1e30])
@pytest.mark.parametrize("rows", [0, 99, 50, [3, 4], [0, 50, 99]])
@pytest.mark.parametrize(("unit", "scale"), [("d", 1), ("s", 86400)])
def test_placeholders_of_times_are_dropped_and_counted(caplog, value, rows, unit, scale):
    times = replaced(TIME * scale, value, rows)
    with caplog.at_level(logging.WARNING, "astronet"):
        curve = LightCurve.from_arrays("x", times, FLUX, clock="btjd", unit=unit)
    kept = np.delete(TIME, rows)
    np.testing.assert_allclose(curve.time, kept + 2167, atol=1e-6)
    (record,) = caplog.records
    count = np.size(rows)
    points = "1 point" if count == 1 else f"{count} points"
    assert f"star x: dropped {points} whose time is {value:.12g}: far" in record.getMessage()


@pytest.mark.parametrize("start", [0.0, -1.0, -10.0, 9990.0])
def test_times_that_happen_to_be_round_are_kept(caplog, start):
    times = start + 0.25 * np.arange(100)
    assert len(LightCurve("x", times, np.ones(100))) == 100
    assert len(LightCurve("x", np.append(times, times[-1] + 5000.5), np.ones(101))) == 101
    assert not caplog.records


@pytest.mark.parametrize("part", [30, 50, 80])
def test_mixed_time_systems_are_an_error(part):
    times = replaced(TIME, TIME[part:] + 2457000, slice(part, None))
    with pytest.raises(LightCurveError, match="a span of more than 20,000 d, so they mix time sys"):
        LightCurve("x", times, FLUX)
    with pytest.raises(LightCurveError, match="star x: times with a median|mix time systems"):
        LightCurve.from_arrays("x", times, FLUX, clock="btjd")


def test_times_in_seconds_are_named():
    with pytest.raises(LightCurveError, match="step between the times is 1728 d.* not in days"):
        LightCurve("x", TIME * 86400, FLUX)
    with pytest.raises(LightCurveError, match="they look like BTJD in s"):
        LightCurve.from_arrays("x", TIME * 86400, FLUX, clock="btjd")
