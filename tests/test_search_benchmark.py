"""Definitions of the search benchmark: recovered signals, thresholds and resumed results."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from astronet import Ephemeris
from astronet.errors import ConfigError

# The benchmarks are absent from an installed package.
recovery = pytest.importorskip("benchmarks.searching.recovery")
records = pytest.importorskip("benchmarks.searching.records")
curves = pytest.importorskip("benchmarks.searching.curves")
efficiency = pytest.importorskip("benchmarks.searching.efficiency").efficiency
Signal = pytest.importorskip("benchmarks.searching.engines").Signal

TRUTH = Ephemeris(period=10.0, epoch=125.0, duration=0.2)
MIDDLE = 800.0
SETTINGS = {"settings": {"seed": 1}}


def found(period=10.0, epoch=125.0) -> tuple:
    return Signal(period, epoch, 0.2, 9.0)


@pytest.mark.parametrize("epoch", [125.0, 125.09, 124.91, 135.0, 1325.0, -75.0])
def test_a_signal_with_the_right_period_and_epoch_is_recovered(epoch: float):
    assert recovery.matches(found(epoch=epoch), TRUTH, MIDDLE)


@pytest.mark.parametrize(("period", "epoch"), [(10.02, 125.0), (10.0, 125.11), (10.0, 130.0)])
def test_a_wrong_period_or_epoch_is_not_recovered(period: float, epoch: float):
    assert not recovery.matches(found(period, epoch), TRUTH, MIDDLE)


def test_mid_transits_are_compared_in_the_middle_of_the_observations():
    # 67 periods after the epoch, at 795 d, a period that is longer by 0.005 d is 0.34 d late
    assert not recovery.matches(found(10.005, 125.0), TRUTH, MIDDLE)
    assert recovery.matches(found(10.005, 125.0 - 67 * 0.005), TRUTH, MIDDLE)


@pytest.mark.parametrize("ratio", recovery.MULTIPLES)
def test_multiples_of_the_period_are_harmonics_if_transits_coincide(ratio: float):
    assert recovery.matches(found(10 * ratio), TRUTH, MIDDLE, ratio)
    assert not recovery.matches(found(10 * ratio, 125.0 + 1.6), TRUTH, MIDDLE, ratio)
    assert not recovery.matches(found(10 * ratio), TRUTH, MIDDLE)


def test_the_given_fraction_of_the_nulls_exceeds_the_threshold():
    null = pd.DataFrame({"star": [1] * 20 + [2] * 20, "largest": [*range(20), *range(100, 120)]})
    for rate, above in ((0.05, 1), (0.1, 2), (0.2, 4)):
        own = recovery.thresholds(null, rate, per_star=True)
        common = recovery.thresholds(null, rate, per_star=False)
        assert sum(range(20) > np.array(own[1])) == above
        assert sum(range(100, 120) > np.array(own[2])) == above
        assert common[1] == common[2]
        assert (null["largest"] > common[1]).sum() == 2 * above


def test_the_bootstrap_interval_of_equal_stars_is_narrow_and_of_different_stars_wide():
    rows = pd.DataFrame(
        {"star": np.repeat(np.arange(10), 10), "recovered": np.tile([1.0, 9.0], 50)}
    )
    limits = dict.fromkeys(range(10), 5.0)
    assert recovery.fraction(rows, limits) == 0.5
    assert recovery.interval(rows, limits) == (0.5, 0.5)
    rows["recovered"] = np.repeat([1.0, 9.0], 50)
    low, high = recovery.interval(rows, limits)
    assert low < 0.25 and high > 0.75


def test_efficiency_is_the_height_above_the_median_in_units_of_the_scatter():
    edges = np.log([1.0, 10.0, 100.0])
    background = {
        "edges": edges,
        "count": np.array([50, 50]),
        "median": np.array([2.0, 2.0]),
        "mean": np.array([2.0, 2.0]),
        "std": np.array([3.0, 3.0]),
        "deviation": np.array([1.0, 1.0]),
    }
    peak = Signal(5.0, 0.0, 0.1, 14.0)
    assert efficiency(peak, background).statistic == pytest.approx(4.0)
    assert efficiency(peak, background, "local").statistic == pytest.approx(12 / 1.4826)


def test_results_are_read_again_and_an_interrupted_line_is_dropped(tmp_path):
    made = [
        records.Record(records.Task("ours", 1, "null", k), (found(),), 1.0, 2.0, 3)
        for k in range(3)
    ]
    results = records.Results(tmp_path, SETTINGS)
    for record in made:
        results.add(record)
    path = tmp_path / "searches.jsonl"
    path.write_bytes(path.read_bytes()[:-20])
    again = records.Results(tmp_path, SETTINGS)
    assert list(again.records.values()) == made[:2]
    again.add(made[2])
    assert list(records.Results(tmp_path, SETTINGS).records.values()) == made


def test_results_with_other_settings_are_not_mixed(tmp_path):
    records.Results(tmp_path, SETTINGS)
    with pytest.raises(ConfigError, match="other settings; delete the folder"):
        records.Results(tmp_path, {"settings": {"seed": 2}})


def test_injections_and_nulls_do_not_depend_on_what_was_drawn_before(shared):
    star = curves.read_star(shared / "data", 2857607)
    assert star.planets == 1
    third = star.injection(3)
    star = replace(star, _drawn={})
    assert [star.injection(k) for k in range(4)][3] == third
    assert third.transits >= 3
    flux = star.curve("null", 5).flux
    np.testing.assert_array_equal(star.curve("null", 5).flux, flux)
    assert not np.array_equal(star.curve("null", 7).flux, flux)


@pytest.mark.parametrize(("number", "planets"), [(11442793, 8), (1161345, 1), (757450, 1)])
def test_all_transits_of_planets_are_cut_out(shared, number: int, planets: int):
    star = curves.read_star(shared / "data", number)
    assert star.planets == planets
    flat = star.flat
    deviation = flat.flux - 1
    deep = deviation < -6 * 1.4826 * np.median(np.abs(deviation))
    # Each transit of Kepler-90 h has about 30 such points; KIC 1161345 has glitches
    assert deep.sum() < 60
