"""Texts from files and servers cannot control the terminal, and stay on their lines."""

import io
import logging
import sys
from contextlib import redirect_stderr
from pathlib import Path
from unittest.mock import patch

import pytest
from commands import command
from hostile import NAMES
from rich.console import Console

from astronet import progress
from astronet.cli.messages import command_line, echo, echo_csv, show_messages
from astronet.errors import printable

EVIL = "\x1b]0;title\x07\x1b[31mred\x9b2J\u202e[bold]x[/bold]\r\n\nerror: \x00second line"
SHOWN = "\ufffd]0;title\ufffd\ufffd[31mred\ufffd2J\ufffd[bold]x[/bold] error: \ufffdsecond line"


def is_safe(text: str) -> bool:
    return all(c.isprintable() or c == "\n" for c in text)


@pytest.fixture
def restored():
    logger = logging.getLogger("astronet")
    before = logger.handlers, logger.propagate, logger.level
    yield logger
    logger.handlers, logger.propagate = before[:2]
    logger.setLevel(before[2])
    progress.console.quiet = False


@pytest.mark.parametrize("name", NAMES)
def test_every_hostile_name_is_printed_on_one_line(name: str) -> None:
    assert is_safe(printable(name))
    assert "\n" not in printable(name)


def test_errors_are_one_line_without_control_characters(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text(f"\x1b[31m{EVIL}\n1\n")
    shown = command("catalog show", path)
    assert shown.status == 1
    assert shown.err.count("\n") == 1
    assert is_safe(shown.err)
    missing = command("catalog show", "\x1b[31m\nerror: x")
    assert missing.err.count("\n") == 1
    assert is_safe(missing.err)


@pytest.mark.parametrize("level", [logging.INFO, logging.WARNING])
def test_log_messages_are_one_line_without_control_characters(restored, level: int) -> None:
    output = io.StringIO()
    console = Console(file=output, width=500)
    with patch.object(progress, "console", console), redirect_stderr(output):
        show_messages(level)
        restored.warning("star %s is missing", EVIL)
    assert output.getvalue().rstrip() == f"warning: star {SHOWN} is missing"


def test_messages_are_no_markup_of_rich(restored) -> None:
    output = io.StringIO()
    console = Console(file=output, force_terminal=True, color_system=None, width=500)
    with patch.object(progress, "console", console):
        show_messages(logging.INFO)
        restored.info("[bold red]x[/] [link=https://example.org]y[/link] :warning:")
    assert output.getvalue().strip() == (
        "[bold red]x[/] [link=https://example.org]y[/link] :warning:"
    )


def test_results_keep_their_lines_but_no_control_characters(capsys) -> None:
    echo(f"one  two\n{EVIL}")
    printed = capsys.readouterr().out
    assert printed.startswith("one  two\n")
    assert is_safe(printed)


def test_a_table_is_unchanged_unless_it_is_shown_by_a_terminal(capsys, monkeypatch) -> None:
    echo_csv("star\n\x1b[31m\n")
    assert capsys.readouterr().out == "star\n\x1b[31m\n"
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    echo_csv("star\n\x1b[31m\n")
    assert capsys.readouterr().out == "star\n\ufffd[31m\n"


def test_commands_to_copy_are_quoted() -> None:
    line = command_line("predict", "a; rm b", {"star": "$(x) `y` 'z'"})
    assert line == """astronet predict 'a; rm b' --star '$(x) `y` '"'"'z'"'"''"""


def test_the_description_of_a_progress_bar_is_text(monkeypatch) -> None:
    output = io.StringIO()
    console = Console(file=output, force_terminal=True, color_system=None, width=200)
    monkeypatch.setattr(progress, "console", console)
    with progress.progress_bar("view {0} [bold]x[/bold]", "{x} [y]", 2) as advance:
        advance(2)
    assert "view {0} [bold]x[/bold]" in output.getvalue()
    assert "{x} [y]" in output.getvalue()
