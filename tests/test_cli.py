"""The command line, tested in real processes: results, help and one-line errors."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from samples import REPOSITORY, Archive, SmallRun

from astronet.cli.messages import as_called
from astronet.cli.requests import requested_star
from astronet.errors import RunError
from astronet.missions.settings import SOURCES


def astronet(*words: object, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "astronet", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, timeout=120)


def test_a_pipeline_runs_from_fits_files_to_scores(archive: Archive, tmp_path: Path) -> None:
    config = tmp_path / "tiny.yaml"
    config.write_text(
        f"source: {{catalog: {archive.catalog}, light_curves: {archive.light_curves}}}\n"
        "store: store\n"
        "data: {split: {kind: star, fractions: [0.5, 0.25, 0.25], salt: '2'}}\n"
        "network: {kind: linear}\n"
        "training: {epochs: 2}\n"
    )
    prepared = astronet("prepare", "--config", config, "--workers", 1, cwd=tmp_path)
    assert prepared.stdout.startswith("store: 40 events of 30 stars; views global [2001], local")
    assert "next: astronet train --config" in prepared.stdout
    trained = astronet("train", "--config", config, "training.epochs=3", cwd=tmp_path)
    assert trained.stdout.startswith("runs/tiny: trained for 3 epochs in ")
    assert "next: astronet evaluate runs/tiny" in trained.stdout
    evaluated = astronet("evaluate", "runs/tiny", "--split", "val", cwd=tmp_path)
    assert "report: runs/tiny/evaluate-val/report.html" in evaluated.stdout
    assert (tmp_path / "runs/tiny/evaluate-val/report.html").exists()
    predicted = astronet("predict", "runs/tiny", "--store", "store", cwd=tmp_path)
    assert (
        "table: predictions.csv   figure: predictions.png   record: predictions.json"
        in predicted.stdout
    )
    for result in (prepared, trained, evaluated, predicted):
        assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("script", ["train", "evaluate", "predict"])
def test_each_script_runs_its_verb(script: str) -> None:
    path = REPOSITORY / "scripts" / f"{script}.py"
    result = subprocess.run([sys.executable, path, "--help"], capture_output=True, text=True)
    assert f"{script} [OPTIONS]" in result.stdout


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (("frobnicate",), 2, "No such command 'frobnicate'; see `python -m astronet --help`"),
        (("train", "--conf", "x"), 2, "No such option: --conf"),
        (("train",), 2, "Missing option '--config'"),
        (("train", "--config", "no.yaml"), 1, "no.yaml is neither a file nor a shipped config"),
        (("tune", "--config", "no.yaml"), 2, "Missing option '--space'"),
        (
            ("tune", "--config", REPOSITORY / "configs/demo.yaml", "--space", "no.yaml"),
            1,
            "no.yaml is neither a file nor a shipped search space; give the path of a YAML ",
        ),
        (("evaluate", "runs/no"), 1, "there is no run in runs/no; train one: `astronet train"),
        (("predict", "runs/no"), 1, "no input is given; give one of --star"),
        (("explain", "runs/no"), 1, "no event is given; give either --star with --data, "),
        (("explain", "no", "--store", "s", "--row", 0), 1, "'no' is neither a run folder nor the "),
        (
            ("audit", "no"),
            1,
            "no is not a store (it has no store.json); create one with `astronet imp",
        ),
        (
            ("catalog", "show", "no.csv"),
            1,
            "no.csv does not exist; give the path of a table (CSV, ",
        ),
        (
            ("catalog", "fetch", "../x"),
            1,
            "there is no event table '../x'; choose one of q1_q17_dr24",
        ),
        (
            ("catalog", "steal"),
            2,
            "No such command 'steal'; see `python -m astronet catalog --help",
        ),
        (("import", "no.npz", "--out", "s"), 1, "no.npz does not exist; give an .npz file of v"),
        (
            ("prepare", "--config", REPOSITORY / "configs/astronet.yaml"),
            1,
            "there is no snapshot of the table q1_q17_dr24_tce in data/catalogs; fetch it: `",
        ),
        (("simulate", "--out", "s", "--stars", "0"), 2, "Invalid value for '--stars': "),
    ],
)
def test_an_error_is_one_line_and_a_nonzero_status(
    words: tuple[object, ...], status: int, message: str, tmp_path: Path
) -> None:
    result = astronet(*words, cwd=tmp_path)
    assert result.returncode == status
    assert result.stderr.startswith(f"error: {message}")
    assert result.stderr.count("\n") == 1
    assert result.stdout == ""
    assert list(tmp_path.iterdir()) == []


def test_a_single_star_is_scored(small_run: SmallRun, archive: Archive, tmp_path: Path) -> None:
    star = sorted(archive.light_curves.glob("*/*"))[0].name
    words = ("--star", int(star), "--data", archive.light_curves, "--period", 12.5)
    scored = astronet(
        "predict", small_run.run, *words, "--epoch", 140, "--duration", 0.2, cwd=tmp_path
    )
    assert scored.returncode == 0, scored.stderr
    assert f"  {int(star)}  event 1" in scored.stdout
    rejected = astronet(
        "predict", small_run.run, *words, "--epoch", 140, "--duration", 13, cwd=tmp_path
    )
    assert rejected.stderr == (
        "error: a transit of 13 d cannot fit in a period of 12.5 d; durations are in days "
        "(divide NASA's tce_duration by 24)\n"
    )


def test_the_error_names_a_truncated_file(
    small_run: SmallRun, archive: Archive, tmp_path: Path
) -> None:
    star = sorted(archive.light_curves.glob("*/*"))[0]
    copy = tmp_path / star.parent.name / star.name
    copy.mkdir(parents=True)
    path = sorted(star.glob("*.fits"))[0]
    (copy / path.name).write_bytes(path.read_bytes()[:20000])
    words = ("--star", int(star.name), "--data", tmp_path, "--period", 12.5, "--epoch", 140)
    result = astronet("predict", small_run.run, *words, "--duration", 0.2, cwd=tmp_path)
    assert result.returncode == 1
    assert result.stderr.count("\n") == 1
    assert path.name in result.stderr and "20000" in result.stderr.replace(",", "")


def test_a_custom_light_curve_is_scored(small_run: SmallRun, tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text(
        "t,flux\n"
        + "".join(
            f"{1400 + k / 50},{1 + (k % 7) / 1e4 - (k % 150 < 8) / 1e3}\n" for k in range(3000)
        )
    )
    words = [
        "--star",
        "mine",
        "--data",
        "mine.csv",
        "--mission",
        "custom",
        "--reader",
        "clock=btjd",
    ]
    words += ["--reader", "time=t", "--period", 3, "--epoch", 1400.08, "--duration", 0.16]
    scored = astronet("predict", small_run.run, *words, cwd=tmp_path)
    assert scored.returncode == 0, scored.stderr
    assert "  mine  event 1" in scored.stdout


def test_control_characters_are_not_printed() -> None:
    rejected = astronet("train", "--config", "a\x1b[2Jb.yaml")
    assert rejected.stderr.startswith("error: a\ufffd[2Jb.yaml is neither a file nor ")


def test_the_version_is_printed() -> None:
    from astronet import __version__

    assert astronet("--version").stdout == f"astronet {__version__}\n"


@pytest.mark.skipif(not Path("/bin/sh").exists(), reason="requires a shell")
def test_a_closed_pipe_is_no_error(tmp_path: Path) -> None:
    table = tmp_path / "long.csv"
    rows = (f"{star},1,5.5,140.5,0.1\n" for star in range(1, 5001))
    table.write_text("star,number,period_days,epoch_bkjd,duration_days\n" + "".join(rows))
    (tmp_path / "data").mkdir()
    words = f"predict pretrained --table {table} --data {tmp_path / 'data'} --workers 1 --out -"
    script = f"{sys.executable} -m astronet {words} | head -1"
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, timeout=120)
    assert done.stdout.startswith("star,number,period_days,epoch_bkjd,duration_days,score,")
    assert "Traceback" not in done.stderr and "Broken pipe" not in done.stderr


def test_help_shows_the_verbs_and_an_example() -> None:
    assert "simulate" in astronet("--help").stdout
    assert "Example" in astronet("train", "--help").stdout


@pytest.mark.skipif(not hasattr(os, "killpg"), reason="requires process groups")
@pytest.mark.parametrize("delay", [0.0, 0.5, 2.0])
def test_ctrl_c_gives_one_line(tmp_path: Path, delay: float) -> None:
    command = [sys.executable, "-m", "astronet", "simulate", "--out", "sky", "--stars", "2000"]
    process = subprocess.Popen(
        [*command, "--workers", "2"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    while not (tmp_path / "sky/light_curves").exists() and process.poll() is None:
        time.sleep(0.01)
    time.sleep(delay)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: the workers receive it too
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert errors.splitlines()[-1] == "error: interrupted"
    assert "Traceback" not in errors


@pytest.mark.parametrize(
    ("program", "expected"),
    [
        ("/opt/env/bin/astronet", "/opt/env/bin/astronet predict runs/demo"),
        ("/my programs/astronet", "'/my programs/astronet' predict runs/demo"),
        ("/src/astronet/__main__.py", "python -m astronet predict runs/demo"),
    ],
)
def test_next_command_can_be_copied_outside_an_activated_environment(
    monkeypatch: pytest.MonkeyPatch, program: str, expected: str
) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(sys, "argv", [program])
    assert as_called("astronet predict runs/demo") == expected


@pytest.mark.parametrize("star", ["757450", "KIC 757450", "kic757450", "kplr000757450", " 757450 "])
def test_star_numbers_may_follow_the_name_of_their_catalogue(star: str) -> None:
    assert requested_star(star, SOURCES["kepler"]()) == 757450


def test_star_numbers_of_another_catalogue_are_an_error() -> None:
    with pytest.raises(RunError, match="^TIC 757450 is a TESS star.*; set mission to tess$"):
        requested_star("TIC 757450", SOURCES["kepler"]())


def test_names_of_custom_stars_are_kept() -> None:
    source = SOURCES["custom"](mission="custom", reader={"clock": "bjd"})
    assert requested_star("KIC 757450", source) == "KIC 757450"
