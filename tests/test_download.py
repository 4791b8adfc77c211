"""`astronet download` on the command line, with a local server and killed processes (kill -9)."""

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
    """A function that runs the command in this process: exit status, output and errors."""

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
def test_a_killed_download_is_resumed(
    seed: int, server: ArchiveServer, sky: Sky, catalog: Path, tmp_path: Path
) -> None:
    generator, out = random.Random(seed), tmp_path / "out"
    words = command("--catalog", catalog, "--source", server.tree, "--out", out)
    kills = 3 if seed == 1 else 12
    for kill in range(kills):
        wanted = generator.uniform(kill, kill + 1) * STARS * FILES / (kills + 1)
        process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while len(server.files_sent()) < wanted and process.poll() is None:
            time.sleep(0.001)
        time.sleep(generator.uniform(0, 0.01))
        assert process.poll() is None, "the process ended before it was killed"
        process.send_signal(signal.SIGKILL)
        process.wait()
        good_files(out, sky)
    ended = run("--catalog", catalog, "--source", server.tree, "--out", out, cwd=tmp_path)
    assert ended.returncode == 0, ended.stderr
    assert good_files(out, sky) == STARS * FILES
    assert not list(out.rglob("*.part*"))
    # Four files and the listings of eight stars may be in progress when a process is killed.
    assert len(server.files_sent()) <= STARS * FILES + 4 * kills
    assert len(server.requests) - len(server.files_sent()) <= STARS + 8 * kills
    manifest = []
    for line in (out / "manifest.jsonl").read_text().splitlines():
        try:
            manifest.append(json.loads(line)["path"])
        except ValueError:
            kills -= 1  # each kill truncates at most one line
    assert kills >= 0
    assert len(set(manifest)) == STARS * FILES


def test_a_dry_run_downloads_no_file(
    server: ArchiveServer, catalog: Path, tmp_path: Path, here: Here
) -> None:
    words = ("--catalog", catalog, "--labels", "PC", "--source", server.tree, "--dry-run")
    status, out, _ = here(*words)
    assert status == 0
    first, second = out.splitlines()
    assert first == f"{STARS // 2} stars, {STARS // 2 * FILES} files; 0 already present"
    assert second.startswith(f"to download: {STARS // 2 * FILES} files, 0.0")
    assert not server.files_sent() and not (tmp_path / "data").exists()


def test_the_summary_lists_missing_files_and_the_next_command(
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
    assert f"k: 1 star complete; {2 * FILES - 1} files downloaded" in ended.stdout
    assert f"KIC {FIRST} {bad}  " in ended.stdout
    assert "KIC 757450" in ended.stdout and "the archive has no files for" in ended.stdout
    assert "files or stars not downloaded: 2, listed in k/missing.csv" in ended.stdout
    assert ended.stdout.endswith("next: run the same command again to resume the download\n")
    server.fault = lambda path, n: ""
    resumed = run(*words, cwd=tmp_path)
    assert resumed.returncode == 0
    assert resumed.stdout.endswith(
        f"next: astronet prepare --config astronet source.catalog={catalog} source.light_curves=k\n"
    )


def test_no_next_command_without_files(server: ArchiveServer, here: Here) -> None:
    status, out, err = here("--stars", "757450", "--source", server.tree)
    assert status == 1
    assert "next:" not in out
    assert err.endswith(
        "no light curves were downloaded: the archive has none for these stars; check the stars, "
        "mission, cadence and source (--stars, --catalog, --mission, --cadence, --source)\n"
    )


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            (),
            "no stars are given; give an event table, or names or catalogue numbers of stars "
            "(--catalog, --stars)",
        ),
        (
            ("--labels", "PC", "--stars", "1"),
            "labels are given without an event table that contains them; add the event table "
            "(--catalog)",
        ),
        (
            ("--stars", "1", "--source", "nowhere"),
            "the folder nowhere does not exist; choose mast, cloud, an existing folder or the "
            "URL of a mirror, which begins with http:// or https:// (--source)",
        ),
        (
            ("--stars", "1", "--source", "http://localhost:1", "--fallback", "nowhere"),
            "the folder nowhere does not exist; choose mast, cloud, an existing folder or the "
            "URL of a mirror, which begins with http:// or https:// (--fallback)",
        ),
        (
            ("--stars", "1", "--out", ""),
            "the value of --out is empty; give a value, or leave the option out",
        ),
        (
            ("--stars", "1;2"),
            "'1;2' is not a valid KIC number or name; give whole numbers of up to 9 digits, or "
            "names, separated by commas (--stars)",
        ),
        (
            ("--stars", "1", "--source", "file:///etc"),
            "'file:///etc' is not a valid http or https URL; correct its scheme, host or port "
            "(--source)",
        ),
        (
            ("--stars", "1", "--source", "cloud", "--mission", "tess"),
            "light curves of mission tess cannot be downloaded from the cloud archive (supported "
            "missions: Kepler); set source to mast (--source)",
        ),
        (
            ("--stars", "TIC 5"),
            "TIC 5 is a TESS star; set mission to tess (--mission)",
        ),
    ],
)
def test_each_mistake_is_reported_in_one_line(
    words: tuple[str, ...], message: str, tmp_path: Path, here: Here
) -> None:
    status, out, err = here(*words)
    assert (status, out) == (1, "")
    assert err.startswith(f"error: {message}") and err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_verification_and_short_lists_are_summarised(
    server: ArchiveServer, sky: Sky, tmp_path: Path, here: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = sky.sizes(str(FIRST))
    monkeypatch.setattr(sky, "sizes", lambda star: dict(list(sizes.items())[:3]))
    words = ("--stars", FIRST, "--source", server.tree, "--out", "k")
    status, out, _ = here(*words)
    assert status == 0
    few = f"stars with unusually few files: 1, for example KIC {FIRST} with 3"
    assert f"{few}; add --refresh to list the files of all stars again\n" in out
    path = sorted((tmp_path / "k").glob("*/*/*.fits"))[1]
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    status, out, _ = here(*words, "--verify", "--refresh")
    moved = f"k/quarantine/{path.relative_to(tmp_path / 'k')}"
    assert status == 0 and f"{few}\n" in out
    assert f"quarantined (damaged, or not the file that its name states): {moved}\n" in out
    assert "2 files verified by SHA-256 hash, 0 by FITS checksum\n" in out
