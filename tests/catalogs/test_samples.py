"""Sample tables of the archives: reading, separators, and errors about missing columns."""

import functools
import re

import pandas as pd
import pytest

from astronet.catalogs.columns import REQUIRED
from astronet.errors import CatalogError
from astronet.missions.tables import canonical, read_catalog, read_table, recognised

SAMPLES = {
    "certified_false_positives.csv": ("star", "period_days", "label", "name"),
    "k2_planets_and_candidates.csv": ("period_days", "label", "name", "radius_earth"),
    "koi_cumulative.csv": (*REQUIRED, "number", "label", "name", "snr"),
    "kplr_dr25_inj1_robovetter_output.txt": ("star", "number", "label", "name"),
    "kplr_dr25_inv_robovetter_output.txt": ("star", "number", "label", "name"),
    "kplr_dr25_obs_robovetter_output.txt": ("star", "number", "label", "name"),
    "kplr_dr25_scr1_robovetter_output.txt": ("star", "number", "label", "name"),
    "q1_q17_dr25_koi.csv": (*REQUIRED, "number", "label", "name", "snr"),
    "q1_q17_dr25_tce.csv": ("star", "number", "period_days", "epoch_bkjd"),
    "toi.csv": (*REQUIRED, "number", "label", "name", "depth_ppm"),
}
"""Canonical columns of each sample."""

COLUMNS = [(name, ours) for name, columns in SAMPLES.items() for ours in columns]


@functools.cache
def sample(folder, name):
    return read_table(folder / "data/catalog_samples" / name)


def test_all_samples_are_tested(shared):
    folder = shared / "data/catalog_samples"
    assert {path.name for path in folder.iterdir()} == set(SAMPLES)


@pytest.mark.parametrize("name", SAMPLES)
def test_sample_has_the_canonical_columns(shared, name):
    table = read_catalog(shared / "data/catalog_samples" / name, require=SAMPLES[name])
    # The K2 table has 400 parameter sets of 267 planets and candidates.
    assert len(table) == 267 if name.startswith("k2_") else len(table) in (399, 400)
    assert set(SAMPLES[name]) <= set(table.columns)
    for ours in SAMPLES[name]:
        assert table[ours].notna().mean() > 0.5, ours


@pytest.mark.parametrize("change", ["removed", "renamed"])
@pytest.mark.parametrize(("name", "ours"), COLUMNS)
def test_error_names_a_missing_column(shared, name, ours, change):
    frame = sample(shared, name)
    layout, found = recognised(frame)
    theirs = found[ours]
    # The table may have other columns for the same quantity, which must be removed too.
    others = {alias for alias, _ in layout.columns.get(ours, ())} - {theirs.casefold()}
    frame = frame.drop(columns=[column for column in frame if column.casefold() in others])
    changed = {theirs: "x_" + theirs}
    frame = frame.rename(columns=changed) if change == "renamed" else frame.drop(columns=theirs)
    with pytest.raises(CatalogError) as caught:
        canonical(frame, require=SAMPLES[name])
    assert re.search(rf"lacks (.*, )?{ours}\b", str(caught.value))


@pytest.mark.parametrize("separator", ["\t", ";", "|"])
@pytest.mark.parametrize("name", [name for name in SAMPLES if name.endswith(".csv")])
def test_other_separators_give_the_same_table(shared, tmp_path, name, separator):
    original = sample(shared, name)
    path = tmp_path / "table.csv"
    original.to_csv(path, sep=separator, index=False)
    pd.testing.assert_frame_equal(read_table(path), original)
