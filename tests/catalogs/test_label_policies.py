import numpy as np
import pandas as pd
import pytest

from astronet.catalogs.labels import POLICIES, LabelPolicy
from astronet.errors import CatalogError
from astronet.missions.tables import read_catalog

AUTOVETTER = POLICIES["dr24_autovetter"]


def test_planet_candidates_are_one_and_the_unlabelled_are_unknown():
    labels = pd.Series(["PC", "AFP", "NTP", "UNK", "WITHHELD", "", None])
    np.testing.assert_array_equal(AUTOVETTER.targets(labels), [1, 0, 0, *[np.nan] * 4])
    assert AUTOVETTER.targets(labels).dtype == np.float64


def test_only_what_is_to_be_dropped_is_dropped():
    labels = pd.Series(["PC", "UNK", "WITHHELD", ""])
    assert AUTOVETTER.kept(labels).tolist() == [True, False, True, True]


def test_no_labels_at_all():
    assert AUTOVETTER.targets(pd.Series([], dtype=object)).shape == (0,)


def test_an_unknown_label_is_refused_with_the_policies_there_are():
    with pytest.raises(CatalogError) as refusal:
        AUTOVETTER.targets(pd.Series(["PC", "CONFIRMED"]))
    assert str(refusal.value) == (
        "label 'CONFIRMED' in column label is not known to the policy dr24_autovetter (AFP, NTP, "
        "PC, UNK, WITHHELD); choose the policy of your table: dr24_autovetter, dr24_simulated, "
        "dr25_koi, dr25_robovetter, toi, k2, tess_vetting"
    )


def test_a_label_cannot_mean_two_things():
    with pytest.raises(CatalogError) as refusal:
        LabelPolicy("odd", frozenset({"PC"}), frozenset({"PC", "FP"}))
    assert str(refusal.value) == (
        "label policy odd: 'PC' stands in two of its sets; leave it in one"
    )


@pytest.mark.parametrize(
    ("policy", "table", "planets"),
    [
        ("dr24_autovetter", "dr24/q1_q17_dr24_tce.csv", 3240),
        ("dr25_koi", "catalog_samples/koi_cumulative.csv", 273),
        ("dr25_koi", "catalog_samples/q1_q17_dr25_koi.csv", 271),
        ("dr25_robovetter", "catalog_samples/kplr_dr25_inj1_robovetter_output.txt", 308),
        ("toi", "catalog_samples/toi.csv", 223),
        ("k2", "catalog_samples/k2_planets_and_candidates.csv", 340),
    ],
)
def test_policies_know_every_label_of_their_table(shared, policy, table, planets):
    labels = read_catalog(shared / "data" / table, require=["label"]).label
    assert np.nansum(POLICIES[policy].targets(labels)) == planets
