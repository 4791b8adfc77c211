"""The demonstration replaces only files of simulated stars."""

import shutil
from pathlib import Path

import pytest
from samples import SmallRun

from astronet.config import load_config
from astronet.demo import demo
from astronet.errors import ConfigError, RunError


def test_config_of_real_stars_is_rejected(tmp_path: Path) -> None:
    store = tmp_path / "dr24"
    store.mkdir()
    (store / "views.npy").write_text("real")
    experiment = load_config("astronet-dr24", [f"store={store}"])
    with pytest.raises(
        ConfigError, match="not for simulated stars .* would write the store .*/dr24;"
    ):
        demo(experiment, 60, tmp_path / "run")
    assert (store / "views.npy").read_text() == "real"
    assert not (tmp_path / "run").exists()


def test_other_files_are_found_before_anything_is_replaced(
    small_run: SmallRun, tmp_path: Path
) -> None:
    run = Path(shutil.copytree(small_run.run, tmp_path / "run"))
    for name in ("predictions.csv", "thesis.tex"):
        (run / name).write_text("mine")
    data = tmp_path / "demo"
    experiment = load_config(
        "demo",
        [
            f"source.catalog={data}/tce.csv",
            f"source.light_curves={data}/light_curves",
            f"store={tmp_path}/store",
        ],
    )
    with pytest.raises(RunError, match=r"run contains thesis\.tex, which is not part of the run"):
        demo(experiment, 60, run, overwrite=True)
    assert (run / "predictions.csv").read_text() == "mine"
    assert not data.exists()
