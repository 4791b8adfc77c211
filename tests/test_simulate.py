"""The verb `simulate`: an archive of light curves with a TCE table."""

import hashlib
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from astropy.io import fits

from astronet.errors import ArchiveError, ConfigError, RunError
from astronet.simulate import COLUMNS, simulate


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("simulated")
    simulate(out, stars=3, workers=1)
    return out


def test_the_table_has_the_columns_of_the_archive(archive: Path):
    table = pd.read_csv(archive / "tce.csv", comment="#")
    assert list(table.columns) == list(COLUMNS)
    assert (archive / "tce.csv").read_text().startswith("# Simulated by astronet")
    assert table["rowid"].tolist() == list(range(1, len(table) + 1))
    assert set(table["kepid"]) == {900000001, 900000002, 900000003}
    assert set(table["av_training_set"]) <= {"PC", "AFP", "NTP"}


def test_durations_are_in_hours_and_shorter_than_the_period(archive: Path):
    table = pd.read_csv(archive / "tce.csv", comment="#")
    assert (table["tce_duration"] / 24 < table["tce_period"]).all()
    assert table["tce_duration"].median() > 1


def test_light_curves_have_the_layout_of_mast(archive: Path):
    files = sorted((archive / "light_curves/9000/900000002").iterdir())
    assert files[-1].name == "kplr900000002-2013131215648_llc.fits"
    assert 14 <= len(files) <= 18
    with fits.open(files[-1]) as hdus:
        hdus.verify("exception")
        assert hdus[0].header["KEPLERID"] == 900000002
        assert hdus[0].header["SIMULATD"]
        assert np.isfinite(hdus["LIGHTCURVE"].data["PDCSAP_FLUX"]).sum() > 1000


def test_no_temporary_files_are_left(archive: Path):
    assert sorted(path.name for path in archive.iterdir()) == ["light_curves", "tce.csv"]


def test_the_number_of_workers_does_not_change_the_files(archive: Path, tmp_path: Path):
    simulate(tmp_path, stars=3, workers=2)
    assert _hashes(tmp_path) == _hashes(archive)


def test_a_star_depends_only_on_its_number(archive: Path, tmp_path: Path):
    simulate(tmp_path, stars=1, workers=1)
    ours, theirs = _hashes(tmp_path), _hashes(archive)
    assert {path: theirs[path] for path in ours if path.endswith("fits")} == {
        path: value for path, value in ours.items() if path.endswith("fits")
    }


def test_another_seed_replaces_the_stars(archive: Path, tmp_path: Path):
    simulate(tmp_path, stars=1, seed=7, workers=1)
    before = (tmp_path / "tce.csv").read_bytes()
    with pytest.raises(RunError, match=r"tce\.csv already exists; choose another path, or overwr"):
        simulate(tmp_path, stars=1, seed=8, workers=1)
    assert (tmp_path / "tce.csv").read_bytes() == before
    simulate(tmp_path, stars=1, seed=8, workers=1, overwrite=True)
    path = "light_curves/9000/900000001/kplr900000001-2013131215648_llc.fits"
    assert _hashes(tmp_path)[path] != _hashes(archive)[path]


def test_files_of_an_interrupted_run_are_not_used(archive: Path, tmp_path: Path):
    left = tmp_path / ".unfinished/9000/900000001/kplr900000001-2009000000000_llc.fits"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"SIMPLE")
    simulate(tmp_path, stars=1, workers=1)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["light_curves", "tce.csv"]
    assert _hashes(tmp_path).keys() <= _hashes(archive).keys()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"stars": 0}, "stars is 0; it must be at least 1"),
        ({"workers": 0}, "workers is 0; it must be at least 1"),
        ({"seed": -1}, "seed is -1; it must be at least 0"),
    ],
)
def test_impossible_numbers_are_rejected(tmp_path: Path, options, message):
    with pytest.raises(ConfigError, match=f"^{re.escape(message)}$"):
        simulate(tmp_path, **options)


def test_a_folder_that_is_not_writable_is_named(tmp_path: Path):
    (tmp_path / "file").write_text("")
    out = tmp_path / "file"
    message = f"{out} cannot be written (Not a directory); choose a writable folder"
    with pytest.raises(ArchiveError, match=f"^{re.escape(message)}$"):
        simulate(out, stars=1)


def _hashes(out: Path) -> dict[str, str]:
    return {
        str(path.relative_to(out)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(out.rglob("*"))
        if path.is_file()
    }


def test_a_table_of_real_stars_and_other_files_are_not_replaced(tmp_path: Path):
    (tmp_path / "tce.csv").write_text("kepid,tce_period\n757450,8.88\n")
    with pytest.raises(RunError) as error:
        simulate(tmp_path, stars=1, workers=1, overwrite=True)
    assert str(error.value) == (
        f"{tmp_path}/tce.csv is not the table of a simulation; choose another folder"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["tce.csv"]
    mine = tmp_path / "other/.unfinished/thesis.tex"
    mine.parent.mkdir(parents=True)
    mine.write_text("mine")
    simulate(tmp_path / "other", stars=1, workers=1)
    assert mine.read_text() == "mine"
