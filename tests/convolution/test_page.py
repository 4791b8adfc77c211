"""The page on convolution is up to date, and its notebook runs."""

import ast
import importlib.util
import json
import re
import types

import pytest
from matplotlib.figure import Figure
from samples import REPOSITORY

DOCS = REPOSITORY / "docs"
NOTEBOOK = json.loads((DOCS / "convolution.ipynb").read_text(encoding="utf-8"))
CODE = ["".join(c["source"]) for c in NOTEBOOK["cells"] if c["cell_type"] == "code"]


@pytest.fixture(scope="module")
def script() -> types.ModuleType:
    path = REPOSITORY / "scripts/make_convolution_page.py"
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_up_to_date(script):
    page, drawn = script.render()
    committed = (DOCS / "convolution.md").read_text(encoding="utf-8")
    assert page == committed, "run `make convolution` and check the differences"
    shown = re.findall(r"\(images/convolution-(\w+)\.png\)", page)
    assert sorted(shown) == sorted(drawn)


def test_figures_exist_and_are_small():
    for name in re.findall(r"\((images/[\w-]+\.png)\)", (DOCS / "convolution.md").read_text()):
        assert 5_000 < (DOCS / name).stat().st_size < 150_000, name


def test_an_identity_that_does_not_hold_raises(script):
    lesson = script.Lesson()
    with pytest.raises(AssertionError, match="two is three: 1"):
        lesson.check("two is three", 2, 3, "nothing")


def test_the_notebook_has_no_outputs():
    for cell in NOTEBOOK["cells"]:
        assert not cell.get("outputs") and cell.get("execution_count") is None


def test_the_notebook_runs():
    names: dict[str, object] = {}
    drawn = 0
    for number, cell in enumerate(CODE):
        plain = "".join(line for line in cell.splitlines(True) if not line.startswith("%"))
        *steps, last = ast.parse(plain).body
        place = f"cell {number} of the notebook"
        exec(compile(ast.Module(steps, []), place, "exec"), names)  # from this repository
        if isinstance(last, ast.Expr):
            shown = eval(compile(ast.Expression(last.value), place, "eval"), names)
            drawn += isinstance(shown, Figure)
        else:
            exec(compile(ast.Module([last], []), place, "exec"), names)
    assert drawn == sum("figures." in cell for cell in CODE) >= 10
