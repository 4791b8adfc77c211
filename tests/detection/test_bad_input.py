"""Light curves and settings that cannot be searched, or that are hard to search."""

import tracemalloc
from time import process_time

import numpy as np
import pytest
from astropy.time import Time
from astropy.timeseries import TimeSeries
from hypothesis import example, given, settings
from hypothesis import strategies as st
from simulated_curves import Planet, curve_with, is_planet, times

from astronet.detection.search import find_transits
from astronet.detection.settings import SearchSettings
from astronet.errors import AstronetError, ConfigError, LightCurveError
from astronet.lightcurves.ephemeris import Ephemeris
from astronet.lightcurves.lightcurve import LightCurve

DAYS = times(30)
NOISE = 1e-3 * np.random.default_rng(0).standard_normal(20_000)


def flux_at(time) -> np.ndarray:
    return 1 + NOISE[: len(time)]


def check(curve: LightCurve, choices: SearchSettings = SearchSettings(), known=()) -> list:
    """Search a light curve; the result must be valid candidates, or one clear line."""
    try:
        found = find_transits(curve, choices, known)
    except LightCurveError as error:
        message = str(error)
        assert message.startswith("star star: ")
        assert "; give " in message
        assert "\n" not in message
        return []
    for candidate in found:
        ephemeris = candidate.ephemeris
        assert candidate.depth > 0
        assert candidate.statistic >= choices.min_snr
        # One transit that is mostly in a gap is accepted if two others are complete.
        assert max(candidate.transits, candidate.complete_transits + 1) >= choices.min_transits
        assert candidate.complete_transits <= candidate.transits
        assert 0 < ephemeris.duration < ephemeris.period
        assert curve.time.min() - 1 < ephemeris.epoch < curve.time.max() + 1
        values = [candidate.snr, candidate.epoch_error, candidate.depth_error]
        assert np.isfinite([*values, candidate.duration_error, candidate.max_single_event]).all()
    return found


@pytest.mark.parametrize(
    ("time", "flux", "message"),
    [
        ([1.0], [1.0], "no two points are less than 0.75 d apart, so transits cannot be resolved"),
        (np.arange(60.0), flux_at(range(60)), "no two points are less than 0.75 d apart"),
        (np.linspace(0, 19_999, 50), flux_at(range(50)), "no two points are less than 0.75 d"),
        ([1.0, 1.02], [1.0, 2.0], "three transits with a period of at least 0.3 d do not fit into"),
        (times(0.1), flux_at(range(5)), "do not fit into 0.0833 d of data; give a longer light"),
        (times(0.5, 0.001), flux_at(range(500)), "do not fit into 0.495 d of data"),
        (DAYS, np.ones_like(DAYS), "the flux is constant within each segment, so there is nothing"),
        (DAYS, np.zeros_like(DAYS), "the median flux from 0.00 d is 0, so transit depths are"),
        (DAYS, -flux_at(DAYS), "the median flux from 0.00 d is -0.999976, so"),
        (DAYS, -1e308 * flux_at(DAYS), "so transit depths are undefined; give positive fluxes"),
    ],
)
def test_what_cannot_be_searched_is_one_clear_error(time, flux, message: str):
    with pytest.raises(LightCurveError) as caught:
        find_transits(LightCurve("star", time, flux))
    assert message in str(caught.value)
    assert str(caught.value).startswith("star star: ")
    assert "\n" not in str(caught.value)


def pieces(count: int, points: int, distance: float, step: float = 0.02) -> np.ndarray:
    return (distance * np.arange(count)[:, None] + step * np.arange(points)).ravel()


@pytest.mark.parametrize(
    ("time", "files"),
    [
        (np.linspace(0, 2.8, 5), None),
        (0.7 * np.arange(100), None),
        (0.2 * np.arange(300), None),
        (pieces(40, 3, 2.0), None),
        (pieces(500, 3, 2.0), None),
        (pieces(80, 2, 1.5), None),
        (pieces(60, 60, 1.0, 0.005), None),
        (np.repeat(DAYS, 2), None),
        (np.sort(np.concatenate([DAYS, DAYS[::7]])), None),
        (np.concatenate([times(5, 60 / 86400), times(27, start=30)]), None),
        (np.cumsum(10 ** np.random.default_rng(1).uniform(-5, -0.2, 2000)), None),
        (np.concatenate([DAYS, DAYS]), np.repeat([0, 1], len(DAYS))),
        (np.concatenate([DAYS + 100, DAYS]), np.repeat([0, 1], len(DAYS))),
        (times(1.0, 1e-4), None),
    ],
)
def test_unusual_times(time: np.ndarray, files):
    found = check(LightCurve("star", time, flux_at(time), files))
    assert all("segment_edges" in candidate.flags for candidate in found)
    assert len(found) <= 1


@pytest.mark.parametrize(
    "flux",
    [
        np.where(np.random.default_rng(1).random(len(DAYS)) < 0.3, np.nan, flux_at(DAYS)),
        1e300 * flux_at(DAYS),
        1.7e308 * np.clip(flux_at(DAYS), 0.9, 1.05),
        1e-300 * flux_at(DAYS),
        1 + 1e-10 * NOISE[: len(DAYS)],
        np.where(np.arange(len(DAYS)) == 500, 2.0, 1.0),
        np.where(np.abs(DAYS - 15) < 0.1, 0.9, 1.0),
        1 + 1e-3 * (np.arange(len(DAYS)) % 2),
        np.where(np.arange(len(DAYS)) == 500, 1e30, flux_at(DAYS)),
        np.where(np.arange(len(DAYS)) == 500, -1e30, flux_at(DAYS)),
        np.where(np.arange(len(DAYS)) == 500, 1e300, flux_at(DAYS)),
        1 + 1e-3 * np.round(500 * NOISE[: len(DAYS)]),
        flux_at(DAYS) + 0.01 * DAYS,
        flux_at(DAYS) + 0.3 * np.sin(DAYS),
    ],
)
def test_unusual_fluxes(flux: np.ndarray):
    assert check(LightCurve("star", DAYS, flux)) == []


@given(
    st.integers(0, 10_000),
    st.lists(st.integers(1, 40), min_size=1, max_size=12),
    st.floats(-4, -0.2),
    st.floats(-300, 300),
    st.sampled_from([0.0, 1e-9, 1e-4, 0.03, 0.5, 2.0]),
    st.sampled_from([0.0, 0.1, 0.9]),
    st.sampled_from([1, 2, 3]),
)
@settings(max_examples=100, deadline=None)
def test_any_short_light_curve(seed, lengths, cadence, level, noise, missing, fewest):
    generator = np.random.default_rng(seed)
    steps = np.concatenate(
        [
            np.append(10 ** generator.uniform(cadence - 0.3, cadence, n - 1), 10**cadence + 5)
            for n in lengths
        ]
    )
    time = np.cumsum(steps)
    flux = 1 + noise * generator.standard_normal(len(time))
    flux[generator.random(len(time)) < missing] = np.nan
    flux[0] = 1.0
    curve = LightCurve("star", time, 10**level * flux)
    check(curve, SearchSettings(min_transits=fewest, min_snr=5.0, max_signals=3))


@given(
    st.floats(1e-6, 1e6),
    st.floats(1.001, 1e6),
    st.floats(-9, 9),
    st.floats(0, 6),
    st.integers(1, 3),
    st.sampled_from([0.0, 4.0, 7.0, 1e9]),
)
@example(0.859375, 1.00390625, -2.0, 1.0, 1, 0.0)  # the refined period is below the limits
@settings(max_examples=40, deadline=None)
def test_any_valid_settings(shortest, ratio, density, range_, fewest, threshold):
    choices = SearchSettings(
        max_signals=2,
        min_snr=threshold,
        min_period=shortest,
        max_period=shortest * ratio,
        min_transits=fewest,
        stellar_density=(10**density, 10 ** (density + range_)),
    )
    check(curve_with(Planet(3.1, 1.0, 0.15, 3e-3), time=times(20)), choices)


@given(
    st.lists(
        st.tuples(st.floats(0.1, 1000), st.floats(-100, 100), st.floats(0.001, 0.99)),
        min_size=1,
        max_size=3,
    )
)
@settings(max_examples=30, deadline=None)
def test_any_known_events(events):
    known = [Ephemeris(period, epoch, part * period) for period, epoch, part in events]
    check(curve_with(Planet(3.1, 1.0, 0.15, 3e-3), time=times(30)), known=known)


def test_known_events_that_cover_everything_are_an_error():
    with pytest.raises(LightCurveError, match=r"the known events cover all data; give fewer"):
        find_transits(curve_with(), known=[Ephemeris(1.0, 0.0, 0.9)])


def test_known_events_that_cover_most_of_a_long_light_curve():
    planet = Planet(3.1, 1.0, 0.15, 3e-3)
    curve = curve_with(planet, time=times(400))
    [found] = check(curve, SearchSettings(max_signals=1), [Ephemeris(500.0, 200.0, 180.0)])
    assert is_planet(found, planet)


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({"max_signals": 0}, "the setting max_signals of the search is 0; give an integer of at"),
        ({"max_signals": 2.5}, "the setting max_signals of the search is 2.5; give an integer of"),
        ({"min_snr": -1.0}, "the setting min_snr of the search is -1.0; give a finite number of"),
        ({"min_snr": np.inf}, "the setting min_snr of the search is inf; give a finite number"),
        ({"min_snr": np.nan}, "the setting min_snr of the search is nan; give a finite number"),
        (
            {"min_period": 0.0},
            "the setting min_period of the search is 0.0; give a positive number",
        ),
        ({"min_period": np.nan}, "the setting min_period of the search is nan; give a positive"),
        ({"min_period": np.inf}, "the setting min_period of the search is inf; give a positive"),
        ({"min_period": 9.0, "max_period": 2.0}, "the range of periods, 9 to 2 d, is invalid"),
        ({"max_period": 0.3}, "the range of periods, 0.3 to 0.3 d, is invalid"),
        ({"max_period": np.nan}, "the setting max_period of the search is nan; give a positive"),
        ({"max_period": np.inf}, "the setting max_period of the search is inf; give a positive"),
        ({"max_period": 0.0}, "the setting max_period of the search is 0.0; give a positive"),
        ({"min_transits": 0}, "the setting min_transits of the search is 0; give 1, 2 or 3"),
        ({"min_transits": 4}, "the setting min_transits of the search is 4; give 1, 2 or 3"),
        ({"stellar_density": (3.0, 0.2)}, "the range of stellar densities, 3 to 0.2, is invalid"),
        ({"stellar_density": (0.0, 1.0)}, "the range of stellar densities, 0 to 1, is invalid"),
        (
            {"stellar_density": (1.0, np.inf)},
            "the range of stellar densities, 1 to inf, is invalid",
        ),
        ({"null_curves": -1}, "the setting null_curves of the search is -1; give an integer of"),
        ({"seed": -1}, "the setting seed of the search is -1; give an integer of at least 0"),
        ({"max_signals": True}, "the setting max_signals of the search is True; give an integer"),
        ({"min_period": "a"}, "the setting min_period of the search is 'a'; give a positive"),
        ({"min_period": None}, "the setting min_period of the search is None; give a positive"),
        ({"max_period": "a"}, "the setting max_period of the search is 'a'; give a positive"),
        ({"min_snr": "7"}, "the setting min_snr of the search is '7'; give a finite number"),
        ({"min_snr": np.ones(2)}, "the setting min_snr of the search is array([1., 1.]); give a"),
        ({"stellar_density": (1,)}, "the setting stellar_density of the search is (1,); give two"),
        ({"stellar_density": 1.0}, "the setting stellar_density of the search is 1.0; give two"),
        ({"stellar_density": "ab"}, "the setting stellar_density of the search is 'ab'; give two"),
        ({"stellar_density": ("a", 2)}, "is ('a', 2); give two numbers, the smallest and the"),
    ],
)
def test_settings_out_of_range_are_errors(choices: dict, message: str):
    with pytest.raises(ConfigError) as caught:
        SearchSettings(**choices)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.arguments


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ((DAYS, DAYS),),
            "tuple is not a light curve (it has no time); give an astronet.LightCurve",
        ),
        ((curve_with(), {"max_signals": 3}), "the settings of the search are dict; give astronet."),
        ((curve_with(), SearchSettings(), [(4, 3, 0.1)]), "an event must be an astronet.Ephemeris"),
        (
            (curve_with(), SearchSettings(), 4.0),
            "an event must be an astronet.Ephemeris, or a list",
        ),
    ],
)
def test_arguments_of_a_wrong_type_are_errors(arguments: tuple, message: str):
    with pytest.raises(AstronetError) as caught:
        find_transits(*arguments)
    assert message in str(caught.value) and "\n" not in str(caught.value)


def test_light_curves_of_other_packages_and_a_single_known_event_are_accepted():
    planet = Planet(3.1, 1.0, 0.15, 3e-3)
    curve = curve_with(planet)
    time = Time(curve.time + 2454833, format="jd", scale="tdb")
    series = TimeSeries(time=time, data={"flux": curve.flux})
    [found] = find_transits(series)
    assert is_planet(found, planet)
    assert find_transits(series, known=found.ephemeris) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    "time",
    [pieces(50, 2, 400.0), np.concatenate([DAYS, DAYS + 19_900]), pieces(2000, 3, 9.9)],
)
def test_twenty_thousand_days_end_in_a_minute(time: np.ndarray):
    start = process_time()
    check(LightCurve("star", time, flux_at(time)))
    assert process_time() - start < 60


@pytest.mark.slow
def test_ten_million_points_fit_into_a_minute_and_two_gigabytes():
    step = 20 / 86400
    time = times(10_000_000 * step, step)
    flux = 1 + 1e-3 * np.random.default_rng(0).standard_normal(len(time))
    flux[(time - 1.0) % 31.7 < 0.3] -= 5e-4
    curve = LightCurve("star", time, flux)
    find_transits(curve_with())  # loads the compiled code
    tracemalloc.start()
    start = process_time()
    [found] = check(curve, SearchSettings(max_signals=1))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found.ephemeris.period == pytest.approx(31.7, abs=0.01)
    assert process_time() - start < 60
    assert peak < 2e9
