"""Checks of output paths change nothing, and protect existing files."""

import os
from pathlib import Path

import pytest

from astronet.errors import RunError
from astronet.files.outputs import check_output, check_outputs


def test_an_existing_file_is_kept_even_if_it_is_empty(tmp_path: Path) -> None:
    path = tmp_path / "scores.csv"
    path.write_text("")
    with pytest.raises(RunError) as error:
        check_output(path)
    assert str(error.value) == f"{path} already exists; choose another path, or overwrite it"
    assert error.value.arguments == ("out", "overwrite")
    check_output(path, overwrite=True)
    assert path.read_text() == ""


def test_a_dangling_link_is_kept(tmp_path: Path) -> None:
    (tmp_path / "link.csv").symlink_to(tmp_path / "missing.csv")
    with pytest.raises(RunError, match="cannot be written|already exists"):
        check_output(tmp_path / "link.csv")


def test_the_check_creates_nothing(tmp_path: Path) -> None:
    check_output(tmp_path / "a/b/scores.csv")
    check_outputs(tmp_path / "a/c", ["x.json"])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("path", ["/proc/none/scores.csv", os.devnull, "folder", "file/x.csv"])
def test_an_unusable_path_is_rejected(path: str, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match=r"cannot be written \(.+\); choose another path"):
        check_output(tmp_path / path, overwrite=True)


def test_files_in_a_folder_are_kept(tmp_path: Path) -> None:
    (tmp_path / "metrics.json").write_text("{}")
    check_outputs(tmp_path, ["report.html"])
    with pytest.raises(RunError, match=r"metrics\.json already exists; choose"):
        check_outputs(tmp_path, ["report.html", "metrics.json"])
