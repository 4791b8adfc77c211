"""Architecture: libraries loaded by each zone, direction of imports, location of code."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from samples import REPOSITORY, loaded

PACKAGE = REPOSITORY / "astronet"

WORKER = (
    *("files", "execution", "lightcurves", "missions", "catalogs", "archives", "stars"),
    *("detection", "vetting", "simulation", "dataset", "audits"),
)
SCORING = ("models", "runs", "evaluation", "explanations", "figures", "vetting_pages", "weights")
TRAINING = ("training", "tuning")
TOP_LEVEL = {"__init__", "__main__", "config", "errors", "progress"}
VERBS = {
    *("audit", "catalog", "demo", "download", "evaluate", "explain", "import_views"),
    *("predict", "prepare", "search", "simulate", "train", "tune", "vet", "warm_up"),
}
DRAWS = {"figures", "evaluation", "explanations", "vetting_pages"}
"""Packages of the scoring zone that may load matplotlib and bokeh."""

HEAVY = [
    *("torch", "lightning", "lightkurve", "pandas", "sklearn", "matplotlib", "astropy"),
    *("numba", "pycurl", "optuna", "numpy", "pydantic", "bokeh"),
]
SETTINGS = ("dataset.settings", "training.settings", "lightcurves.settings")

MAY_IMPORT = {
    "files": set(),
    "execution": {"files"},
    "lightcurves": set(),
    "detection": {"lightcurves"},
    "vetting": {"lightcurves", "detection"},
    "missions": {"lightcurves", "files", "catalogs"},
    "catalogs": {"lightcurves", "files"},
    "archives": {"catalogs", "missions", "files"},
    "simulation": {"lightcurves", "files"},
    "stars": {"lightcurves", "detection", "vetting", "missions", "files", "execution"},
    "dataset": {"lightcurves", "catalogs", "missions", "stars", "files", "execution"},
    "audits": {"lightcurves", "files"},
    "models": {"lightcurves", "dataset"},
    "figures": {"files"},
    "runs": {
        "lightcurves",
        "missions",
        "catalogs",
        "execution",
        "stars",
        "dataset",
        "models",
        "evaluation",
        "files",
        "config",
    },
    "evaluation": {"lightcurves", "figures", "files"},
    "explanations": {"lightcurves", "models", "figures", "files"},
    "vetting_pages": {
        "figures",
        "files",
        "lightcurves",
        "vetting",
        "missions",
        "stars",
        "execution",
        "dataset",
        "runs",
        "explanations",
    },
    "weights": set(),
    "training": {"lightcurves", "dataset", "models", "evaluation", "files"},
    "tuning": {"dataset", "files", "config"},
    "convolution": {"lightcurves", "simulation", "models", "figures"},
}
"""Packages that each package may import, in addition to itself, errors and progress."""

ONLY_IN = {
    "torch": {"models", "runs", "explanations", "training", "convolution", "train.py", "tune.py"},
    "safetensors": {"runs"},
    "lightning": {"training"},
    "astropy": {"files", "lightcurves", "missions"},
    "lightkurve": {"archives", "missions"},
    "numba": {"lightcurves"},
    "pyarrow": {"files"},
    "pycurl": {"archives"},
    "distributed": {"execution"},
    "certifi": {"archives"},
    "tenacity": {"archives", "files"},
    "fsspec": {"files"},
    "aiohttp": {"files"},
    "sklearn": {"evaluation", "training"},
    "matplotlib": {"figures", "convolution", "explanations", "vetting_pages"},
    "bokeh": {"figures", "evaluation", "explanations", "vetting_pages"},
    "captum": {"explanations"},
    "jinja2": {"figures"},
    "optuna": {"tuning", "tune.py"},
    "exoplanet_core": {"detection", "simulation", "vetting"},
    "typer": {"cli"},
    "rich": {"cli", "progress.py", "training"},
}


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(REPOSITORY).with_suffix("").parts).removesuffix(".__init__")


def imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def package_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0]


def names_in(*packages: str) -> list[str]:
    return [name_of(path) for path in modules() if package_of(path) in packages]


UNLOADED = {
    "entry points": (["astronet", "astronet.cli"], HEAVY),
    "settings": (
        [f"astronet.{name}" for name in SETTINGS],
        ["torch", "lightning", "matplotlib", "numba", "pandas", "sklearn"],
    ),
    "config": (["astronet.config"], ["lightning", "matplotlib", "numba", "sklearn"]),
    "worker packages": (names_in(*WORKER), ["torch", "lightning", "matplotlib", "bokeh"]),
    "scoring packages": (
        names_in(*(one for one in SCORING if one not in DRAWS)),
        ["lightning", "matplotlib", "bokeh"],
    ),
    "scoring packages that draw": (names_in(*DRAWS), ["lightning"]),
    "verbs without phase folding": (
        ["astronet.audit", "astronet.catalog", "astronet.download"],
        ["numba", "torch", "lightning"],
    ),
    "verbs that write data": (
        ["astronet.simulate", "astronet.import_views", "astronet.search"],
        ["torch", "lightning"],
    ),
    "verbs that do not train": (
        [f"astronet.{verb}" for verb in ("prepare", "predict", "evaluate", "explain", "vet")],
        ["lightning"],
    ),
}
"""Modules of each group, and the libraries that none of them loads."""


@pytest.mark.parametrize("group", UNLOADED)
def test_modules_do_not_load_heavy_libraries(group: str) -> None:
    """All modules of a group are imported in one interpreter, because each start takes seconds."""
    names, libraries = UNLOADED[group]
    found = f"{{one for one in {libraries} if one in sys.modules}}"
    check = "\n".join(f"import {name}\nassert not {found}, {name!r}" for name in names)
    assert names
    loaded(f"import sys\n{check}")


def test_every_package_belongs_to_one_zone() -> None:
    packages = {path.parent.name for path in PACKAGE.glob("*/__init__.py")} | {"weights"}
    assert packages == {*WORKER, *SCORING, *TRAINING, "cli", "convolution"}
    assert set(MAY_IMPORT) == packages - {"cli"}


def test_the_top_level_contains_only_verbs_and_shared_modules() -> None:
    assert {path.stem for path in PACKAGE.glob("*.py")} == TOP_LEVEL | VERBS


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_point_in_one_direction(path: Path) -> None:
    package = package_of(path)
    for name in imports(ast.parse(path.read_text(encoding="utf-8"))):
        parts = name.split(".")
        if parts[0] != "astronet" or len(parts) < 2:
            continue
        target = parts[1]
        if package in MAY_IMPORT:
            assert target in MAY_IMPORT[package] | {package, "errors", "progress"}, name
            continue
        assert target != "convolution", name
        if target in VERBS:
            assert package == "cli" or path.name in ("demo.py", "tune.py", "vet.py"), name
        else:
            assert target != "cli" or package in ("cli", "__main__.py"), name


def test_there_are_no_import_cycles() -> None:
    """Imports inside functions count as well."""
    known = {name_of(path) for path in modules()}
    graph = {}
    for path in modules():
        found = set(imports(ast.parse(path.read_text(encoding="utf-8"))))
        graph[name_of(path)] = {name for name in found if name in known} - {name_of(path)}
    while leaves := [name for name, needs in graph.items() if not needs & graph.keys()]:
        for name in leaves:
            del graph[name]
    assert not graph, f"in a cycle, or importing one: {sorted(graph)}"


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_libraries_are_imported_only_in_their_packages(path: Path) -> None:
    for name in imports(ast.parse(path.read_text(encoding="utf-8"))):
        library = name.split(".")[0]
        if library in ONLY_IN:
            assert package_of(path) in ONLY_IN[library], name


def test_kernels_are_compiled_only_by_the_decorator_that_works_without_a_cache() -> None:
    using = {p.name for p in modules() if "numba.njit" in imports(ast.parse(p.read_text()))}
    assert using == {"kernels.py"}


def test_no_file_is_longer_than_300_lines() -> None:
    long = {p.name: n for p in modules() if (n := len(p.read_text().splitlines())) > 300}
    assert not long


def test_public_names_can_be_imported() -> None:
    import astronet

    for name in astronet.__all__:
        assert getattr(astronet, name) is not None
    with pytest.raises(AttributeError, match="has no attribute 'nonsense'"):
        _ = astronet.nonsense


def test_no_public_name_is_the_name_of_a_verb() -> None:
    """Importing `astronet.<verb>` would replace a public object of the same name."""
    import astronet

    assert not VERBS & set(astronet.__all__)
    verbs = "\n".join(f"import astronet.{verb}" for verb in sorted(VERBS))
    names = ", ".join(f"astronet.{name}" for name in astronet.__all__)
    callables = [name for name in astronet.__all__ if callable(getattr(astronet, name))]
    check = f"all(callable(getattr(astronet, name)) for name in {callables})"
    loaded(f"{verbs}\nimport astronet\n_ = ({names})\nassert {check}")
