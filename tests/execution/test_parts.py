"""Parts of an unfinished result: complete or absent, resumed only with the same plan."""

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from astronet.errors import ResumableInterrupt, RunError
from astronet.execution.parts import Content, Parts
from astronet.execution.processes import Processes
from astronet.execution.running import part_size, run_in_parts, waiting_stars

PLAN = {"stars": "abc", "settings": {"min_snr": 7.0, "range": (0.2, 3.0)}}


def opened(out: Path, plan: dict = PLAN, *, resume: bool = False, overwrite: bool = False):
    return Parts.of(out, plan, resume=resume, overwrite=overwrite)


def roots(found: Sequence[float]) -> Content:
    return {"roots": [{"root": one} for one in found]}, {"roots": np.array(found)}


def run(parts: Parts, numbers: Sequence[float], calls: list[int] | None = None) -> None:
    run_in_parts(parts, math.sqrt, numbers, roots, Processes(1), lambda n: (calls or []).append(n))


def rows_of(parts: Parts) -> list[float]:
    return [row["root"] for number in parts.numbers for row in parts.rows(number, "roots")]


def interrupted(out: Path) -> None:
    """Leave the parts of the first two of four numbers."""
    with pytest.raises(ValueError, match="domain"), opened(out) as parts:
        run(parts, [1.0, 4.0, -1.0, 16.0])


@pytest.mark.parametrize(
    ("stars", "size"), [(0, 1), (1, 1), (127, 1), (128, 2), (4096, 64), (10**6, 64)]
)
def test_a_part_is_a_small_fraction_of_the_stars(stars: int, size: int) -> None:
    assert part_size(stars) == size


def test_rows_and_arrays_are_read_exactly(tmp_path: Path) -> None:
    rows = [
        {"star": 1, "name": 'a "b",\u2028c', "depth": 0.1 + 0.2, "ok": True, "none": None},
        {"star": "x", "depth": math.inf},
    ]
    array = np.arange(6, dtype=np.float32).reshape(2, 3)
    with opened(tmp_path / "out.csv") as parts:
        parts.add(3, ({"events": rows, "empty": []}, {"view": array}))
        assert parts.numbers == [3] and parts.is_waiting(0) and not parts.is_waiting(3)
        assert parts.rows(3, "events") == rows and parts.rows(3, "empty") == []
        np.testing.assert_array_equal(parts.array(3, "view"), array)
        parts.add(4, ({"events": [{"depth": math.nan}]}, {}))
        assert math.isnan(parts.rows(4, "events")[0]["depth"])
        parts.delete()
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_command_is_resumed_where_it_stopped(tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    interrupted(out)
    calls: list[int] = [0]
    with opened(out, resume=True) as parts:
        assert waiting_stars(parts, 4) == 2
        run(parts, [1.0, 4.0, 9.0, 16.0], calls)
        assert rows_of(parts) == [1.0, 2.0, 3.0, 4.0]
    assert calls == [0, 1, 1]


def test_parts_are_neither_used_nor_lost_without_being_asked(tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    interrupted(out)
    with pytest.raises(RunError, match="resume it, or overwrite it to start") as error, opened(out):
        pass
    assert error.value.arguments == ("resume", "overwrite")
    with opened(out, resume=True) as parts:
        assert parts.numbers == [0, 1]
    with opened(out, overwrite=True) as parts:
        assert parts.numbers == [] and waiting_stars(parts, 4) == 4


def test_other_settings_are_named(tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    interrupted(out)
    changed = {"stars": "abd", "settings": {"min_snr": 6.0, "range": (0.2, 3.0)}, "new": 1}
    with (
        pytest.raises(RunError, match=r"\(new, settings.min_snr, stars\); resume with the orig"),
        opened(out, changed, resume=True),
    ):
        pass
    with opened(out, resume=True) as parts:
        assert parts.numbers == [0, 1]


def test_nothing_is_left_if_no_part_was_finished(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="domain"), opened(tmp_path / "out.csv") as parts:
        run(parts, [-1.0])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("left", ["00000002", "replace", "00000001/roots.jsonl"])
def test_what_an_interrupted_deletion_leaves_is_not_resumed(tmp_path: Path, left: str) -> None:
    """The plan is deleted first, so the remaining files are known to be invalid."""
    interrupted(tmp_path / "out.csv")
    folder = tmp_path / "out.csv.parts"
    (folder / "plan.json").unlink()
    (folder / left).mkdir() if left.isdecimal() else (folder / left).write_text("")
    with opened(tmp_path / "out.csv") as parts:
        assert parts.numbers == [] and not parts.may_replace


def test_an_unfinished_part_is_removed(tmp_path: Path) -> None:
    interrupted(tmp_path / "out.csv")
    unfinished = tmp_path / "out.csv.parts/.00000002.0123abcd.part"
    unfinished.mkdir()
    (unfinished / "roots.jsonl").write_text('{"root": 3')
    with opened(tmp_path / "out.csv", resume=True) as parts:
        assert parts.numbers == [0, 1] and not unfinished.exists()


def test_a_corrupt_part_is_named(tmp_path: Path) -> None:
    interrupted(tmp_path / "out.csv")
    file = tmp_path / "out.csv.parts/00000001/roots.jsonl"
    file.write_text('{"root": 2.0\n')
    with (
        opened(tmp_path / "out.csv", resume=True) as parts,
        pytest.raises(RunError, match="roots.jsonl is missing or corrupt; delete the folder"),
    ):
        rows_of(parts)


def test_only_one_process_uses_the_parts(tmp_path: Path) -> None:
    with (
        opened(tmp_path / "out.csv"),
        pytest.raises(RunError, match="another command is writing .*out.csv; wait until it ends"),
        opened(tmp_path / "out.csv", overwrite=True),
    ):
        pass


def test_ctrl_c_says_that_the_command_can_be_resumed(tmp_path: Path) -> None:
    with pytest.raises(ResumableInterrupt) as stop, opened(tmp_path / "out.csv") as parts:
        run(parts, [1.0])
        raise KeyboardInterrupt
    assert str(stop.value) == (
        f"interrupted; the finished parts are kept in {tmp_path / 'out.csv.parts'}; run the same "
        "command again and resume it"
    )
    assert stop.value.arguments == ("resume",)
    with pytest.raises(KeyboardInterrupt) as nothing, opened(tmp_path / "other.csv"):
        raise KeyboardInterrupt
    assert not isinstance(nothing.value, ResumableInterrupt)


def test_a_file_with_the_name_of_the_folder_is_kept(tmp_path: Path) -> None:
    (tmp_path / "out.csv.parts").write_text("mine")
    with (
        pytest.raises(RunError, match="out.csv.parts is a file, but a folder of this name is need"),
        opened(tmp_path / "out.csv", overwrite=True),
    ):
        pass
    assert (tmp_path / "out.csv.parts").read_text() == "mine"


def test_other_files_are_kept(tmp_path: Path) -> None:
    mine = tmp_path / "out.csv.parts/thesis.tex"
    mine.parent.mkdir()
    mine.write_text("mine")
    with (
        pytest.raises(RunError, match="is needed for temporary files, but contains other files"),
        opened(tmp_path / "out.csv", overwrite=True),
    ):
        pass
    assert mine.read_text() == "mine"


def test_permission_to_overwrite_is_remembered(tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    with pytest.raises(ResumableInterrupt), opened(out, overwrite=True) as parts:
        run(parts, [1.0])
        raise KeyboardInterrupt
    with opened(out, resume=True) as parts:
        assert parts.may_replace


@pytest.mark.parametrize("line", ["[" * 100_000, "1", "null", "[]"])
def test_a_row_that_is_not_an_object_is_named(tmp_path: Path, line: str) -> None:
    interrupted(tmp_path / "out.csv")
    (tmp_path / "out.csv.parts/00000001/roots.jsonl").write_text(f"{line}\n")
    with (
        opened(tmp_path / "out.csv", resume=True) as parts,
        pytest.raises(RunError, match="roots.jsonl is missing or corrupt; delete the folder"),
    ):
        rows_of(parts)


@pytest.mark.parametrize("shape", ["(", "(9999999999999,)", "('a',)", "(1.0,)", "[" * 300])
def test_an_array_with_a_corrupt_header_is_named(tmp_path: Path, shape: str) -> None:
    interrupted(tmp_path / "out.csv")
    header = f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    size = len(header).to_bytes(2, "little")
    path = tmp_path / "out.csv.parts/00000001/roots.npy"
    path.write_bytes(b"\x93NUMPY\x01\x00" + size + header + bytes(8))
    with (
        opened(tmp_path / "out.csv", resume=True) as parts,
        pytest.raises(RunError, match="roots.npy is missing or corrupt; delete the folder"),
    ):
        parts.array(1, "roots")


@pytest.mark.parametrize("kind", ["<U0", "|V0", "|S0"])
@pytest.mark.parametrize("shape", ["(5, 1000000000)", "(1000000000000,)", "(-1,)", "(3,)"])
def test_an_array_of_values_without_bytes_is_named(tmp_path: Path, kind: str, shape: str) -> None:
    """numpy would allocate gigabytes, loop for hours or divide by zero."""
    interrupted(tmp_path / "out.csv")
    header = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    size = len(header).to_bytes(2, "little")
    path = tmp_path / "out.csv.parts/00000001/roots.npy"
    path.write_bytes(b"\x93NUMPY\x01\x00" + size + header + bytes(8))
    with (
        opened(tmp_path / "out.csv", resume=True) as parts,
        pytest.raises(RunError, match="roots.npy is missing or corrupt; delete the folder"),
    ):
        parts.array(1, "roots")


@pytest.mark.parametrize("plan", ["[]", "1", "[" * 100_000])
def test_a_plan_that_is_not_an_object_differs_from_any_other(tmp_path: Path, plan: str) -> None:
    interrupted(tmp_path / "out.csv")
    (tmp_path / "out.csv.parts/plan.json").write_text(plan)
    with (
        pytest.raises(RunError, match="were computed with other settings or inputs"),
        opened(tmp_path / "out.csv", resume=True),
    ):
        pass
