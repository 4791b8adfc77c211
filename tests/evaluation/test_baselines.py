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
    """Planets are shallow and false positives deep, nearly always."""
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
def test_a_missing_value_is_the_median_of_the_training_set(baseline):
    index, targets = events()
    median = 10 ** np.median(np.log10(index["depth_ppm"]))
    new = pd.DataFrame({"depth_ppm": [np.nan, 0.0, median], "snr": [30.0, 30.0, 30.0]})
    missing, zero, filled = baseline(index, new, targets)
    assert missing == zero == pytest.approx(filled)


def test_unlabelled_events_are_not_fitted_to():
    index, targets = events()
    half = np.where(np.arange(200) < 100, targets, np.nan)
    np.testing.assert_array_equal(
        depth_and_snr(index, index, half), depth_and_snr(index[:100], index, targets[:100])
    )


def test_base_rate_is_the_share_of_planets():
    assert base_rate([1, 0, 0, 0, np.nan], 2).tolist() == [0.25, 0.25]


def test_they_are_what_the_columns_allow():
    index, targets = events()
    names = ["base rate", "depth and SNR, linear", "depth and SNR, trees"]
    rows = baseline_scores(index[:100], targets[:100], index[100:])
    assert [name for name, _ in rows] == names
    assert measure(rows[0][1], targets[100:])["roc_auc"] == 0.5
    assert measure(rows[1][1], targets[100:])["roc_auc"] > 0.9
    assert [name for name, _ in baseline_scores(index[["snr"]], targets, index)] == names[:1]


def test_what_a_baseline_cannot_be_fitted_to():
    index, targets = events()
    with pytest.raises(RunError) as error:
        depth_and_snr(index, index[["snr"]], targets)
    assert str(error.value) == "the index has no column depth_ppm, which this baseline needs"
    with pytest.raises(RunError) as error:
        depth_and_snr(index, index, np.zeros(200))
    assert str(error.value) == (
        "the labelled training events are all of one kind; a baseline needs planets and others"
    )
    with pytest.raises(RunError) as error:
        base_rate([np.nan], 3)
    assert str(error.value) == (
        "no training event is labelled; choose the label policy of your table"
    )
