"""The library names no command-line options and prints nothing; only cli/ does."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from samples import REPOSITORY

PACKAGE = REPOSITORY / "astronet"
BELOW_CLI = [path for path in sorted(PACKAGE.rglob("*.py")) if "cli" not in path.parts]
GIT = {"--always", "--dirty", "--abbrev=40", "--exclude=*"}
"""Options of git, which files/provenance.py calls."""


def strings(path: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value


@pytest.mark.parametrize("path", BELOW_CLI, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_no_text_names_an_option(path: Path) -> None:
    found = [
        f"{path.name}:{line}: {text!r}"
        for line, text in strings(path)
        if re.search(r"(^|[\s`'(])--[a-z]", text) and text not in GIT
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("path", BELOW_CLI, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_nothing_prints(path: Path) -> None:
    """Messages go through logging; the console belongs to progress bars."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            function = node.func
            assert not (isinstance(function, ast.Name) and function.id == "print"), node.lineno
            if isinstance(function, ast.Attribute) and function.attr == "print":
                assert path.name == "progress.py", node.lineno


def test_messages_can_be_captured(caplog: pytest.LogCaptureFixture) -> None:
    import astronet

    with caplog.at_level("INFO", logger="astronet"):
        astronet.load("pretrained")
    assert any(message.startswith("weights: pretrained (sha256 ") for message in caplog.messages)
