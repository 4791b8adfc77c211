"""Fuzzing: damaged files of every format give one line, and readers that do not are reported."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from astronet.errors import AstronetError
from benchmarks.fuzz import READERS, fuzz
from benchmarks.fuzzing import worker
from benchmarks.fuzzing.byte_mutations import any_bytes
from benchmarks.fuzzing.model import Reader, Sample, make_input

SEED = 1


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with the samples of all readers."""
    return tmp_path_factory.mktemp("fuzz")


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.name)
def test_damaged_files_give_a_result_or_an_error_of_one_line(reader: Reader, folder: Path) -> None:
    tally = fuzz(reader, range(40), SEED, 60.0, None, folder)
    assert tally.counts["inputs"] == 40 and tally.counts["result"] > 0
    assert not tally.findings, tally.examples


def broken(action: Callable[[bytes], object]) -> Reader:
    """Return a reader that does something to each file, with a sample of one byte."""

    def read(path: Path) -> object:
        return action(path.read_bytes())

    sample = Sample("a.bin", b"a", False, read, any_bytes)
    return Reader("broken", lambda data, folder: [sample])


def wrong(error: Exception) -> Callable[[bytes], object]:
    def action(content: bytes) -> object:
        if content != b"a":
            raise error
        return content

    return action


def slow(content: bytes) -> None:
    while content != b"a":
        time.sleep(0.01)


def large(content: bytes) -> bytearray:
    return bytearray(1 if content == b"a" else 1 << 34)


def crashing(content: bytes) -> None:
    if content != b"a":
        os.kill(os.getpid(), signal.SIGKILL)


@pytest.mark.parametrize(
    ("action", "finding"),
    [
        (wrong(KeyError("x")), "traceback: KeyError"),
        (wrong(AstronetError("it is damaged; correct it")), None),
        (slow, "hang: LimitError"),
        (large, "memory: MemoryError"),
        (crashing, "crash: in native code (SIGKILL)"),
    ],
)
def test_broken_readers_are_reported(
    action: Callable[[bytes], object],
    finding: str | None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(worker, "SECONDS", 0.05)
    tally = fuzz(broken(action), range(4), SEED, 60.0, None, tmp_path, tmp_path / "out")
    assert tally.counts["inputs"] == 4
    changed = sum(made.content != b"a" for made in inputs(range(4)))
    if finding is None:
        assert tally.counts["error"] == changed and not tally.findings
        return
    ((kind, count),) = tally.findings.items()
    assert kind.startswith(finding) and count == changed > 0
    number = tally.examples[kind][0][0]
    saved = (tmp_path / f"out/broken/{SEED}-{number}/a.bin").read_bytes()
    (made,) = inputs(range(number, number + 1))
    assert saved == made.content


def inputs(numbers: range) -> list:
    reader = broken(len)
    samples = reader.samples(None, Path())
    return [make_input(reader.name, SEED, number, samples) for number in numbers]


def test_an_input_depends_only_on_the_reader_the_seed_and_its_number(tmp_path: Path) -> None:
    (reader,) = (one for one in READERS if one.name == "event-tables")
    samples = reader.samples(None, tmp_path)
    first = [make_input(reader.name, SEED, number, samples).content for number in range(30)]
    again = [make_input(reader.name, SEED, n, reader.samples(None, tmp_path)) for n in range(30)]
    other = [make_input(reader.name, SEED + 1, number, samples).content for number in range(30)]
    assert first == [made.content for made in again] != other
    assert len(set(first)) > 25
