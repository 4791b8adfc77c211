"""Imports point one way, and heavy libraries stay in their rooms."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from samples import REPOSITORY

PACKAGE = REPOSITORY / "astronet"

MAY_IMPORT = {
    "lightcurves": set(),
    "catalogs": {"lightcurves"},
    "simulation": {"lightcurves"},
    "missions": {"lightcurves", "catalogs", "simulation"},
    "archives": {"catalogs", "missions"},
    "dataset": {"lightcurves", "catalogs"},
    "models": {"lightcurves", "dataset"},
    "convolution": {"lightcurves", "simulation", "models", "evaluation"},
    "evaluation": {"lightcurves"},
    "audits": {"lightcurves"},
    "explanations": {"lightcurves", "dataset", "models", "evaluation"},
    "tuning": {"dataset"},
    "weights": set(),
}
ROOMS = set(MAY_IMPORT)
VERBS = {
    "audit",
    "catalog",
    "demo",
    "download",
    "evaluate",
    "explain",
    "import_views",
    "pack",
    "predict",
    "prepare",
    "simulate",
    "train",
    "tune",
}
HEAVY = {
    "torch": {
        "models",
        "dataset",
        "convolution",
        "explanations",
        "train.py",
        "run.py",
        "scorer.py",
        "shipped.py",
        "pack.py",
        "tune.py",
    },
    "safetensors": {"shipped.py", "pack.py"},
    "lightning": {"models", "dataset"},
    "astropy": {"missions"},
    "lightkurve": {"archives", "missions"},
    "urllib3": {"archives"},
    "tenacity": {"archives"},
    "sklearn": {"evaluation", "models"},
    "matplotlib": {"evaluation", "convolution", "explanations"},
    "captum": {"explanations"},
    "jinja2": {"evaluation"},
    "optuna": {"tuning", "tune.py"},
    "exoplanet_core": {"simulation"},
}


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0]


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_arrows_point_one_way(path: Path) -> None:
    room = room_of(path)
    for name in imports(path):
        parts = name.split(".")
        if parts[0] != "astronet" or len(parts) < 2:
            continue
        target = parts[1]
        if room in ROOMS:
            assert target in MAY_IMPORT[room] | {
                room,
                "errors",
                "packed",
                "progress",
                "versions",
                "wording",
                "workers",
            }, name
        elif target in VERBS:
            assert room == "cli" or path.name in ("demo.py", "explain.py", "tune.py"), (
                f"{path.name} imports the verb {target}"
            )


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_heavy_libraries_stay_in_their_rooms(path: Path) -> None:
    for name in imports(path):
        library = name.split(".")[0]
        if library in HEAVY:
            assert room_of(path) in HEAVY[library], name


def test_no_file_is_longer_than_300_lines() -> None:
    long = {p.name: n for p in modules() if (n := len(p.read_text().splitlines())) > 300}
    assert not long


@pytest.mark.parametrize("code", ["import astronet", "import astronet.cli"])
def test_import_is_light(code: str) -> None:
    heavy = [
        "torch",
        "lightning",
        "lightkurve",
        "pandas",
        "sklearn",
        "matplotlib",
        "astropy",
        "numba",
        "urllib3",
        "optuna",
    ]
    check = f"{code}, sys; print([m for m in {heavy} if m in sys.modules])"
    found = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True)
    assert found.stdout.strip() == "[]", found.stderr


def test_preparation_does_not_import_torch() -> None:
    check = "import astronet.missions.stars, sys; print('torch' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True)
    assert found.stdout.strip() == "False", found.stderr


def test_the_notebook_api_has_its_names() -> None:
    import astronet

    for name in astronet.__all__:
        assert getattr(astronet, name) is not None
    with pytest.raises(AttributeError, match="has no attribute 'nonsense'"):
        _ = astronet.nonsense


@pytest.mark.parametrize("verb", ["audit", "catalog", "download"])
def test_what_folds_no_light_curve_does_not_wait_for_numba(verb: str) -> None:
    check = f"import astronet.{verb}, sys; print(sorted({{'numba', 'torch'}} & set(sys.modules)))"
    found = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True)
    assert found.stdout.strip() == "[]", found.stderr
