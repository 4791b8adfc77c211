import numpy as np
import pandas as pd
import pytest

from astronet.catalogs.labels import POLICIES, LabelPolicy
from astronet.errors import CatalogError
from astronet.missions.tables import read_catalog

AUTOVETTER = POLICIES["dr24_autovetter"]


def test_targets_of_planets_are_one_and_of_unlabelled_events_nan():
    labels = pd.Series(["PC", "AFP", "NTP", "UNK", "WITHHELD", "", None])
    np.testing.assert_array_equal(AUTOVETTER.targets(labels), [1, 0, 0, *[np.nan] * 4])
    assert AUTOVETTER.targets(labels).dtype == np.float64


def test_only_dropped_dispositions_are_not_kept():
    labels = pd.Series(["PC", "UNK", "WITHHELD", ""])
    assert AUTOVETTER.kept(labels).tolist() == [True, False, True, True]


def test_empty_series_has_no_targets():
    assert AUTOVETTER.targets(pd.Series([], dtype=object)).shape == (0,)


def test_error_of_an_unknown_label_lists_the_policies():
    with pytest.raises(CatalogError) as caught:
        AUTOVETTER.targets(pd.Series(["PC", "CONFIRMED"]))
    assert str(caught.value) == (
        "label 'CONFIRMED' in column label is not part of the label policy dr24_autovetter (AFP, "
        "NTP, PC, UNK, WITHHELD); set data.labels in the config to the policy that matches your "
        "table (dr24_autovetter, dr24_simulated, dr25_koi, dr25_robovetter, toi, k2, koi, "
        "koi_certain, tess_vetting), or, if the policy is that of a trained run, score the events "
        "with `astronet predict`"
    )


def test_label_in_two_sets_is_rejected():
    with pytest.raises(CatalogError) as caught:
        LabelPolicy("odd", frozenset({"PC"}), frozenset({"PC", "FP"}))
    assert str(caught.value) == (
        "label policy odd: more than one set contains 'PC'; keep each label in one set"
    )


@pytest.mark.parametrize(
    ("policy", "table", "planets"),
    [
        ("dr24_autovetter", "dr24/q1_q17_dr24_tce.csv", 3240),
        ("dr25_koi", "catalog_samples/koi_cumulative.csv", 273),
        ("dr25_koi", "catalog_samples/q1_q17_dr25_koi.csv", 271),
        ("dr25_robovetter", "catalog_samples/kplr_dr25_inj1_robovetter_output.txt", 308),
        ("toi", "catalog_samples/toi.csv", 223),
        ("k2", "catalog_samples/k2_planets_and_candidates.csv", 232),
    ],
)
def test_policies_include_all_labels_of_their_table(shared, policy, table, planets):
    labels = read_catalog(shared / "data" / table, require=["label"]).label
    assert np.nansum(POLICIES[policy].targets(labels)) == planets
