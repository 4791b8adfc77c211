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
