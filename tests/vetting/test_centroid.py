"""Centroid shift: known offsets are recovered, and stars without an offset have none."""

import numpy as np
import pytest

from astronet.errors import LightCurveError
from astronet.lightcurves import Ephemeris, LightCurve, in_transit
from astronet.simulation.centroids import centroid_shift, orientation
from astronet.simulation.noise import correlated
from astronet.vetting.centroid import CentroidShift, measure_centroid

EVENT = Ephemeris(7.3, 3.1, 0.3)
DEPTH = 0.002
CADENCE = 1 / 24
SCATTER = 2e-3
"""Standard deviation of the white noise of the centroids [pixel]."""

QUARTERS = (1, 2, 3, 4, 5, 6)


def star(seed=0, source=(0.0, 0.0), *, red=0.0, motion=0.2, days=80, others=()):
    """Return the arrays of a star whose transits are those of a source at a position [arcsec].

    The centroid follows the motion of the image, with a different sensitivity in each quarter.
    """
    draw = np.random.default_rng(seed)
    times, flux, centroid, position, quarters = [], [], [], [], []
    for quarter in QUARTERS:
        time = 90.0 * quarter + np.arange(0, days, CADENCE)
        change = np.where(in_transit(time, EVENT), -DEPTH, 0.0)
        shift = centroid_shift(change, source)
        for other, depth, place in others:
            dip = np.where(in_transit(time, other), -depth, 0.0)
            change, shift = change + dip, shift + centroid_shift(dip, place)
        place = np.linspace(-1, 1, len(time))
        moved = motion * np.stack([place + place**2, 0.5 * place - place**3], axis=1)
        moved += 0.02 * motion * np.stack([correlated(draw, len(time), 20) for _ in "xy"], axis=1)
        noise = draw.standard_normal((len(time), 2))
        noise += red * np.stack([correlated(draw, len(time), 8) for _ in "xy"], axis=1)
        pixels = shift @ np.linalg.inv(orientation(quarter)).T
        follow = draw.uniform(0.8, 1.1, 2)
        centroid.append(500 + follow * moved + 0.1 * moved**2 + pixels + SCATTER * noise)
        times.append(time)
        flux.append(1e4 * (1 + change + 2e-4 * draw.standard_normal(len(time))))
        position.append(moved)
        quarters.append(np.full(len(time), quarter))
    arrays = {"time": times, "flux": flux, "segment": quarters, "centroid": centroid}
    arrays["position"] = position
    return {name: np.concatenate(values) for name, values in arrays.items()}


def light_curve(arrays, **changed):
    matrices = {quarter: orientation(quarter) for quarter in QUARTERS}
    return LightCurve(1, **({"orientation": matrices} | arrays | changed))


def measured(*arguments, **options) -> CentroidShift:
    return measure_centroid(light_curve(star(*arguments, **options)), EVENT)


def offsets(results):
    return np.array([(each.offset_east, each.offset_north) for each in results])


@pytest.mark.parametrize("red", [0.0, 1.0])
@pytest.mark.parametrize("source", [(0.0, 0.0), (6.0, -2.0)])
def test_errors_are_those_of_repeated_observations(source, red):
    results = [measured(seed, source, red=red) for seed in range(40)]
    errors = [np.sqrt(np.diag(each.covariance)) * (1 / each.depth - 1) for each in results]
    pulls = (offsets(results) - source) / errors
    assert 0.75 < pulls.std() < 1.15
    assert abs(pulls.mean()) < 0.3


def test_a_background_binary_is_located_and_significant():
    result = measured(source=(6.0, -2.0))
    assert result.offset == pytest.approx(np.hypot(6, 2), abs=3 * result.offset_error)
    assert result.offset > 10 * result.offset_error
    assert result.significance > 10
    assert result.statistic > 100


def test_without_an_offset_the_significance_has_a_rayleigh_distribution():
    found = np.array([measured(seed).significance for seed in range(60)])
    assert 0.9 < np.median(found) < 1.45  # expected: 1.18
    assert (found > 3).sum() <= 3  # expected: 1.1 %


def test_without_an_offset_the_statistic_has_two_degrees_of_freedom():
    found = np.array([measured(seed).statistic for seed in range(60)])
    assert 0.8 < np.median(found) < 2.4  # expected: 1.39


def test_the_centroid_moves_away_from_the_source():
    result = measured(source=(8.0, 0.0))
    assert result.shift[0] == pytest.approx(-8.0 * DEPTH / (1 - DEPTH), rel=0.1)
    assert result.offset_east > 0
    assert result.pixels[0] == pytest.approx(np.hypot(*result.shift) / 3.98, rel=1e-3)


def test_motion_of_the_image_is_removed():
    still, moving = (measured(3, (6.0, -2.0), motion=motion) for motion in (0.0, 2.0))
    assert moving.offset_east == pytest.approx(still.offset_east, abs=2 * still.offset_error)
    assert moving.offset_error < 1.5 * still.offset_error


def test_the_offset_does_not_depend_on_the_orientation_of_the_quarters():
    arrays = star(2, (6.0, -2.0))
    plain = measure_centroid(light_curve(arrays), EVENT)
    turn = np.array([[0.0, -1.0], [1.0, 0.0]])
    turned = light_curve(
        arrays | {"centroid": arrays["centroid"] @ turn.T, "position": arrays["position"] @ turn.T},
        orientation={quarter: orientation(quarter) @ turn.T for quarter in QUARTERS},
    )
    again = measure_centroid(turned, EVENT)
    np.testing.assert_allclose(offsets([again]), offsets([plain]), atol=0.3 * plain.offset_error)


def test_the_unit_of_the_flux_does_not_matter():
    arrays = star(1, (6.0, -2.0))
    one, two = (
        measure_centroid(light_curve(arrays, flux=arrays["flux"] * factor), EVENT)
        for factor in (1.0, 50.0)
    )
    assert two.offset == pytest.approx(one.offset)


def test_depth_is_measured_if_it_is_not_given():
    result = measure_centroid(light_curve(star()), EVENT)
    assert result.depth == pytest.approx(DEPTH, rel=0.1)


def test_transits_of_other_events_are_masked():
    other = Ephemeris(3.7, 1.0, 0.25)
    arrays = star(4, (6.0, -2.0), others=[(other, 0.02, (-9.0, 9.0))])
    result = measure_centroid(light_curve(arrays), EVENT, [other])
    assert result.offset_east == pytest.approx(6, abs=3 * result.offset_error)
    assert result.offset_north == pytest.approx(-2, abs=3 * result.offset_error)
    ignored = measure_centroid(light_curve(arrays), EVENT)
    assert ignored.offset_error > 1.5 * result.offset_error


def test_the_same_signal_in_the_table_twice_is_not_masked():
    curve = light_curve(star(5, (6.0, -2.0)))
    alone = measure_centroid(curve, EVENT)
    copies = [Ephemeris(EVENT.period * k, EVENT.epoch, EVENT.duration) for k in (0.5, 1, 2)]
    assert measure_centroid(curve, EVENT, copies) == alone


def test_gaps_and_missing_centroids_are_ignored():
    arrays = star(6, (6.0, -2.0))
    complete = measure_centroid(light_curve(arrays), EVENT)
    day = arrays["time"] % 90
    arrays["centroid"][(day > 20) & (day < 35)] = np.nan
    arrays["position"][(day > 50) & (day < 55)] = np.nan
    arrays["flux"][(day > 60) & (day < 65)] = np.nan
    result = measure_centroid(light_curve(arrays), EVENT)
    assert result.offset == pytest.approx(np.hypot(6, 2), abs=3 * result.offset_error)
    assert complete.offset_error < result.offset_error < 2 * complete.offset_error


def test_quarters_without_orientation_are_ignored():
    arrays = star(7, (6.0, -2.0))
    known = {quarter: orientation(quarter) for quarter in QUARTERS[:3]}
    result = measure_centroid(light_curve(arrays, orientation=known), EVENT)
    assert result.parts == 3
    assert result.offset == pytest.approx(np.hypot(6, 2), abs=3 * result.offset_error)


def test_a_quarter_with_few_cadences_has_a_low_weight():
    arrays = star(8, (6.0, -2.0))
    last = arrays["segment"] == QUARTERS[-1]
    some = ~last | (arrays["time"] < 90 * QUARTERS[-1] + 12)
    alone = {name: values[some & last] for name, values in arrays.items()}
    without = {name: values[~last] for name, values in arrays.items()}
    few = measure_centroid(light_curve(alone), EVENT)
    many = measure_centroid(light_curve(without), EVENT)
    assert few.parts == 1
    assert few.offset_error > 3 * many.offset_error


def test_a_different_shift_in_one_quarter_increases_the_error():
    arrays = star(9, (6.0, -2.0))
    odd = (arrays["segment"] == 3) & in_transit(arrays["time"], EVENT)
    arrays["centroid"][odd] += 0.02
    result = measure_centroid(light_curve(arrays), EVENT)
    assert result.offset_error > 2 * measured(9, (6.0, -2.0)).offset_error


def test_pulsations_in_phase_with_the_period_are_not_significant():
    arrays = star(10)
    phase = 2 * np.pi * arrays["time"] / EVENT.period
    arrays["centroid"] += 0.02 * np.stack([np.cos(7 * phase), np.sin(6 * phase)], axis=1)
    assert measure_centroid(light_curve(arrays), EVENT).significance < 4


def test_short_cadence_gives_the_same_offset():
    arrays = star(11, (6.0, -2.0))
    repeated = {name: np.repeat(values, 5, axis=0) for name, values in arrays.items()}
    repeated["time"] = repeated["time"] + np.tile(
        CADENCE / 5 * (np.arange(5) - 2), len(arrays["time"])
    )
    long = measure_centroid(light_curve(arrays), EVENT)
    short = measure_centroid(light_curve(repeated), EVENT)
    assert short.offset_east == pytest.approx(long.offset_east, abs=long.offset_error)


@pytest.mark.parametrize("name", ["centroid", "position", "orientation"])
def test_missing_columns_are_one_clear_error(name):
    curve = light_curve(star(), **{name: None})
    message = f"star 1: the light curve has no {name}; read it with the reader option centroid"
    with pytest.raises(LightCurveError, match=message):
        measure_centroid(curve, EVENT)


def test_an_event_without_centroids_in_transit_is_one_clear_error():
    arrays = star()
    arrays["centroid"][in_transit(arrays["time"], EVENT, 1.3)] = np.nan
    with pytest.raises(LightCurveError, match="star 1: no transit has centroids; check the period"):
        measure_centroid(light_curve(arrays), EVENT)


@pytest.mark.parametrize("depth", [0.0, 1.0, 250.0, -0.001, float("nan")])
def test_a_depth_that_is_not_a_fraction_is_an_error(depth):
    with pytest.raises(LightCurveError, match="give a fraction of the flux between 0 and 1"):
        measure_centroid(light_curve(star()), EVENT, depth=depth)


def test_a_signal_without_a_dip_has_no_offset():
    arrays = star()
    arrays["flux"] = 2e4 - arrays["flux"]
    assert np.isnan(measure_centroid(light_curve(arrays), EVENT).offset)


def test_constant_centroids_are_one_clear_error():
    arrays = star()
    constant = light_curve(arrays, centroid=np.zeros_like(arrays["centroid"]))
    with pytest.raises(LightCurveError, match="star 1: no transit has centroids"):
        measure_centroid(constant, EVENT)


def test_a_variable_star_keeps_its_cadences():
    arrays = star(12, (6.0, -2.0))
    arrays["flux"] *= 1 + 0.02 * np.sin(2 * np.pi * arrays["time"] / 5.0)
    result = measure_centroid(light_curve(arrays), EVENT, depth=DEPTH)
    assert result.shift == pytest.approx(measured(12, (6.0, -2.0)).shift, rel=1e-6)


def test_a_flux_without_noise_is_allowed():
    arrays = star(13, (6.0, -2.0))
    arrays["flux"] = np.where(in_transit(arrays["time"], EVENT), 1 - DEPTH, 1.0)
    result = measure_centroid(light_curve(arrays), EVENT)
    assert result.offset == pytest.approx(np.hypot(6, 2), abs=3 * result.offset_error)


def test_a_flux_around_zero_needs_a_depth():
    arrays = star(14, (6.0, -2.0))
    curve = light_curve(arrays, flux=arrays["flux"] - 1e4)
    with pytest.raises(LightCurveError, match="star 1: the depth cannot be measured because"):
        measure_centroid(curve, EVENT)
    given = measure_centroid(curve, EVENT, depth=DEPTH)
    assert given.shift == pytest.approx(measured(14, (6.0, -2.0)).shift)
