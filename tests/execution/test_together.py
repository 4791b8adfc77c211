"""Processes that run one task together."""

import logging
import os
import signal
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from astronet.errors import ConfigError, WorkerError
from astronet.execution.together import run_together

_logger = logging.getLogger("astronet")


def _task(what: str, number: int, send: Callable[[Any], None]) -> str:
    send(number)
    if number == 1 and what == "killed":
        os.kill(os.getpid(), signal.SIGKILL)
    if number == 1 and what == "error":
        raise ConfigError("the setting is invalid; change it")
    if number == 1 and what == "bug":
        raise ZeroDivisionError("by zero")
    if what != "result":
        time.sleep(600)  # ends only if the other process ends
    _logger.warning("from process %d", number)
    return f"result of {number}"


def _ignore(_: Any) -> None:
    pass


def test_result_and_messages_are_those_of_the_first_process(
    caplog: pytest.LogCaptureFixture,
) -> None:
    received: list[int] = []
    assert run_together(partial(_task, "result"), 2, received.append) == "result of 0"
    assert sorted(received) == [0, 1]
    assert caplog.messages == ["from process 0"]


def test_killed_process_ends_the_others() -> None:
    with pytest.raises(WorkerError) as error:
        run_together(partial(_task, "killed"), 2, _ignore)
    assert str(error.value) == "process 2 of 2 was killed by SIGKILL (probably out of memory)"


def test_error_of_any_process_is_raised() -> None:
    with pytest.raises(ConfigError, match="^the setting is invalid; change it$"):
        run_together(partial(_task, "error"), 2, _ignore)


def test_unexpected_error_has_the_traceback_of_its_process() -> None:
    with pytest.raises(ZeroDivisionError) as error:
        run_together(partial(_task, "bug"), 2, _ignore)
    assert "in _task" in error.value.__notes__[0]
