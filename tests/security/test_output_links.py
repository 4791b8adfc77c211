"""Links in output folders: no file outside the folder is deleted, emptied or overwritten."""

from pathlib import Path

import pytest

from astronet.dataset.writing import check_replaceable
from astronet.errors import RunError, StoreError
from astronet.execution.parts import Parts
from astronet.figures.pages import write_page
from astronet.files.atomic import move, temporary, write_text
from astronet.files.locks import exclusive
from astronet.runs.run_folder import check_run_folder

TEXT = "precious"


@pytest.fixture
def victim(tmp_path: Path) -> Path:
    """File outside the output folder."""
    path = tmp_path / "elsewhere/victim.txt"
    path.parent.mkdir()
    path.write_text(TEXT)
    return path


@pytest.fixture
def out(tmp_path: Path) -> Path:
    path = tmp_path / "out"
    path.mkdir()
    return path


def test_a_lock_does_not_empty_the_file_that_it_links_to(out: Path, victim: Path) -> None:
    (out / "lock").symlink_to(victim)
    with pytest.raises(OSError, match="symbolic link"), exclusive(out / "lock", RunError("busy")):
        pass
    assert victim.read_text() == TEXT


@pytest.mark.parametrize("write", [write_text, write_page])
def test_a_link_is_replaced_and_not_written_through(out: Path, victim: Path, write) -> None:
    (out / "file").symlink_to(victim)
    write(out / "file", "new")
    assert victim.read_text() == TEXT
    assert not (out / "file").is_symlink()
    assert (out / "file").read_text() == "new"


def test_a_link_to_a_folder_is_replaced_and_its_target_is_kept(out: Path, victim: Path) -> None:
    (out / "folder").symlink_to(victim.parent)
    (out / "new").mkdir()
    move(out / "new", out / "folder")
    assert victim.read_text() == TEXT


def test_a_temporary_file_that_became_a_link_is_only_unlinked(out: Path, victim: Path) -> None:
    with temporary(out / "file") as part:
        part.symlink_to(victim.parent)
    assert victim.read_text() == TEXT


def test_a_run_with_a_link_is_not_overwritten(out: Path, victim: Path) -> None:
    """See also `test_links_are_not_followed` in tests/files/test_deletion.py."""
    (out / "config.yaml").write_text("")
    (out / "run.json").write_text('{"finished": null, "store": {"sha256": ""}}')
    (victim.parent / "report.html").write_text("")
    (out / "evaluate-val").symlink_to(victim.parent)
    with pytest.raises(RunError, match="contains evaluate-val, which is not part of the run"):
        check_run_folder(out, resume=False, overwrite=True)


def test_a_store_that_is_a_link_is_not_overwritten(out: Path, victim: Path) -> None:
    store = victim.parent
    (store / "store.json").write_text('{"sha256": {"index.csv": ""}}')
    (out / "store").symlink_to(store)
    with pytest.raises(StoreError, match="is not a store"):
        check_replaceable(out / "store", overwrite=True)


def test_parts_behind_a_link_are_not_deleted(out: Path, victim: Path) -> None:
    (out / "out.csv.parts").mkdir()
    (out / "out.csv.parts/00000000").symlink_to(victim.parent)
    with (
        pytest.raises(RunError, match="contains other files"),
        Parts.of(out / "out.csv", {}, resume=False, overwrite=True),
    ):
        pass
    assert victim.read_text() == TEXT
