"""Docs are up to date: Python blocks run, commands and configs exist; see also test_readme.py."""

import re
import shlex
from pathlib import Path

import pytest
import typer
from samples import REPOSITORY

from astronet.cli import app

PAGES = [REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").glob("*.md"))]


def blocks(language: str) -> list[tuple[str, str]]:
    found = []
    for page in PAGES:
        for code in re.findall(rf"```{language}\n(.*?)```", page.read_text(), flags=re.DOTALL):
            found.append((page.name, code))
    return found


def commands() -> list[tuple[str, str]]:
    return [
        (name, line.split("#")[0].strip())
        for name, code in blocks("(?:bash|sh)")
        for line in code.replace("\\\n", " ").splitlines()
        if line.startswith("astronet ")
    ]


@pytest.mark.parametrize(
    ("page", "code"), [block for block in blocks("python") if block[0] != "README.md"]
)
def test_python_blocks_run(
    page: str, code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    exec(compile(code, page, "exec"), {})  # trusted: our own pages


@pytest.mark.parametrize(("page", "line"), commands())
def test_commands_exist_with_their_options(page: str, line: str) -> None:
    _, *words = shlex.split(line)
    command = typer.main.get_command(app)
    while hasattr(command, "commands"):
        command = command.commands[words.pop(0)]
    known = {option for parameter in command.params for option in parameter.opts}
    assert {word.split("=")[0] for word in words if word.startswith("--")} <= known


def test_named_configs_exist() -> None:
    for page in PAGES:
        for name in re.findall(r"configs/[\w-]+\.yaml", page.read_text()):
            assert (REPOSITORY / name).exists(), f"{page.name} names {name}"
