"""Small files that expand to gigabytes are rejected before they do."""

import io
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
import yaml
from hostile import gzip_bomb, yaml_bomb

from astronet.config import load_config
from astronet.dataset.npz import read_members
from astronet.errors import ArchiveError, CatalogError, ConfigError, StoreError
from astronet.files import expansion, gzipped
from astronet.files.configs import read_config
from astronet.files.expansion import ExpansionError, check_expansion, check_yaml, check_zip
from astronet.files.gzipped import GzipError, gunzip
from astronet.missions.custom_files import read_columns
from astronet.missions.tables import read_table
from astronet.runs.checkpoints import read_checkpoint

SMALL = 10_000
"""Limit in these tests instead of 1 GiB [bytes]."""


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gzipped, "MAX_BYTES", SMALL)
    monkeypatch.setattr(expansion, "MAX_BYTES", SMALL)


def deflated(path: Path) -> None:
    """Compress the members of a zip archive."""
    with zipfile.ZipFile(path) as stored:
        content = {name: stored.read(name) for name in stored.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in content.items():
            archive.writestr(name, data)


def test_gzip() -> None:
    assert gunzip(gzip_bomb(SMALL)) == bytes(SMALL)
    with pytest.raises(GzipError, match="too large"):
        gunzip(gzip_bomb(SMALL + 1))


@pytest.mark.parametrize("suffix", [".csv", ".csv.gz", ".ecsv", ".txt"])
def test_gzipped_tables(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"table{suffix}"
    path.write_bytes(gzip_bomb(SMALL + 1))
    with pytest.raises(CatalogError, match="too large"):
        read_table(path)


@pytest.mark.parametrize("suffix", [".csv.gz", ".fits", ".fits.gz"])
def test_gzipped_light_curves(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"star{suffix}"
    path.write_bytes(gzip_bomb(SMALL + 1))
    with pytest.raises((ArchiveError, CatalogError), match="too large"):
        read_columns(path, ["time", "flux"])


def test_a_file_may_expand_to_a_hundred_times_its_size(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(bytes(1000))
    check_expansion(path, 100_000)
    with pytest.raises(ExpansionError, match="expands to 0.0001 GB, more than 0.0001 GB"):
        check_expansion(path, 100_001)


def test_numpy_archives(tmp_path: Path) -> None:
    path = tmp_path / "views.npz"
    np.savez_compressed(path, kepid=np.zeros(100_000, np.int64), global_view=np.zeros((2, 3)))
    with pytest.raises(StoreError, match=r"views.npz expands to 0.0008 GB, more than"):
        read_members(path)


def test_checkpoints(tmp_path: Path) -> None:
    path = tmp_path / "best.ckpt"
    torch.save({"state_dict": {"weight": torch.zeros(100_000)}}, path)
    assert len(read_checkpoint(path)["state_dict"]["weight"]) == 100_000
    deflated(path)
    with pytest.raises(ExpansionError):
        read_checkpoint(path)


def test_a_file_that_is_no_zip_archive_is_not_checked(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(bytes(10))
    check_zip(path)


def parquet_of(path: Path, frame: pd.DataFrame) -> str:
    frame.to_parquet(path, index=False)
    assert path.stat().st_size < 4000
    with pytest.raises(CatalogError) as error:
        read_table(path)
    return str(error.value)


def test_parquet(tmp_path: Path) -> None:
    """The same number, or the same text, is stored once for all rows."""
    path = tmp_path / "table.parquet"
    numbers = pd.DataFrame({"star": np.ones(200_000, np.int64)})
    assert "expands to 0.0016 GB" in parquet_of(path, numbers)
    texts = pd.DataFrame({"star": np.arange(300), "label": ["x" * 5000] * 300})
    assert "expands to 0.0015 GB" in parquet_of(path, texts)
    lists = pd.DataFrame({"star": [1], "label": [["x" * 5000] * 300]})
    assert "expands to 0.0015 GB" in parquet_of(path, lists)
    nested = pd.DataFrame({"star": [1], "label": [{"a": [["x" * 5000] * 300], "b": 1}]})
    assert "expands to 0.0015 GB" in parquet_of(path, nested)


def test_yaml_aliases_in_a_config(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(yaml_bomb() + "training: {epochs: *v8}\n")
    for read in (read_config, load_config):
        with pytest.raises(ConfigError, match="more than 100000 values") as error:
            read(path)
        assert len(str(error.value)) < 300
    path.write_text("a: &a [*a]\n")
    with pytest.raises(ConfigError, match="recursion"):
        read_config(path)


def test_ordinary_yaml_aliases_are_allowed(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text("one: &one {a: 1}\ntwo: {<<: *one, b: 2}\n")
    assert read_config(path) == {"one": {"a": 1}, "two": {"a": 1, "b": 2}}
    check_yaml(yaml.compose("[1, 2]"))
    check_yaml(None)


@pytest.mark.parametrize("key", ["meta: *v8", "unit: *v8", "datatype: *v8"])
@pytest.mark.parametrize("begin", ["# ", "#", "  # "])
def test_yaml_aliases_in_the_header_of_an_ecsv_file(tmp_path: Path, key, begin) -> None:
    path = tmp_path / "table.ecsv"
    column = "- {name: star, " + ("datatype: int64, " if key[0] != "d" else "") + key + "}"
    header = ["%ECSV 1.0", "---", "meta:", *(f"  {one}" for one in yaml_bomb().splitlines())]
    lines = [f"{begin}{one}" for one in [*header, "datatype:", column]]
    path.write_text("\n".join([*lines, "star", "1", ""]))
    with pytest.raises(CatalogError, match="header is too large") as error:
        read_table(path)
    assert len(str(error.value)) < 300


def test_fits_files_are_not_decompressed_by_astropy() -> None:
    """`gunzip` decompresses a file at most once; astropy does not decompress bytes in memory."""
    import bz2
    import gzip

    from astropy.io import fits

    buffer = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(np.zeros(10))]).writeto(buffer)
    for compress in (gzip.compress, bz2.compress):
        with pytest.raises(OSError, match="No SIMPLE card"):
            fits.open(io.BytesIO(compress(buffer.getvalue())))
