import json

import pytest

from astronet.errors import CatalogError
from astronet.files.checksums import sha256_of
from astronet.missions.tables import summarize


def lines(path):
    return list(summarize(path).lines())


def test_summary_of_a_tce_table(shared):
    shown = lines(shared / "data/dr24/q1_q17_dr24_tce.csv")
    assert shown[0].endswith("q1_q17_dr24_tce.csv: a Kepler TCE table")
    assert shown[1:4] == [
        "20367 events of 12669 stars",
        "labels: AFP 8626, UNK 4630, PC 3240, NTP 2297, WITHHELD 1574",
        "  label policy dr24_autovetter: 3240 planets, 10923 others, 1574 unlabelled, 4630 dropped",
    ]
    assert "duration_days: 0.0209875 to 3.19, median 0.137333" in shown
    assert not shown[-1].startswith("missing columns")


def test_missing_columns_and_unknown_values_are_listed(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("kepid,tce_period,tce_time0bk\n7,2.5,131\n7,,132\n8,inf,133\n")
    shown = lines(path)
    assert shown[1:3] == ["3 events of 2 stars", "labels: none 3"]
    assert shown[3] == "period_days: 2.5 to 2.5, median 2.5, unknown in 2 rows"
    assert shown[-1].startswith("missing columns: duration_days, number, label, depth_ppm, ")
    assert not summarize(path).usable


def test_table_without_stars_is_summarised(shared):
    shown = lines(shared / "data/catalog_samples/k2_planets_and_candidates.csv")
    assert shown[1] == "267 events; 133 rows left out (copies or further parameter sets)"
    assert shown[-1].startswith("missing columns: star, epoch_bkjd, duration_days, ")


def test_control_characters_in_labels_are_replaced(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("star,label\n7,\x1b[31mred\n")
    assert lines(path)[2] == "labels: \ufffd[31mred 1"


def test_summary_of_a_snapshot_states_its_date_and_changes(tmp_path):
    path = tmp_path / "toi-2026-11-21.csv"
    path.write_text("star,label\n7,PC\n")
    note = {"fetched": "2026-11-21T10:00:00+00:00", "sha256": sha256_of(path)}
    path.with_suffix(".json").write_text(json.dumps(note))
    assert lines(path)[0].endswith(", fetched 2026-11-21T10:00:00+00:00, unchanged")
    path.write_text("star,label\n7,FP\n")
    assert lines(path)[0].endswith(", changed since then")


def test_missing_table_is_rejected(tmp_path):
    with pytest.raises(CatalogError, match="does not exist; give the path of a table"):
        summarize(tmp_path / "no.csv")
