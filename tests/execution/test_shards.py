"""Shards: every part is computed by exactly one of them, and the result is the same."""

import math
from pathlib import Path

import pytest

from astronet.errors import ResumableInterrupt, RunError
from astronet.execution.parts import Content, Parts
from astronet.execution.processes import Processes
from astronet.execution.running import run_in_parts, waiting_stars
from astronet.execution.shards import Shard

NUMBERS = [float(n) for n in range(300)]


def content(found: list[float]) -> Content:
    return {"roots": [{"root": one} for one in found]}, {}


def run(parts: Parts, calls: list[int]) -> None:
    run_in_parts(parts, math.sqrt, NUMBERS, content, Processes(1), calls.append)


def shard(out: Path, text: str, value: int = 1):
    shard = Shard.parse(text)
    return Parts.of(out, {"a": value}, resume=False, overwrite=False, shard=shard)


@pytest.mark.parametrize("count", [1, 3, 100])
def test_each_part_belongs_to_one_shard(count: int) -> None:
    shards = [Shard(index, count) for index in range(1, count + 1)]
    assert all(sum(one.has(part) for one in shards) == 1 for part in range(500))


@pytest.mark.parametrize("text", ["", "3", "0/3", "4/3", "a/b", "1/0", "-1/3", "1/9999999"])
def test_invalid_shards_are_rejected(text: str) -> None:
    with pytest.raises(RunError, match="is not a shard; give its number") as error:
        Shard.parse(text)
    assert error.value.arguments == ("shard",)


def test_the_parts_of_all_shards_are_those_of_a_whole_run(tmp_path: Path) -> None:
    out, whole = tmp_path / "out.csv", tmp_path / "whole.csv"
    calls: list[int] = []
    for text in ("2/3", "1/3", "3/3"):
        with shard(out, text) as parts:
            run(parts, calls)
    assert len(calls) == len(NUMBERS)
    with (
        Parts.of(out, {"a": 1}, resume=True, overwrite=False) as joined,
        Parts.of(whole, {"a": 1}, resume=False, overwrite=False) as all_parts,
    ):
        assert waiting_stars(joined, len(NUMBERS)) == 0
        run(all_parts, calls)
        assert joined.numbers == all_parts.numbers
        for number in joined.numbers:
            assert joined.rows(number, "roots") == all_parts.rows(number, "roots")


def test_a_shard_resumes_without_being_asked(tmp_path: Path) -> None:
    out, calls = tmp_path / "out.csv", []
    with shard(out, "1/2") as parts:
        run(parts, calls)
        first = len(calls)
        assert waiting_stars(parts, len(NUMBERS)) == 0
    with shard(out, "1/2") as parts:
        run(parts, calls)
    assert len(calls) == first


def test_shards_run_at_the_same_time_but_not_with_a_whole_run(tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    with shard(out, "1/2") as first, shard(out, "2/2") as second:
        run(second, [])
        run(first, [])
        for other in (
            shard(out, "2/2"),
            Parts.of(out, {"a": 1}, resume=True, overwrite=False),
        ):
            with pytest.raises(RunError, match="another command is writing"), other:
                pass


def test_a_shard_with_other_settings_is_rejected(tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    with shard(out, "1/2") as parts:
        run(parts, [])
    message = r"computed with other settings or inputs \(a\)"
    with pytest.raises(RunError, match=message), shard(out, "2/2", 2):
        pass


def test_an_interrupted_shard_is_repeated_with_the_same_command(tmp_path: Path) -> None:
    with pytest.raises(ResumableInterrupt) as stop, shard(tmp_path / "out.csv", "1/2") as parts:
        run(parts, [])
        raise KeyboardInterrupt
    assert str(stop.value).endswith("run the same command again")
    assert stop.value.arguments == ()


def overwriting(out: Path, text: str, value: int = 1):
    shard = Shard.parse(text)
    return Parts.of(out, {"a": value}, resume=False, overwrite=True, shard=shard)


def test_overwriting_keeps_the_parts_of_the_same_settings(tmp_path: Path) -> None:
    """All shards of an array are started with the same options, at any time."""
    out, calls = tmp_path / "out.csv", []
    with overwriting(out, "1/2") as parts:
        run(parts, calls)
    with overwriting(out, "2/2") as parts:
        run(parts, calls)
        assert parts.may_replace
    assert len(calls) == len(NUMBERS)
    with Parts.of(out, {"a": 1}, resume=True, overwrite=False) as joined:
        assert waiting_stars(joined, len(NUMBERS)) == 0
        assert joined.may_replace


def test_overwriting_deletes_the_parts_of_other_settings(tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    with shard(out, "1/2") as parts:
        run(parts, [])
    with overwriting(out, "1/2", 2) as parts, overwriting(out, "2/2", 2) as other:
        assert parts.numbers == other.numbers == []
        run(other, [])
    with shard(out, "1/2", 2) as parts:
        assert len(parts.numbers) > 0


def test_parts_are_not_deleted_while_another_shard_runs(tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    with (
        shard(out, "1/2") as parts,
        pytest.raises(RunError, match="another command is writing"),
        overwriting(out, "2/2", 2),
    ):
        pass
    run(parts, [])
    assert parts.numbers


def test_parts_without_a_plan_are_not_used(tmp_path: Path) -> None:
    """A command that is killed while it deletes the parts has deleted the plan first."""
    out = tmp_path / "out.csv"
    with shard(out, "1/2") as parts:
        run(parts, [])
    (parts.path / "plan.json").unlink()
    with shard(out, "2/2", 2), shard(out, "1/2", 2) as parts:
        assert parts.numbers == []
