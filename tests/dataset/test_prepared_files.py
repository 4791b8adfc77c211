"""Tables and arrays of a preparation that are corrupt."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from samples import error_of

from astronet.dataset.prepared_files import part_array, read_events, read_skipped, read_sources

HEADING = "row,prepared,reason,warning,no_files,centroid_statistic"


def store(folder: Path) -> Any:
    return SimpleNamespace(path=folder)


@pytest.mark.parametrize(
    "text", ["", "star\n1\n", "a,b\n1,2,3,4\n", '"', f"star{',a' * 20_000}\n1\n"]
)
def test_corrupt_tables_of_a_store_are_named(tmp_path: Path, text: str) -> None:
    for name, read in (("skipped.csv", read_skipped), ("sources.csv", read_sources)):
        (tmp_path / name).write_text(text)
        assert error_of(read, store(tmp_path)) == (
            f"{tmp_path / name} is corrupt; recreate the store"
        )


def test_a_store_without_skipped_events_has_an_empty_table(tmp_path: Path) -> None:
    assert read_skipped(store(tmp_path)).empty


@pytest.mark.parametrize(
    "line", ["", "x,True,,,False,1", "0,maybe,,,False,1", "0,True,,,False,x", "9" * 30, '"']
)
def test_a_corrupt_table_of_a_part_is_named(tmp_path: Path, line: str) -> None:
    (tmp_path / "events.csv").write_text(f"{HEADING}\n{line}\n" if line else "")
    assert error_of(read_events, tmp_path) == (
        f"{tmp_path}/events.csv is missing or corrupt; delete the folder {tmp_path}, and resume"
    )


@pytest.mark.parametrize("content", [None, b"", b"\x93NUMPY\x01\x00\xff\xff{", b"x" * 100])
def test_a_corrupt_array_of_a_part_is_named(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "global.npy"
    if content is not None:
        path.write_bytes(content)
    assert error_of(part_array, path).startswith(f"{path} is missing or corrupt; delete the folder")
    np.save(path, np.arange(3))
    assert part_array(path).tolist() == [0, 1, 2]
