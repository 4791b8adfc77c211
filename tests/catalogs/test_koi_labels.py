"""Labels of events from a table of Kepler objects of interest."""

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from astronet.catalogs.koi_labels import with_koi_labels
from astronet.catalogs.labels import POLICIES
from astronet.cli import app
from astronet.errors import CatalogError
from astronet.missions.tables import read_catalog


def table(rows: list[tuple], **columns) -> pd.DataFrame:
    names = ["star", "period_days", "epoch_bkjd", "duration_days", "label"]
    return pd.DataFrame(rows, columns=names).assign(**columns)


def koi(period: float, disposition: str, epoch: float = 134.0, star: int = 1) -> pd.DataFrame:
    return table([(star, period, epoch, 0.2, disposition)], name="K00001.01")


def labelled(events: pd.DataFrame, kois: pd.DataFrame) -> list[tuple[str, str]]:
    targets = events["label"].map({"PC": 1.0, "AFP": 0.0, "NTP": 0.0}).to_numpy(np.float64)
    found = with_koi_labels(events, kois, targets)
    return list(zip(found["koi_label"], found["koi_certain_label"], strict=True))


@pytest.mark.parametrize(
    ("own", "disposition", "expected"),
    [
        ("PC", "CONFIRMED", ("planet", "planet")),
        ("PC", "CANDIDATE", ("planet", "planet")),
        ("PC", "FALSE POSITIVE", ("no planet", "no planet")),
        ("AFP", "CONFIRMED", ("planet", "planet")),
        ("AFP", "CANDIDATE", ("planet", "")),
        ("AFP", "FALSE POSITIVE", ("no planet", "no planet")),
        ("UNK", "CONFIRMED", ("planet", "planet")),
        ("UNK", "FALSE POSITIVE", ("no planet", "no planet")),
    ],
)
def test_the_disposition_of_the_koi_replaces_the_label(own, disposition, expected):
    assert labelled(table([(1, 10.0, 134.0, 0.2, own)]), koi(10.0, disposition)) == [expected]


def test_events_without_a_koi_keep_their_labels_but_planets_are_uncertain():
    events = table([(2, 10.0, 134.0, 0.2, own) for own in ("PC", "NTP", "UNK")])
    far = pd.concat([events, table([(1, 10.0, 134.0, 0.2, "PC")])], ignore_index=True)
    expected = [("planet", ""), ("no planet", "no planet"), ("", ""), ("planet", "planet")]
    assert labelled(far, koi(10.0, "CONFIRMED")) == expected


@pytest.mark.parametrize("ratio", [0.5, 2.0])
@pytest.mark.parametrize(("own", "expected"), [("PC", "planet"), ("AFP", "no planet")])
def test_an_event_with_twice_or_half_the_period_of_a_planet_keeps_its_label(ratio, own, expected):
    events = table([(1, 10.0 * ratio, 134.0, 0.2, own)])
    assert labelled(events, koi(10.0, "CONFIRMED"))[0][0] == expected


def test_another_phase_or_period_is_another_signal():
    events = table([(1, 10.0, 137.0, 0.2, "PC"), (1, 10.1, 134.0, 0.2, "PC")])
    with pytest.raises(CatalogError, match="no event belongs to a KOI"):
        labelled(events, koi(10.0, "FALSE POSITIVE"))


def test_the_same_period_is_preferred_to_twice_the_period():
    kois = pd.concat([koi(5.0, "CONFIRMED"), koi(10.01, "FALSE POSITIVE")], ignore_index=True)
    assert labelled(table([(1, 10.0, 134.0, 0.2, "AFP")]), kois)[0][0] == "no planet"


def test_a_koi_table_without_dispositions_is_an_error():
    events = table([(1, 10.0, 134.0, 0.2, "PC")])
    with pytest.raises(CatalogError, match="has no column 'name'; add it"):
        labelled(events, koi(10.0, "CONFIRMED").drop(columns="name"))
    with pytest.raises(CatalogError, match="unknown disposition 'PC'; use the cumulative KOI"):
        labelled(events, koi(10.0, "PC"))


def test_the_labels_agree_with_those_of_the_corrected_table(shared, tmp_path):
    dr24, kois = shared / "data" / "dr24" / "q1_q17_dr24_tce.csv", shared / "data" / "koi"
    table = kois / "koi_cumulative_2025-10-02_without_sealed.csv.gz"
    arguments = [str(dr24), "--kois", str(table), "--out", str(tmp_path / "labelled.csv")]
    result = CliRunner().invoke(app, ["catalog", "label", *arguments])
    assert result.exit_code == 0, result.output
    assert "3573 planets: 440 new; 107 earlier planets are none today" in result.output
    ours = read_catalog(tmp_path / "labelled.csv")
    theirs = pd.read_csv(kois / "dr24_corrected_labels_trainval.csv.gz")
    both = ours.merge(
        theirs, left_on=["star", "number"], right_on=["kepid", "tce_plnt_num"], suffixes=("", "_2")
    )
    # Some KOIs are missing in this KOI table, and a few events match a KOI only within 0.1 d.
    both = both[both["koi"].fillna("") == both["kepoi_name"].fillna("")]
    assert len(both) > 14000
    targets = POLICIES["koi"].targets(both["koi_label"])
    np.testing.assert_array_equal(targets, both["planet_corrected"])
    certain = np.isfinite(POLICIES["koi_certain"].targets(both["koi_certain_label"]))
    np.testing.assert_array_equal(certain, both["certain"])


def test_a_policy_without_its_column_is_an_error():
    with pytest.raises(CatalogError, match="no column 'koi_label', which the label policy koi"):
        POLICIES["koi"].labels_of(table([(1, 10.0, 134.0, 0.2, "PC")]))


def test_an_unknown_policy_is_an_error(tmp_path):
    path = tmp_path / "events.csv"
    path.write_text("star,period_days,epoch_bkjd,duration_days,label\n1,10,134,0.2,PC\n")
    arguments = [str(path), "--kois", str(path), "--labels", "odd"]
    result = CliRunner().invoke(app, ["catalog", "label", *arguments])
    assert result.exit_code == 1
    assert str(result.exception).startswith("unknown label policy 'odd'; choose one of dr24_")
