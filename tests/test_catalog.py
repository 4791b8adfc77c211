import re

import pandas as pd
import pytest
from commands import command
from tap_server import serving
from typer.testing import CliRunner

from astronet.cli import app

KOI = """kepid,kepoi_name,koi_disposition,koi_period,koi_time0bk,koi_duration,koi_tce_plnt_num
757450,K00889.01,CONFIRMED,8.884923,134.452,2.078,1
"""


def test_fetched_table_can_be_shown(tmp_path):
    names = [
        "koi_depth",
        "koi_model_snr",
        "koi_impact",
        "koi_prad",
        "koi_steff",
        "koi_slogg",
        "koi_srad",
    ]
    columns = {name: [1.0] for name in names}
    row = pd.DataFrame(
        {
            **{"kepid": [757450], "koi_tce_plnt_num": [1], "kepoi_name": ["K00889.01"]},
            **{"koi_period": [8.88], "koi_time0bk": [134.452], "koi_duration": [2.078]},
            **{"koi_disposition": ["CONFIRMED"], **columns},
        }
    )
    words = ["catalog", "fetch", "cumulative", "--out", str(tmp_path)]
    with serving({"cumulative": row}) as service:
        result = CliRunner().invoke(app, [*words, "--url", service.url])
    assert result.exit_code == 0, result.output
    (path,) = tmp_path.glob("*.csv")
    assert re.fullmatch(r"cumulative-\d{4}-\d\d-\d\d\.csv", path.name)
    assert result.stdout.splitlines() == [
        f"{path}: 1 row",
        f"next: astronet catalog show {path}",
    ]
    shown = CliRunner().invoke(app, ["catalog", "show", str(path)])
    assert shown.exit_code == 0
    assert "a KOI table, fetched 20" in shown.stdout and ", unchanged" in shown.stdout


@pytest.mark.parametrize(
    ("content", "last"),
    [
        (
            KOI,
            "next: astronet prepare --config astronet source.catalog={} data.labels=dr25_koi",
        ),
        (
            KOI.replace("koi_duration", "x"),
            "next: add duration_days (koi_duration), which `astronet prepare` requires; "
            "fetch the complete table with `astronet catalog fetch cumulative`",
        ),
    ],
)
def test_next_command_matches_the_table(tmp_path, content, last):
    path = tmp_path / "koi.csv"
    path.write_text(content)
    shown = command("catalog show", path)
    assert shown.out.splitlines()[-1] == last.replace("{}", str(path))


@pytest.fixture
def snapshots(tmp_path, monkeypatch):
    """Folder in which two snapshots of the KOI table are in data/catalogs."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "data/catalogs"
    folder.mkdir(parents=True)
    (folder / "cumulative-2026-09-30.csv").write_text(KOI)
    (folder / "cumulative-2026-10-01.csv").write_text(KOI.replace("8.884923", "9.5"))
    (folder / "cumulative-2026-10-01.json").write_text("{}")
    (folder / "cumulative-2027.csv").write_text("not a snapshot")
    return folder


def test_name_of_a_table_means_its_newest_snapshot(snapshots):
    shown = command("catalog show", "cumulative")
    newest = "data/catalogs/cumulative-2026-10-01.csv"
    assert shown.out.startswith(f"{newest}: a KOI table")
    assert "period_days: 9.5 to 9.5" in shown.out
    assert f"event table cumulative: {newest}" in shown.err
    assert shown.out.splitlines()[-1].startswith(
        f"next: astronet prepare --config astronet source.catalog={newest}"
    )


def test_undated_table_is_found_and_a_file_takes_precedence(snapshots):
    (snapshots / "toi.csv").write_text("tid,toi\n1001,901.01\n")
    assert "1 event of 1 star" in command("catalog show", "toi").out
    (snapshots.parents[1] / "toi").write_text("tid,toi\n1001,901.01\n1002,902.01\n")
    assert "2 events of 2 stars" in command("catalog show", "toi").out


def test_missing_snapshot_is_reported_with_the_command_that_fetches_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    message = (
        "there is no snapshot of the table toi in data/catalogs; fetch it: `astronet catalog fetch "
        "toi`"
    )
    download = {"catalog": "toi", "mission": "tess", "dry_run": True}
    predict = {"table": "toi", "data": ".", "mission": "tess"}
    assert command("catalog show", "toi").error == message
    assert command("download", **download).error == message
    assert command("predict", "pretrained", **predict).error == message
    (tmp_path / "data/raw/tess").mkdir(parents=True)
    assert command("prepare", "source.catalog=toi", config="tess").error == message
    assert command("import", "x.npz", out="s", table="toi").error == message


def test_unknown_name_is_a_path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert command("catalog show", "tce").error == (
        "tce does not exist; give the path of a table (CSV, Parquet, JSON Lines or ECSV)"
    )


@pytest.mark.parametrize("content", ["kepid,tce_period\n", "# no rows\n", "\n"])
def test_table_without_events_is_an_error(tmp_path, content):
    (tmp_path / "t.csv").write_text(content)
    assert command("catalog show", tmp_path / "t.csv").error.startswith(f"{tmp_path / 't.csv'} ")


def test_the_next_command_of_a_toi_table_uses_the_config_of_tess(tmp_path):
    path = tmp_path / "toi.csv"
    path.write_text(
        "tid,toi,tfopwg_disp,pl_orbper,pl_tranmid,pl_trandurh\n25155310,114.01,KP,3.28,2458327.5,3\n"
    )
    assert command("catalog show", path).out.splitlines()[-1] == (
        f"next: astronet prepare --config tess source.catalog={path} data.labels=toi"
    )
