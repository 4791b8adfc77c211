"""The README works as written: its commands and Python blocks run in order in one empty folder.

There are only three substitutions: the address of an archive, an event table of five stars, and one
epoch of training.
"""

import re
import shlex
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tap_server
from archive_server import ArchiveServer, Sky
from commands import Result, command
from light_curve_files import write_spoc
from local_server import serving
from samples import REPOSITORY

from astronet.archives.targets import Target
from astronet.missions import kepler
from astronet.simulation.kepler_calendar import kepler_calendar
from astronet.simulation.kepler_writer import write_quarter

README = (REPOSITORY / "README.md").read_text()

PLANET, GRAZING = 757450, 11446443
"""Kepler-75 b and TrES-2 b, the planets of the README."""

EVENTS = {
    PLANET: (8.88492, 134.452, 0.0866, "PC"),
    GRAZING: (2.47061, 132.646, 0.0743, "PC"),
    10_000_000: (3.7, 133.1, 0.2, "AFP"),
    10_000_003: (5.3, 132.2, 0.25, "AFP"),
    10_000_046: (6.1, 134.9, 0.15, "PC"),
}
"""Period, epoch and duration [d] and label of each star in the table.

The last digits are such that the validation and test splits contain planets and other events.
"""


def fenced() -> list[tuple[str, str]]:
    """Return the blocks of the README in order, with their languages."""
    return re.findall(r"```(\w*)\n(.*?)```", README, flags=re.DOTALL)


def steps() -> list[tuple[str, str]]:
    """Return the commands and the Python blocks of the README in order, with their kinds."""
    found: list[tuple[str, str]] = []
    for language, code in fenced():
        if language == "python":
            found.append((language, code))
        else:
            lines = code.replace("\\\n", " ").splitlines()
            found += [("command", line) for line in lines if line.startswith("astronet ")]
    return found


def flux_of(star: int, time: np.ndarray) -> np.ndarray:
    """Return a light curve: a flat transit of a planet, or a V-shaped eclipse."""
    period, epoch, duration, label = EVENTS[star]
    phase = np.abs((time - epoch + period / 2) % period - period / 2)
    edge = 0.2 * duration if label == "PC" and star != GRAZING else duration / 2
    dip = np.clip((duration / 2 - phase) / edge, 0, 1)
    noise = np.random.default_rng(star).normal(0, 3e-4, len(time))
    return 1e4 * (1 - (0.013 if label == "PC" else 0.2) * dip + noise)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, dict[str, str]]]:
    """An empty folder, and the addresses of local archives by the beginning of a command."""
    kepler_files = tmp_path_factory.mktemp("kepler")
    calendar = kepler_calendar()
    for star in EVENTS:
        for quarter in (1, 2, 3):
            time = calendar.time[calendar.rows(quarter)]
            columns = {"TIME": time, "PDCSAP_FLUX": flux_of(star, time)}
            write_quarter(kepler_files, star, quarter, columns)
    tess_files = tmp_path_factory.mktemp("tess")
    time = np.arange(1325.3, 1353.0, 2 / 1440)
    dip = np.abs((time - 1327.5 + 1.6444) % 3.2888 - 1.6444) < 0.065
    star = Target(25155310, "tess")
    (tess_files / star.folder).mkdir(parents=True)
    write_spoc(
        tess_files / star.folder,
        star.number,
        1,
        {"TIME": time, "PDCSAP_FLUX": np.where(dip, 0.993, 1.0)},
    )
    with ExitStack() as running:
        server = running.enter_context(serving(ArchiveServer(Sky(kepler_files))))
        tap = running.enter_context(tap_server.serving({"q1_q17_dr24_tce": table()}))
        yield (
            tmp_path_factory.mktemp("readme"),
            {
                "astronet download --mission tess": f"--source {tess_files}",
                "astronet download": f"--source {server.tree}",
                "astronet catalog fetch": f"--url {tap.url}",
                "astronet train": "training.epochs=1",
            },
        )


def table() -> pd.DataFrame:
    """Return the event table of five stars, with every column that is read."""
    spec = kepler.SPEC.tables["q1_q17_dr24_tce"]
    frame = pd.DataFrame({"kepid": list(EVENTS), "tce_plnt_num": 1})
    rows = [(p, t, 24 * d, label) for p, t, d, label in EVENTS.values()]
    frame[["tce_period", "tce_time0bk", "tce_duration", "av_training_set"]] = rows
    for ours in spec.columns:
        theirs = spec.layout.columns[ours][0][0]
        if theirs not in frame:
            frame[theirs] = 1.5
    return frame


def substituted(line: str, addresses: dict[str, str]) -> str:
    line = line.split("#")[0].strip()
    return next(
        (f"{line} {more}" for start, more in addresses.items() if line.startswith(start)), line
    )


def test_the_readme_works_as_written(
    place: tuple[Path, dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, addresses = place
    monkeypatch.chdir(folder)
    results: list[tuple[str, Result]] = []
    for kind, code in steps():
        if kind == "python":
            exec(compile(code, "README.md", "exec"), {})  # trusted: our own page
            continue
        line = substituted(code, addresses)
        result = command("", *shlex.split(line)[1:])
        assert result.status == 0, f"{line}\n{result.err}"
        results.append((line, result))
    outputs = dict(results)
    first, second = [text for line, text in outputs.items() if line.startswith("astronet predict")][
        :2
    ]
    assert float(first.out.split()[0]) > 0.8 > float(second.out.split()[0])
    assert len({line.split()[1] for line in outputs}) >= 9  # nearly every verb of the package
    assert (folder / "runs/astronet-dr24/evaluate-val/report.html").exists()


def test_no_two_commands_write_to_one_place() -> None:
    """Commands that write to the same store, run or table would replace each other's results."""
    written = []
    for kind, line in steps():
        words = shlex.split(line.split("#")[0]) if kind == "command" else []
        if words[1:2] == ["prepare"]:
            written += [word for word in words if word.startswith("store=")]
        elif words[1:2] in (["import"], ["predict"]):
            default = "predictions.csv"
            written.append(words[words.index("--out") + 1] if "--out" in words else default)
    names = [name.removeprefix("store=") for name in written]
    assert len(set(names)) == len(names) >= 6


def test_the_example_planet_scores_high_and_the_grazing_one_low(
    shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The README gives the scores of real light curves."""
    monkeypatch.chdir(tmp_path)
    lines = [
        line for kind, line in steps() if line.startswith("astronet predict pretrained --star")
    ]
    for line, expected in zip(lines, ("0.95", "0.21"), strict=True):
        words = shlex.split(line.replace("data/raw/kepler", str(shared / "data/kepler")))[1:]
        assert command("", *words).out.startswith(expected)
        assert f"is {expected}" in README or f"only {expected}" in README


@pytest.mark.slow
@pytest.mark.network
def test_make_demo_installs_and_runs_everything(tmp_path: Path) -> None:
    """`make demo` in a clone creates `.venv` and runs the demonstration."""
    clone = cloned(tmp_path)
    done = subprocess.run(["make", "demo"], cwd=clone, capture_output=True, text=True, timeout=3600)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "report: runs/demo/evaluate-test/report.html" in done.stdout


@pytest.mark.slow
@pytest.mark.network
def test_the_installation_by_hand_works(tmp_path: Path) -> None:
    """The commands of the README install all libraries that the commands import."""
    clone = cloned(tmp_path)
    (block,) = [code for _, code in fenced() if "pip install" in code]
    check = "astronet --version && astronet warm-up && python -c 'import captum, optuna, pyarrow'"
    script = f"set -e\n{block}\n{check}\n"
    done = subprocess.run(
        ["bash", "-c", script], cwd=clone, capture_output=True, text=True, timeout=3600
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^astronet \d+\.\d+", done.stdout, re.MULTILINE)


def cloned(folder: Path) -> Path:
    """Return a copy of the files of the repository, without what git ignores."""
    listing = ["git", "-C", str(REPOSITORY), "ls-files", "-z"]
    names = subprocess.run(listing, capture_output=True, text=True, check=True).stdout
    for name in filter(None, names.split("\0")):
        target = folder / "clone" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes((REPOSITORY / name).read_bytes())
    return folder / "clone"
