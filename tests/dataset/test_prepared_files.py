"""Tables of a preparation that are corrupt."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from samples import error_of

from astronet.dataset.prepared_files import read_skipped, read_sources


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
