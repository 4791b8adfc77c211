"""Noise model and missing data, compared with dense linear algebra."""

import numpy as np
import pytest
from scipy.linalg import toeplitz
from scipy.signal import lfilter
from simulated_curves import curve_with, times

from astronet.detection.gaps import Gaps
from astronet.detection.grid import Grid
from astronet.detection.noise import Noise, robust_scatter
from astronet.detection.single_events import SingleEvents
from astronet.detection.template import transit_template
from astronet.detection.whitened import Whitened

CELLS = 220
COEFFICIENTS = np.array([1.0, -0.7, 0.2, -0.1])


def noise_with(sigma: float = 2.0) -> Noise:
    """Return an autoregressive process of order 3."""
    whitening = COEFFICIENTS / sigma
    return Noise(whitening, np.correlate(whitening, whitening, "full")[3:])


def dense(noise: Noise) -> np.ndarray:
    """Return the inverse covariance matrix of all cells."""
    row = np.zeros(CELLS)
    row[: noise.order + 1] = noise.precision
    return toeplitz(row)


def observed_except(*gaps: tuple[int, int]) -> np.ndarray:
    observed = np.ones(CELLS, bool)
    for start, stop in gaps:
        observed[start:stop] = False
    return observed


@pytest.mark.parametrize("cells", [1, 2, 3, 4, 150, 300])
@pytest.mark.parametrize("memory", [0.5, 0.97])
def test_covariance_in_a_gap_is_the_inverse_of_the_precision(cells, memory):
    coefficients = np.convolve([1.0, -memory], [1.0, -0.9])
    noise = Noise(coefficients, np.correlate(coefficients, coefficients, "full")[2:])
    row = np.zeros(max(cells, 3))
    row[:3] = noise.precision
    found, expected = noise.covariance_in_gap(cells), np.linalg.inv(toeplitz(row[:cells]))
    np.testing.assert_allclose(found, expected, rtol=1e-7, atol=1e-7 * expected.max())
    np.testing.assert_array_equal(found, found.T)


GAPS = [
    ((50, 51),),
    ((50, 51), (53, 54)),
    ((40, 60), (63, 70), (120, 121)),
    ((0, 30), (90, 97), (190, 220)),
]


@pytest.mark.parametrize("gaps", GAPS)
def test_filled_gaps_are_conditional_means(gaps):
    noise, observed = noise_with(), observed_except(*gaps)
    flux = lfilter([2.0], COEFFICIENTS, np.random.default_rng(0).standard_normal(CELLS))
    filled = Gaps.of(observed, noise).fill(np.where(observed, flux, 99.0), noise)
    matrix = dense(noise)
    expected = flux.copy()
    expected[~observed] = -np.linalg.solve(
        matrix[np.ix_(~observed, ~observed)], matrix[np.ix_(~observed, observed)] @ flux[observed]
    )
    np.testing.assert_array_equal(filled[observed], flux[observed])
    np.testing.assert_allclose(filled, expected, atol=0.02 * flux.std())
    # The product with the matrix of all cells is that with the observed cells' own matrix.
    covariance = np.linalg.inv(matrix)[np.ix_(observed, observed)]
    weighted = noise.operator(CELLS)(filled)
    own = np.linalg.solve(covariance, flux[observed])
    np.testing.assert_allclose(weighted[observed], own, atol=0.02 * own.std())
    assert np.abs(weighted[~observed]).max() < 0.02 * own.std()


def test_the_operator_is_the_dense_matrix():
    noise, values = noise_with(), np.random.default_rng(1).standard_normal(CELLS)
    np.testing.assert_allclose(noise.operator(CELLS)(values), dense(noise) @ values, atol=1e-9)


@pytest.mark.parametrize("gaps", [GAPS[0], ((100, 110),), ((60, 64), (140, 180))])
def test_lost_information_is_that_of_the_missing_cells(gaps):
    noise, observed = noise_with(), observed_except(*gaps)
    template = transit_template(0.2, 0.02)
    half = len(template) // 2
    response = np.convolve(np.concatenate([noise.precision[:0:-1], noise.precision]), template)
    lost = Gaps.of(observed, noise).lost_information(response, 60, half)
    matrix = dense(noise)
    covariance = np.linalg.inv(matrix)[np.ix_(observed, observed)]
    # The ends of the long gap are assumed to be independent.
    for middle in range(40, 200, 3):
        transit = np.zeros(CELLS)
        transit[middle - half : middle + half + 1] = template
        complete = transit @ matrix @ transit
        left = transit[observed] @ np.linalg.solve(covariance, transit[observed])
        if left > 0.3 * complete:
            assert lost[middle] == pytest.approx(complete - left, abs=2e-3 * complete)
        else:  # not used by the search, because less than 60 % of the transit is observed
            assert transit[observed].sum() / transit.sum() < 0.6


def test_a_very_long_gap_loses_what_its_ends_lose():
    noise = noise_with()
    template = transit_template(0.2, 0.02)
    response = np.convolve(np.concatenate([noise.precision[:0:-1], noise.precision]), template)
    losses = []
    for length in (300, 5000):
        observed = np.ones(length + 200, bool)
        observed[100:-100] = False
        gaps = Gaps.of(observed, noise)
        losses.append(gaps.lost_information(response, 60, 5)[:100])
        flux = np.where(observed, 1.0, 0.0)
        filled = gaps.fill(flux, noise)
        assert np.abs(noise.operator(len(flux))(filled)[110:-110]).max() < 0.01
        assert max(len(group.covariance) for group in gaps.groups) <= 2000
    np.testing.assert_allclose(losses[0], losses[1], atol=1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_the_noise_model_is_that_of_the_process(seed: int):
    count = len(times(90))
    white = np.random.default_rng(seed).standard_normal(count + 500)
    process = 1e-3 * lfilter([1.0], COEFFICIENTS, white)[500:]
    grid = Grid.of(curve_with(time=times(90), noise=0.0, trend=process))
    noise = Noise.of(grid)
    expected = np.correlate(COEFFICIENTS, COEFFICIENTS, "full")[3:] / 1e-6
    np.testing.assert_allclose(noise.precision[:4], expected, atol=0.12 * expected[0])
    assert np.abs(noise.precision[4:]).max() < 0.1 * expected[0]
    residual = Whitened.of(grid).residual[grid.observed]
    assert residual.std() == pytest.approx(1.0, abs=0.06)
    for lag in (1, 2, 3, 10):
        assert abs(np.corrcoef(residual[lag:], residual[:-lag])[0, 1]) < 0.06


def test_the_noise_model_is_robust_against_glitches():
    flux = 1e-3 * np.random.default_rng(0).standard_normal(len(times(60)))
    quiet = Noise.of(Grid.of(curve_with(noise=0.0, trend=flux)))
    flux[::97] += 0.05
    flux[1000:1003] -= 0.5
    loud = Noise.of(Grid.of(curve_with(noise=0.0, trend=flux)))
    assert loud.precision[0] == pytest.approx(quiet.precision[0], rel=0.1)


def test_single_events_have_unit_scatter_and_the_right_depth():
    grid = Grid.of(curve_with(seed=3))
    curve = Whitened.of(grid)
    for duration in (0.05, 0.2, 0.6):
        events = SingleEvents.of(curve, duration)
        statistic = events.statistic[events.weight > 0]
        assert robust_scatter(statistic) == pytest.approx(1.0, abs=0.1)
        assert abs(statistic.mean()) < 0.3
    # A deep transit at a cell
    duration, middle = 0.2, grid.starts[0] + 1000
    template = transit_template(duration, grid.step)
    half = len(template) // 2
    model = np.zeros(len(grid.flux))
    model[middle - half : middle + half + 1] = -0.01 * template
    deep = Whitened.of(grid.minus(model))
    events = SingleEvents.of(deep, duration)
    assert events.numerator[middle] / events.weight[middle] == pytest.approx(0.01, rel=0.03)
    assert np.argmax(events.statistic) == middle


def test_events_in_gaps_are_not_observed():
    time = times(40)
    kept = time[(time < 10) | (time > 10.5)]
    grid = Grid.of(curve_with(time=kept))
    events = SingleEvents.of(Whitened.of(grid), 0.2)
    middle = np.argmin(np.abs(grid.time - 10.25))
    assert events.weight[middle] == 0
    assert not events.complete[middle]
    away = np.argmin(np.abs(grid.time - 20))
    assert events.complete[away]
    assert events.available[away] == pytest.approx(1.0, abs=1e-6)
    assert events.covered[away] == pytest.approx(1.0)


def test_the_grid_averages_points_and_drops_single_outliers():
    time = times(30, 2 / 1440)
    curve = curve_with(time=time, step=2 / 1440, level=500.0)
    curve.flux[6998:7003] *= 1.1  # one cell of five points
    grid = Grid.of(curve)
    assert grid.step == pytest.approx(10 / 1440, rel=1e-6)
    assert np.std(grid.flux[grid.observed]) == pytest.approx(3e-4 / np.sqrt(5), rel=0.05)
    assert (~grid.observed[grid.starts[0] : grid.stops[0]]).sum() == 1
    assert grid.span == pytest.approx(30, abs=0.02)
