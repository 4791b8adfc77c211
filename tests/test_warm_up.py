"""Compilation of the kernels: ahead, once for all workers, and without a writable folder."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from samples import REPOSITORY, Archive

EVENT = ("--period", 3, "--epoch", 101.5, "--duration", 0.15)


def run(*words: object, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run a command; see `run_python`."""
    return run_python("-m", "astronet", *map(str, words), **options)


def run_python(
    *words: str, cwd: Path, cache: Path | None = None, source: object = REPOSITORY, **more: str
) -> subprocess.CompletedProcess[str]:
    """Run Python with a folder for compiled code.

    Without `cache`, only the folder of the package can be used for compiled code.
    """
    environment = {k: v for k, v in os.environ.items() if k not in ("XDG_CACHE_HOME", "HOME")}
    environment |= {
        "PYTHONPATH": str(source),
        "HOME": "/proc/none",
        "NUMBA_CACHE_DIR": str(cache) if cache else "/proc/none",
    }
    command = [sys.executable, *words]
    return subprocess.run(
        command, cwd=cwd, env=environment | more, capture_output=True, text=True, timeout=300
    )


def said(done: subprocess.CompletedProcess[str]) -> str:
    """Return the messages of a command without their line breaks."""
    return " ".join(done.stderr.split())


@pytest.fixture
def light_curve(tmp_path: Path) -> Path:
    """A clean transit of 1 % every 3 days, in a folder of its own."""
    folder = tmp_path / "data"
    folder.mkdir()
    time = np.arange(100, 160, 0.02)
    flux = np.where(np.abs((time - 100) % 3 - 1.5) < 0.075, 0.99, 1.0)
    flux += np.random.default_rng(1).normal(0, 1e-4, len(time))
    rows = "".join(f"{t},{f}\n" for t, f in zip(time.tolist(), flux.tolist(), strict=True))
    (folder / "mine.csv").write_text(f"time,flux\n{rows}")
    return folder / "mine.csv"


def words_of(light_curve: Path) -> tuple[object, ...]:
    star = ("--star", "mine", "--data", light_curve, "--mission", "custom")
    return ("predict", "pretrained", *star, "--reader", "clock=bkjd", *EVENT)


@pytest.fixture(scope="module")
def read_only(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the package in which no code can be saved, not even by the superuser.

    A file takes the place of each folder `__pycache__`; mode bits do not stop the superuser.
    """
    source = tmp_path_factory.mktemp("read-only")
    ignored = shutil.ignore_patterns("__pycache__")
    package = shutil.copytree(REPOSITORY / "astronet", source / "astronet", ignore=ignored)
    folders = [package, *(path for path in package.rglob("*") if path.is_dir())]
    for folder in folders:
        (folder / "__pycache__").write_text("")
        folder.chmod(0o555)
    yield source
    for folder in folders:
        folder.chmod(0o755)


def test_a_kernel_is_compiled_in_memory_if_nothing_can_be_written(
    read_only: Path, tmp_path: Path
) -> None:
    """The slow tests below do the same with all kernels."""
    program = (
        "import numpy as np; from astronet.cli.messages import show_messages; show_messages(20)\n"
        "from astronet.lightcurves import Ephemeris; from astronet.lightcurves.phase import fold\n"
        "print(fold(np.arange(4.0), Ephemeris(2.0, 0.5, 0.1)))"
    )
    done = run_python("-c", program, cwd=tmp_path, cache=None, source=read_only)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "[-0.5  0.5 -0.5  0.5]\n"
    assert "in every process because no folder for compiled code is writable" in said(done)


@pytest.mark.slow
def test_an_event_is_scored_where_nothing_can_be_written(
    read_only: Path, light_curve: Path, tmp_path: Path
) -> None:
    usual = run(*words_of(light_curve), cwd=tmp_path, cache=None)
    for path in tmp_path.glob("predictions.*"):
        path.unlink()
    scored = run(*words_of(light_curve), cwd=tmp_path, cache=None, source=read_only)
    assert scored.returncode == 0, scored.stderr
    assert scored.stdout == usual.stdout
    assert "in every process because no folder for compiled code is writable" in said(scored)
    assert "Traceback" not in scored.stderr


@pytest.mark.slow
def test_warm_up_says_that_nothing_can_be_saved(read_only: Path, tmp_path: Path) -> None:
    failed = run("warm-up", cwd=tmp_path, cache=None, source=read_only)
    assert failed.returncode == 1
    assert failed.stderr.splitlines()[-1] == (
        "error: no folder for compiled code is writable; set the environment variable "
        "NUMBA_CACHE_DIR to a writable folder, also for the commands that follow"
    )


def test_warm_up_compiles_all_kernels_that_commands_call(
    archive: Archive, light_curve: Path, tmp_path: Path
) -> None:
    """Each kernel is compiled, or loaded, for the types with which the commands call it."""
    out, star = tmp_path / "candidates.csv", light_curve.parent / "mine.csv"
    given = ("--data", star, "--mission", "custom", "--reader", "clock=bkjd")
    words = (f"source.catalog={archive.catalog}", f"source.light_curves={archive.light_curves}")
    commands = [
        words_of(light_curve),
        ("search", "--star", "mine", *given, "--max-signals", 1, "--out", out),
        ("prepare", "--config", "residual-dr24", *words, "--workers", 1),
    ]
    program = (
        "import sys; from commands import command; from astronet.lightcurves.kernels import KERNELS"
        "\nfrom astronet.warm_up import warm_up\nwarm_up()\n"
        "signatures = lambda: {one.py_func.__qualname__: len(one.signatures) for one in KERNELS}\n"
        "before = signatures()\nassert sum(before.values()) > 0, before\n"
        f"for words in {[[*map(str, words)] for words in commands]!r}:\n"
        "    done = command(*words)\n    assert done.status == 0, done.err\n"
        "assert signatures() == before, (before, signatures())\n"
    )
    done = run_python("-c", program, cwd=tmp_path, source=f"{REPOSITORY}:{REPOSITORY / 'tests'}")
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
def test_after_warm_up_nothing_is_compiled(
    archive: Archive, light_curve: Path, tmp_path: Path
) -> None:
    cache = tmp_path / "cache"
    first = run("warm-up", cwd=tmp_path, cache=cache)
    assert " compiled in " in first.stdout and ", 0 already compiled; saved in " in first.stdout
    assert first.stderr.count("compiling numerical kernels") == 1
    compiled = sorted(path.name for path in cache.rglob("*.nbc"))
    assert compiled
    again = run("warm-up", cwd=tmp_path, cache=cache)
    assert again.stdout.startswith("0 kernels compiled in ")
    words = (f"source.catalog={archive.catalog}", f"source.light_curves={archive.light_curves}")
    prepare = ("prepare", "--config", "residual-dr24", *words, "--workers", 2)
    for command in (words_of(light_curve), prepare):
        done = run(*command, cwd=tmp_path, cache=cache)
        assert done.returncode == 0, done.stderr
        assert "compiling" not in done.stderr
    assert sorted(path.name for path in cache.rglob("*.nbc")) == compiled


@pytest.mark.slow
def test_workers_do_not_compile_the_same_kernels(archive: Archive, tmp_path: Path) -> None:
    """If two processes compile the same kernels, numba saves the code of the last one."""
    cache = tmp_path / "cache"
    words = (f"source.catalog={archive.catalog}", f"source.light_curves={archive.light_curves}")
    prepare = ("prepare", "--config", "astronet", *words, "--workers", 2)
    done = run(*prepare, cwd=tmp_path, cache=cache, NUMBA_DEBUG_CACHE="1")
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("compiling numerical kernels") == 1
    saved = [line for line in done.stdout.splitlines() if "data saved to" in line]
    assert len(saved) == len(set(saved)) > 10
    assert len({line.rpartition("/")[2] for line in saved}) == len(saved)
