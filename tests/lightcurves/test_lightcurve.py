"""Light curves: dropped points, segments and validation."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from astronet.errors import LightCurveError
from astronet.lightcurves import LightCurve


def test_segments_end_at_gaps_longer_than_three_quarters_of_a_day():
    curve = LightCurve(1, [0, 0.75, 1.5, 2.2501, 3.0], [1, 1, 1, 1, 1])
    assert curve.segment.tolist() == [0, 0, 0, 1, 1]


def test_files_are_never_joined():
    curve = LightCurve(1, [0.0, 0.1, 0.2, 0.3], [1, 1, 1, 1], segment=[7, 7, 9, 9])
    assert curve.segment.tolist() == [0, 0, 1, 1]


def test_files_can_be_in_any_order():
    curve = LightCurve(1, [5.0, 5.1, 1.0, 1.1], [1, 1, 1, 1], segment=[4, 4, 3, 3])
    assert curve.segment.tolist() == [0, 0, 1, 1]


def test_points_that_are_not_finite_are_dropped():
    nan, inf = float("nan"), float("inf")
    curve = LightCurve(1, [0.0, 0.1, nan, 0.3, 0.4], [1, nan, 3, inf, 5])
    assert curve.time.tolist() == [0, 0.4]
    assert curve.flux.tolist() == [1, 5]


def test_a_gap_of_dropped_points_ends_a_segment():
    curve = LightCurve(1, [0, 0.5, 1.0], [1, np.nan, 1])
    assert curve.segment.tolist() == [0, 1]


def test_a_file_without_finite_points_is_dropped():
    curve = LightCurve(1, [0.0, 0.1, 0.2], [1, np.nan, 1], segment=[0, 1, 2])
    assert curve.segment.tolist() == [0, 1]


def test_equal_times_are_allowed():
    assert len(LightCurve(1, [1, 1, 1], [1, 2, 3])) == 3


def test_single_precision_becomes_double():
    curve = LightCurve(1, np.float32([1, 2]), np.float32([3, 4]))
    assert curve.time.dtype == curve.flux.dtype == np.float64
    assert curve.segment.dtype == np.int64


def test_the_light_curve_copies_its_arrays():
    flux = np.array([1.0, 2.0])
    curve = LightCurve(1, [0, 0.1], flux)
    flux[0] = 99
    assert curve.flux.tolist() == [1, 2]


def test_where_keeps_the_selected_points():
    curve = LightCurve(1, [0.0, 0.5, 1.0, 9.0], [1, 2, 3, 4])
    kept = curve.where(curve.flux != 2)
    assert kept.flux.tolist() == [1, 3, 4]
    assert kept.segment.tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    ("time", "flux", "segment", "message"),
    [
        (
            [0, 1],
            [1],
            None,
            "star 5: time (2,), flux (1,) and segment (2,) "
            "must be one-dimensional and have the same length",
        ),
        (
            [0, 1],
            [1, 1],
            [0],
            "star 5: time (2,), flux (2,) and segment (1,) "
            "must be one-dimensional and have the same length",
        ),
        (
            [[0, 1]],
            [[1, 1]],
            None,
            "star 5: time (1, 2), flux (1, 2) and segment (1, 2) "
            "must be one-dimensional and have the same length",
        ),
        (
            [],
            [],
            None,
            "star 5: no point has a finite time and flux; "
            "try another flux column, or exclude this star",
        ),
        (
            [0, np.nan],
            [np.nan, 1],
            None,
            "star 5: no point has a finite time and flux; "
            "try another flux column, or exclude this star",
        ),
        (
            [0, 2, 1.25],
            [1, 1, 1],
            None,
            "star 5: the times are not in increasing order (at 1.250000 d); sort the points by "
            "time",
        ),
    ],
)
def test_invalid_arrays_are_rejected(time, flux, segment, message):
    with pytest.raises(LightCurveError, match=f"^{re.escape(message)}$"):
        LightCurve(5, time, flux, segment)


@settings(deadline=None, derandomize=True)
@given(st.lists(st.floats(0, 2), min_size=1, max_size=30))
def test_segments_are_separated_by_long_gaps(steps):
    curve = LightCurve(1, np.cumsum(steps), np.ones(len(steps)))
    gap = np.diff(curve.time)
    border = np.diff(curve.segment)
    assert np.array_equal(border == 1, gap > 0.75)
    assert np.array_equal(border == 0, gap <= 0.75)


def test_masked_points_are_dropped():
    flux = np.ma.masked_array([1.0, 1e9, 3.0], mask=[False, True, False])
    assert LightCurve(5, [1, 2, 3], flux).flux.tolist() == [1, 3]


def test_times_in_hours_are_rejected():
    units = pytest.importorskip("astropy.units")
    with pytest.raises(LightCurveError) as error:
        LightCurve(5, [1, 2] * units.hour, [1, 1])
    assert str(error.value) == "star 5: the times are in h; convert them to days"
    assert len(LightCurve(5, [1, 2] * units.day, [1, 1])) == 2


@pytest.mark.parametrize(
    "flux", [["a", "b"], [1j, 2j], [[1], [1, 2]], np.array(["2020-01-01"] * 2)]
)
def test_values_that_are_not_real_numbers_are_rejected(flux):
    with pytest.raises(LightCurveError) as error:
        LightCurve(5, [1, 2], flux)
    assert str(error.value) == (
        "star 5: the flux contains values that are not real numbers; give numbers only "
        "(NaN for missing values)"
    )


@pytest.mark.parametrize("cadence", [2 / 1440, 10 / 1440, 30 / 1440])
def test_times_that_lost_digits_are_rejected(cadence):
    time = np.float32(2458325 + np.arange(0, 27, cadence))
    same = int((np.diff(time) == 0).sum())
    with pytest.raises(LightCurveError) as error:
        LightCurve(5, np.float64(time), np.ones(len(time)))
    assert str(error.value) == (
        f"star 5: many points share one time ({same:,} of {len(time):,} have the same time as the "
        "point before), so the times have lost digits; store them in double precision or with more "
        "decimals"
    )
    with pytest.raises(LightCurveError, match=r"steps of 0\.25 d at 24583\d\d, so they have lost"):
        LightCurve.from_arrays(5, time, np.ones(len(time)), clock="bjd")


def test_two_simultaneous_measurements_per_time_are_allowed():
    time = np.repeat(np.arange(0, 10, 0.02), 2)
    assert len(LightCurve(5, time, np.ones(1000))) == 1000


def test_times_in_single_precision_are_allowed_if_they_are_small():
    time = np.float32(np.arange(1400, 1410, 0.02))
    curve = LightCurve.from_arrays(5, time, np.ones(500), clock="btjd")
    np.testing.assert_allclose(np.diff(curve.time), 0.02, atol=3e-4)


def test_the_error_of_an_astropy_time_names_the_functions_that_accept_it():
    from astropy.time import Time

    time = Time(2458400 + 0.02 * np.arange(30), format="jd", scale="tdb")
    with pytest.raises(LightCurveError, match=r"an astropy Time.*from_arrays.*from_lightkurve"):
        LightCurve("x", time, np.ones(30))


def pixels(points):
    return np.arange(2.0 * points).reshape(points, 2)


def test_centroids_follow_their_points():
    flux = [1, np.nan, 1, 1]
    curve = LightCurve(1, [0, 0.1, 0.2, 0.3], flux, centroid=pixels(4), position=-pixels(4))
    kept = curve.where(np.array([False, True, True]))
    assert curve.centroid.tolist() == [[0, 1], [4, 5], [6, 7]]
    assert kept.centroid.tolist() == [[4, 5], [6, 7]]
    assert kept.position.tolist() == [[-4, -5], [-6, -7]]
    assert curve.with_flux([2, np.nan, 2]).centroid.tolist() == [[0, 1], [6, 7]]


def test_parts_are_files_even_if_a_file_has_several_segments():
    time = [0.0, 0.1, 2.0, 2.1, 2.2, 2.3]
    curve = LightCurve(1, time, np.ones(6), [4, 4, 4, 4, 7, 7])
    assert curve.segment.tolist() == [0, 0, 1, 1, 2, 2]
    assert curve.part.tolist() == [0, 0, 1]


def test_parts_keep_their_orientation_when_points_are_dropped():
    matrices = {4: np.eye(2), 7: 2 * np.eye(2), 9: 3 * np.eye(2)}
    time = [0.0, 0.1, 2.0, 2.1, 2.2, 2.3]
    curve = LightCurve(1, time, np.ones(6), [4, 4, 7, 7, 9, 9], orientation=matrices)
    assert curve.orientation[:, 0, 0].tolist() == [1, 2, 3]
    kept = curve.where(np.array([True, True, False, False, True, True]))
    assert kept.part.tolist() == [0, 1]
    assert kept.orientation[:, 0, 0].tolist() == [1, 3]
    assert kept.with_flux(np.ones(4)).orientation[:, 0, 0].tolist() == [1, 3]


def test_unknown_orientations_are_nan_or_none():
    curve = LightCurve(1, [0, 0.1], [1, 1], [4, 7], orientation={7: np.eye(2)})
    assert np.isnan(curve.orientation[0]).all()
    assert curve.orientation[1].tolist() == [[1, 0], [0, 1]]
    assert LightCurve(1, [0, 0.1], [1, 1], orientation={3: np.eye(2)}).orientation is None


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"centroid": np.ones((2, 2))}, r"centroid has shape \(2, 2\), but there are 3 times"),
        ({"position": np.ones(3)}, r"give columns and rows as an array of shape \(3, 2\)"),
        ({"centroid": [["a", "b"]] * 3}, "the centroid contains values that are not real numbers"),
        ({"orientation": {0: np.ones(2)}}, r"the orientation of file 0 has shape \(2,\)"),
    ],
)
def test_invalid_centroids_are_rejected(given, message):
    with pytest.raises(LightCurveError, match=message):
        LightCurve(1, [0, 0.1, 0.2], [1, 1, 1], **given)


def test_masked_centroids_are_missing():
    masked = np.ma.masked_array(pixels(2), [[False, True], [False, False]])
    assert np.isnan(LightCurve(1, [0, 0.1], [1, 1], centroid=masked).centroid[0, 1])
