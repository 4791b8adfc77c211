"""Files are replaced completely or not at all, and no temporary files remain."""

import ast
import multiprocessing
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples import REPOSITORY

from astronet.files import atomic
from astronet.files.atomic import (
    is_temporary,
    move,
    remove_leftovers,
    replacing,
    replacing_folder,
    temporary,
    write_bytes,
    write_text,
)

NAMES = st.text("abc.-_é ", min_size=1).filter(lambda name: name not in (".", ".."))


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_created_and_replaced(tmp_path: Path) -> None:
    for text in ("first\n", "zweitens: ä\n", ""):
        write_text(tmp_path / "a.csv", text)
        assert (tmp_path / "a.csv").read_bytes() == text.encode()
    write_bytes(tmp_path / "a.csv", b"\0\xff")
    assert (tmp_path / "a.csv").read_bytes() == b"\0\xff"
    assert names(tmp_path) == ["a.csv"]


@pytest.mark.parametrize("error", [ValueError, OSError, KeyboardInterrupt])
@pytest.mark.parametrize("old", [None, "old"])
def test_error_leaves_the_old_content_and_no_other_file(
    tmp_path: Path, old: str | None, error: type[BaseException]
) -> None:
    path = tmp_path / "a.csv"
    if old is not None:
        path.write_text(old)
    with pytest.raises(error), replacing(path) as part, part.open("w") as file:
        file.write("half of the n")
        raise error
    assert names(tmp_path) == ([] if old is None else ["a.csv"])
    assert old is None or path.read_text() == old


def test_a_reader_never_sees_an_incomplete_file(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    contents = [letter * 200_000 for letter in "abc"]
    write_text(path, contents[0])
    stop, seen = threading.Event(), set()

    def read() -> None:
        while not stop.is_set():
            seen.add(path.read_text())

    reader = threading.Thread(target=read)
    reader.start()
    for k in range(60):
        with replacing(path) as part, part.open("w") as file:
            for begin in range(0, 200_000, 50_000):
                file.write(contents[k % 3][begin : begin + 50_000])
                file.flush()
    stop.set()
    reader.join()
    assert seen <= set(contents)


def test_processes_that_write_one_file_do_not_interfere(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_write_often, args=(tmp_path / "a", k)) for k in range(2)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0, 0]
    assert names(tmp_path) == ["a"]
    assert (tmp_path / "a").read_text() in (f"{k}" * 1000 for k in range(2))


def test_killed_process_leaves_the_old_content_and_a_recognised_file(
    tmp_path: Path,
) -> None:
    write_text(tmp_path / "a.csv", "old")
    writer = multiprocessing.get_context("spawn").Process(target=_die, args=(tmp_path / "a.csv",))
    writer.start()
    writer.join()
    assert writer.exitcode == 9
    assert (tmp_path / "a.csv").read_text() == "old"
    (left,) = (path for path in tmp_path.iterdir() if path.name != "a.csv")
    assert is_temporary(left)
    assert list(tmp_path.glob("*.csv")) == [tmp_path / "a.csv"]
    remove_leftovers(tmp_path)
    assert names(tmp_path) == ["a.csv"]


@given(NAMES)
def test_temporary_names_are_recognised_unique_and_hidden(name: str) -> None:
    path = Path("folder") / name
    with temporary(path) as first, temporary(path) as second:
        assert first.parent == second.parent == path.parent
        assert len({first, second, path}) == 3
        assert first.name.startswith(".")
        assert first.suffix == ".part"
        assert is_temporary(first)
        assert not is_temporary(path)


@pytest.mark.parametrize(
    "name", ["study.part", "a.fits.part", ".lock", ".part", "a.12345678.part", ".a.1234567z.part"]
)
def test_other_names_are_not_temporary_and_are_kept(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    assert not is_temporary(tmp_path / name)
    remove_leftovers(tmp_path)
    assert names(tmp_path) == [name]


def test_leftovers_of_other_files_are_kept(tmp_path: Path) -> None:
    names_left = [".toi-2026.csv.01234567.part", ".k2-2026.csv.01234567.part"]
    for name in names_left:
        (tmp_path / name).touch()
    remove_leftovers(tmp_path, "toi-*")
    assert names(tmp_path) == names_left[1:]


@pytest.mark.parametrize("path", ["none/a.csv", "file/a.csv", "folder"])
def test_an_error_names_the_file_and_not_the_temporary_path(tmp_path: Path, path: str) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError) as caught:
        write_text(tmp_path / path, "text")
    assert caught.value.filename == str(tmp_path / path)
    assert names(tmp_path) == ["file", "folder"]
    assert names(tmp_path / "folder") == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_folder_without_write_permission_raises_os_error(tmp_path: Path) -> None:
    write_text(tmp_path / "a", "old")
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(PermissionError):
            write_text(tmp_path / "a", "new")
    finally:
        tmp_path.chmod(0o700)
    assert (tmp_path / "a").read_text() == "old"


def test_permission_error_names_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(source: Path, target: Path) -> None:
        raise PermissionError(13, "Permission denied", str(source))

    write_text(tmp_path / "a", "old")
    monkeypatch.setattr(atomic.os, "replace", denied)
    with pytest.raises(PermissionError, match="Permission denied") as caught:
        write_text(tmp_path / "a", "new")
    assert caught.value.filename == str(tmp_path / "a")
    assert (tmp_path / "a").read_text() == "old"
    assert names(tmp_path) == ["a"]


def test_a_folder_is_created_and_replaced(tmp_path: Path) -> None:
    for name in ("first", "second"):
        with replacing_folder(tmp_path / "store") as folder:
            (folder / name).touch()
        assert names(tmp_path) == ["store"]
        assert names(tmp_path / "store") == [name]


def test_an_error_leaves_the_old_folder(tmp_path: Path) -> None:
    with replacing_folder(tmp_path / "store") as folder:
        (folder / "old").touch()
    with pytest.raises(ValueError), replacing_folder(tmp_path / "store") as folder:
        (folder / "new").touch()
        raise ValueError
    assert names(tmp_path) == ["store"]
    assert names(tmp_path / "store") == ["old"]


def test_a_folder_that_cannot_be_moved_leaves_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("old", "new"):
        (tmp_path / name).mkdir()
        (tmp_path / name / f"of {name}").touch()
    replace = os.replace

    def fails_at_the_second(source: Path, target: Path) -> None:
        if source == tmp_path / "new":
            raise OSError(28, "No space left on device")
        replace(source, target)

    monkeypatch.setattr(atomic.os, "replace", fails_at_the_second)
    with pytest.raises(OSError, match="No space"):
        move(tmp_path / "new", tmp_path / "old")
    assert names(tmp_path) == ["new", "old"]
    assert names(tmp_path / "old") == ["of old"]


def test_moving_replaces_files_and_folders(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).write_text(name)
        (tmp_path / f"folder {name}").mkdir()
        (tmp_path / f"folder {name}" / name).touch()
    move(tmp_path / "a", tmp_path / "b")
    move(tmp_path / "folder a", tmp_path / "folder b")
    assert names(tmp_path) == ["b", "folder b"]
    assert (tmp_path / "b").read_text() == "a"
    assert names(tmp_path / "folder b") == ["a"]


def calls(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            yield f"{node.value.id}.{node.attr}"
        elif isinstance(node, ast.ImportFrom):
            yield f"from {node.module}"


@pytest.mark.parametrize(
    ("words", "module"),
    [
        ({"os.replace", "os.rename", "shutil.move"}, "atomic.py"),
        ({"from filelock"}, "locks.py"),
        ({"from gzip", "gzip.open", "gzip.decompress"}, "gzipped.py"),
        ({"hashlib.file_digest", "google_crc32c.value", "google_crc32c.extend"}, "checksums.py"),
    ],
)
def test_each_file_operation_is_in_one_module(words: set[str], module: str) -> None:
    package = REPOSITORY / "astronet"
    found = [path for path in package.rglob("*.py") if words & set(calls(path))]
    assert found == [package / "files" / module]


def _write_often(path: Path, number: int) -> None:
    for _ in range(100):
        write_text(path, f"{number}" * 1000)


def _die(path: Path) -> None:
    with replacing(path) as part:
        part.write_text("ne")
        os._exit(9)
