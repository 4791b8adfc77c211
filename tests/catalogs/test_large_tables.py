"""Time and memory that tables of 200,000 rows take."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

ROWS = 200_000

READ = "from astronet.missions.tables import read_catalog; read_catalog('{}')"


def tce(star: object, period: object, epoch: object) -> pd.DataFrame:
    """Return a TCE table with 40 further columns."""
    number = pd.Series(star).groupby(star).cumcount() + 1
    columns = {"kepid": star, "tce_plnt_num": number, "tce_period": period, "tce_time0bk": epoch}
    noise = np.random.default_rng(2)
    return pd.DataFrame(
        columns | {"tce_duration": 3.0} | {f"tce_{k}": noise.normal(size=ROWS) for k in range(40)}
    )


def tables() -> dict[str, pd.DataFrame]:
    random = np.random.default_rng(1)
    star = np.sort(random.integers(700_000, 13_000_000, ROWS))
    period, epoch = random.uniform(0.5, 500, ROWS), random.uniform(130, 600, ROWS)
    return {
        "ordinary": tce(star, period, epoch),
        "one ephemeris": tce(star, np.full(ROWS, 10.0), np.full(ROWS, 135.0)),
        "one period": tce(star, np.full(ROWS, 100.0), epoch),
        "one star": tce(np.full(ROWS, 757450), period, epoch),
        "parameter sets": pd.DataFrame(
            {
                "pl_name": [f"K2-{k // 3} b" for k in range(ROWS)],
                "epic_hostname": [f"EPIC {201_000_000 + k // 3}" for k in range(ROWS)],
                "default_flag": np.arange(ROWS) % 3 // 2,
                "pl_orbper": period,
                "pl_tranmid": 2454833 + epoch,
                "pl_trandur": 3.0,
                "pl_refname": '<a href="https://ui.adsabs.harvard.edu/abs/#x">Mayo, A. et al.</a>',
            }
        ),
    }


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["ordinary", "one ephemeris", "one period", "one star", "parameter sets"]
)
def test_table_is_read_within_ten_seconds_and_two_gigabytes(name: str, tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    tables()[name].to_csv(path, index=False)
    for words in (["-m", "astronet", "catalog", "show", path], ["-c", READ.format(path)]):
        process = subprocess.Popen([sys.executable, *map(str, words)], stdout=subprocess.DEVNULL)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        assert process.returncode == 0
        assert used.ru_utime + used.ru_stime < 10
        assert used.ru_maxrss < 2e6  # kB
