"""SIGINT and SIGTERM: the current part is finished, and the command can be resumed."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from astronet.execution.parts import Parts

PROGRAM = """
import logging, sys, time
from pathlib import Path
from astronet.errors import ResumableInterrupt
from astronet.execution.parts import Parts
from astronet.execution.running import run_in_parts
from astronet.execution.processes import Processes

logging.basicConfig(format="%(message)s")
calls = Path(sys.argv[2])

def slow(number):
    calls.open("a").write(f"{number}\\n")
    time.sleep(0.02)
    return number

def content(numbers):
    return {"numbers": [{"number": number} for number in numbers]}, {}

if __name__ == "__main__":
    try:
        with Parts.of(Path(sys.argv[1]), {}, resume=True, overwrite=False) as parts:
            run_in_parts(parts, slow, range(500), content, Processes(int(sys.argv[3])))
    except ResumableInterrupt as stop:
        sys.exit(f"{stop}")
    except KeyboardInterrupt:
        sys.exit("at once")
"""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    path = tmp_path / "program.py"
    path.write_text(PROGRAM)
    return path


def start(program: Path, workers: int) -> subprocess.Popen[str]:
    folder = program.parent
    return subprocess.Popen(
        [sys.executable, program, folder / "out", folder / "calls", str(workers)],
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )


def wait_for_parts(program: Path, number: int) -> None:
    while len(list((program.parent / "out.parts").glob("0*"))) < number:
        time.sleep(0.005)


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_current_part_is_finished(program: Path, number: signal.Signals, workers: int) -> None:
    process = start(program, workers)
    wait_for_parts(program, 2)
    # As a terminal or a batch system does: the workers receive the signal, too.
    os.killpg(process.pid, number)
    _, errors = process.communicate(timeout=30)
    assert f"{number.name}: the current part will be finished; interrupt again" in errors
    assert "interrupted; the finished parts are kept in" in errors and "Traceback" not in errors
    if workers == 1:
        calls = (program.parent / "calls").read_text().split()
        with Parts.of(program.parent / "out", {}, resume=True, overwrite=False) as parts:
            saved = [row["number"] for n in parts.numbers for row in parts.rows(n, "numbers")]
        assert saved == [int(call) for call in calls]  # no star was lost


def test_a_second_signal_ends_at_once(program: Path) -> None:
    process = start(program, 1)
    wait_for_parts(program, 2)
    before = time.monotonic()
    os.kill(process.pid, signal.SIGTERM)
    time.sleep(0.03)
    os.kill(process.pid, signal.SIGTERM)
    _, errors = process.communicate(timeout=30)
    assert time.monotonic() - before < 2 and process.returncode
    assert "interrupted; the finished parts are kept in" in errors


def test_a_single_part_ends_at_once(tmp_path: Path, program: Path) -> None:
    program.write_text(PROGRAM.replace("range(500)", "[1]").replace("0.02", "20"))
    process = start(program, 1)
    while not (tmp_path / "calls").exists():
        time.sleep(0.005)
    before = time.monotonic()
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=30)
    assert time.monotonic() - before < 2 and errors.strip() == "at once"
