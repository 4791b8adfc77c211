"""`astronet download` as a user meets it: real processes, a real server, kill -9."""

import json
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from archive_server import FILES, FIRST, ArchiveServer, Sky

from astronet.cli import main

STARS = 20

Here = Callable[..., tuple[int, str, str]]


def command(*words: object) -> list[str]:
    return [sys.executable, "-m", "astronet", "download", *map(str, words)]


def run(*words: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(*words), capture_output=True, text=True, cwd=cwd, timeout=60)


@pytest.fixture
def here(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Here:
    """The command in this process, which saves its start: status, output and errors."""

    def run_here(*words: object) -> tuple[int, str, str]:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setattr(sys, "argv", ["astronet", "download", *map(str, words)])
        with pytest.raises(SystemExit) as end:
            main()
        return int(end.value.code or 0), *capsys.readouterr()

    return run_here


@pytest.fixture
def catalog(tmp_path: Path) -> Path:
    path = tmp_path / "tce.csv"
    rows = [f"{FIRST + k},{'PC' if k % 2 else 'NTP'}" for k in range(STARS)]
    path.write_text("\n".join(["kepid,av_training_set", *rows]) + "\n")
    return path


def good_files(out: Path, sky: Sky) -> int:
    paths = list(out.glob("*/*/*.fits"))
    assert all(p.read_bytes() == sky.content(p.parent.name, p.name) for p in paths)
    return len(paths)


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_a_killed_download_goes_on_where_it_stopped(
    seed: int, server: ArchiveServer, sky: Sky, catalog: Path, tmp_path: Path
) -> None:
    draw, out = random.Random(seed), tmp_path / "out"
    words = command("--catalog", catalog, "--source", server.tree, "--out", out)
    kills = 3 if seed == 1 else 12
    for kill in range(kills):
        wanted = draw.uniform(kill, kill + 1) * STARS * FILES / (kills + 1)
        process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while len(server.files_sent()) < wanted and process.poll() is None:
            time.sleep(0.001)
        time.sleep(draw.uniform(0, 0.01))
        assert process.poll() is None, "it ended before it could be killed"
        process.send_signal(signal.SIGKILL)
        process.wait()
        good_files(out, sky)
    ended = run("--catalog", catalog, "--source", server.tree, "--out", out, cwd=tmp_path)
    assert ended.returncode == 0, ended.stderr
    assert good_files(out, sky) == STARS * FILES
    assert not list(out.rglob("*.part*"))
    # Four files, and the lists of eight stars, may be under way at a kill.
    assert len(server.files_sent()) <= STARS * FILES + 4 * kills
    assert len(server.requests) - len(server.files_sent()) <= STARS + 8 * kills
    manifest = []
    for line in (out / "manifest.jsonl").read_text().splitlines():
        try:
            manifest.append(json.loads(line)["path"])
        except ValueError:
            kills -= 1  # at most one line is torn by each
    assert kills >= 0
    assert len(set(manifest)) == STARS * FILES


def test_a_plan_fetches_no_file(
    server: ArchiveServer, catalog: Path, tmp_path: Path, here: Here
) -> None:
    words = ("--catalog", catalog, "--labels", "PC", "--source", server.tree, "--dry-run")
    status, out, _ = here(*words)
    assert status == 0
    first, second = out.splitlines()
    assert first == f"{STARS // 2} stars, {STARS // 2 * FILES} files; 0 here already"
    assert second.startswith(f"to fetch: {STARS // 2 * FILES} files, 0.0")
    assert not server.files_sent() and not (tmp_path / "data").exists()


def test_the_end_says_what_is_missing_and_what_comes_next(
    server: ArchiveServer, sky: Sky, catalog: Path, tmp_path: Path
) -> None:
    bad = sorted(sky.sizes(str(FIRST)))[2]
    server.fault = lambda path, n: "redirect https://example.org/" if path.endswith(bad) else ""
    with catalog.open("a") as table:
        table.write("757450,PC\n")
    stars = f"{FIRST},KIC {FIRST + 1},757450"
    words = ("--catalog", catalog, "--stars", stars, "--source", server.tree, "--out", "k")
    ended = run(*words, cwd=tmp_path)
    assert ended.returncode == 1
    assert f"k: 1 star complete; {2 * FILES - 1} files fetched" in ended.stdout
    assert f"KIC {FIRST} {bad}  " in ended.stdout
    assert "KIC 757450" in ended.stdout and "the archive has no KIC 757450" in ended.stdout
    assert "missing: 2, listed in k/missing.csv" in ended.stdout
    assert ended.stdout.endswith("next: run the same command again to resume the download\n")
    server.fault = lambda path, n: ""
    mended = run(*words, cwd=tmp_path)
    assert mended.returncode == 0
    assert mended.stdout.endswith(
        f"next: astronet prepare --config astronet source.catalog={catalog} source.light_curves=k\n"
    )


def test_stars_that_the_archive_does_not_have_lead_nowhere(
    server: ArchiveServer, here: Here
) -> None:
    status, out, _ = here("--stars", "757450", "--source", server.tree)
    assert status == 0
    assert "next:" not in out
    assert out.endswith(
        "the archive has no files for these stars; check --stars, --mission and --cadence\n"
    )


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "nothing asked for; give --catalog (a table) or --stars"),
        (("--stars", "1", "--source", "nowhere"), "there is no folder nowhere; --source is mast"),
        (("--stars", "1", "--source", "file:///etc"), "'file:///etc' is no address of an archive"),
        (
            ("--stars", "1", "--source", "cloud", "--mission", "tess"),
            "the cloud has Kepler only; take the source mast for tess",
        ),
    ],
)
def test_a_mistake_is_one_line(
    words: tuple[str, ...], message: str, tmp_path: Path, here: Here
) -> None:
    status, out, err = here(*words)
    assert (status, out) == (1, "")
    assert err.startswith(f"error: {message}") and err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []
