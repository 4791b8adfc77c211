import numpy as np
import pandas as pd
import pytest

from astronet.errors import RunError
from astronet.evaluation.baselines import (
    base_rate,
    baseline_scores,
    depth_and_snr,
    depth_and_snr_trees,
)
from astronet.evaluation.metrics import measure


def events(n=200):
    """Return events of which nearly all planets are shallow and nearly all others deep."""
    generator = np.random.default_rng(1)
    targets = (generator.random(n) < 0.3).astype(float)
    depth = 10 ** (4 - 2 * targets + generator.normal(0, 0.4, n))
    index = pd.DataFrame({"depth_ppm": depth, "snr": generator.uniform(7, 100, n)})
    return index, targets


@pytest.mark.parametrize("baseline", [depth_and_snr, depth_and_snr_trees])
def test_shallow_events_score_higher(baseline):
    index, targets = events()
    new = pd.DataFrame({"depth_ppm": [80.0, 12000.0], "snr": [30.0, 30.0]})
    planet, other = baseline(index, new, targets)
    assert planet > 0.8 > 0.2 > other


@pytest.mark.parametrize("baseline", [depth_and_snr, depth_and_snr_trees])
def test_missing_values_are_replaced_by_the_training_median(baseline):
    index, targets = events()
    median = 10 ** np.median(np.log10(index["depth_ppm"]))
    new = pd.DataFrame({"depth_ppm": [np.nan, 0.0, median], "snr": [30.0, 30.0, 30.0]})
    missing, zero, filled = baseline(index, new, targets)
    assert missing == zero == pytest.approx(filled)


def test_unlabelled_events_are_not_used_in_the_fit():
    index, targets = events()
    half = np.where(np.arange(200) < 100, targets, np.nan)
    np.testing.assert_array_equal(
        depth_and_snr(index, index, half), depth_and_snr(index[:100], index, targets[:100])
    )


def test_base_rate_is_the_fraction_of_planets():
    assert base_rate([1, 0, 0, 0, np.nan], 2).tolist() == [0.25, 0.25]


def test_baselines_depend_on_the_available_columns():
    index, targets = events()
    names = ["base rate", "depth and SNR, linear", "depth and SNR, trees"]
    rows = baseline_scores(index[:100], targets[:100], index[100:])
    assert [name for name, _ in rows] == names
    assert measure(rows[0][1], targets[100:])["roc_auc"] == 0.5
    assert measure(rows[1][1], targets[100:])["roc_auc"] > 0.9
    assert [name for name, _ in baseline_scores(index[["snr"]], targets, index)] == names[:1]


def test_invalid_training_data_are_rejected():
    index, targets = events()
    with pytest.raises(RunError) as error:
        depth_and_snr(index, index[["snr"]], targets)
    assert str(error.value) == (
        "the index lacks the column depth_ppm; add it to fit a baseline on depth and SNR"
    )
    with pytest.raises(RunError) as error:
        depth_and_snr(index, index, np.zeros(200))
    assert str(error.value) == (
        "the labelled training events are all of one class; give both planets and false positives "
        "to fit a baseline"
    )
    with pytest.raises(RunError) as error:
        base_rate([np.nan], 3)
    assert str(error.value) == (
        "no training event is labelled; choose the label policy that matches your table"
    )
