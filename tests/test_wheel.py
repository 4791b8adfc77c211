"""The wheel works without the checkout: configs by name, and the complete demo."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from samples import REPOSITORY, SmallRun

SOURCES = (
    "astronet",
    "configs",
    "setup.py",
    "pyproject.toml",
    "MANIFEST.in",
    "README.md",
    "LICENSE",
)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with the installed wheel, which is built from a copy of the sources."""
    source, target = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("installed")
    for name in SOURCES:
        path = REPOSITORY / name
        copy = shutil.copytree if path.is_dir() else shutil.copy
        copy(path, source / name)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    building = ["wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(target), "."]
    subprocess.run([*pip, *building], cwd=source, check=True)
    (wheel,) = target.glob("*.whl")
    installing = ["install", "--no-deps", "--target", str(target / "packages"), str(wheel)]
    subprocess.run([*pip, *installing], check=True)
    return target / "packages"


def astronet(
    installed: Path, folder: Path, *words: object, timeout: int = 120
) -> subprocess.CompletedProcess[str]:
    """Run a command of the installed wheel; dependencies come from this environment."""
    environment = os.environ | {"PYTHONPATH": str(installed)}
    where = [sys.executable, "-c", "import astronet; print(astronet.__file__)"]
    found = subprocess.run(where, cwd=folder, env=environment, capture_output=True, text=True)
    assert Path(found.stdout.strip()).is_relative_to(installed)
    command = [sys.executable, "-m", "astronet", *map(str, words)]
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=timeout
    )


def test_the_wheel_contains_every_config(installed: Path) -> None:
    shipped = installed / "astronet" / "configs"
    for path in (REPOSITORY / "configs").rglob("*.yaml"):
        copy = shipped / path.relative_to(REPOSITORY / "configs")
        assert copy.read_bytes() == path.read_bytes()


def test_the_wheel_contains_the_templates_styles_and_scripts_of_pages(installed: Path) -> None:
    package = REPOSITORY / "astronet"
    pages = [path for kind in ("html", "css", "js") for path in package.rglob(f"*.{kind}")]
    assert len(pages) > 8
    for path in pages:
        copy = installed / "astronet" / path.relative_to(package)
        assert copy.read_bytes() == path.read_bytes()


def test_the_wheel_contains_all_files_of_the_weights(installed: Path) -> None:
    shipped, weights = installed / "astronet" / "weights", REPOSITORY / "astronet" / "weights"
    assert (shipped / "pretrained.neighbours.safetensors").exists()
    assert {path.name for path in shipped.iterdir()} == {path.name for path in weights.iterdir()}


def test_a_config_is_found_by_its_name(
    installed: Path, small_run: SmallRun, tmp_path: Path
) -> None:
    words = ["--config", "astronet", f"store={small_run.store}", "training.epochs=1"]
    trained = astronet(installed, tmp_path, "train", *words)
    assert trained.returncode == 0, trained.stderr
    assert trained.stdout.startswith("runs/astronet: trained for 1 epoch in ")
    assert (tmp_path / "runs" / "astronet" / "best.ckpt").exists()


@pytest.mark.slow
def test_the_demo_runs_from_the_wheel(installed: Path, tmp_path: Path) -> None:
    shown = astronet(installed, tmp_path, "demo", "--stars", 60, timeout=1800)
    assert shown.returncode == 0, shown.stderr
    assert "report: runs/demo/evaluate-test/report.html" in shown.stdout
    assert (tmp_path / "runs" / "demo" / "evaluate-test" / "report.html").exists()
