"""Commands run in this process, as a user would type them."""

import io
import logging
import sys
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from typing import NamedTuple
from unittest.mock import patch

from astronet.progress import console


class Result(NamedTuple):
    """Exit status and output of a command."""

    status: int
    out: str
    err: str

    @property
    def error(self) -> str:
        """The last line of standard error, without the prefix `error: `."""
        assert self.status != 0
        last = self.err.splitlines()[-1]
        assert last.startswith("error: ")
        return last.removeprefix("error: ")


def command(verb: str, *arguments: object, **options: object) -> Result:
    """Run `astronet <verb>`; omit options that are None or False, repeat options that are lists."""
    from astronet.cli import main

    words = [*verb.split(), *map(str, arguments), *_words(options)]
    out, err = io.StringIO(), io.StringIO()
    with (
        patch.object(sys, "argv", ["astronet", *words]),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        try:
            main()
            status = 0
        except SystemExit as end:
            status = int(end.code or 0)
        finally:
            _reset_logging()
    return Result(status, out.getvalue(), err.getvalue())


def _reset_logging() -> None:
    """Undo the logging configuration of the command line."""
    console.quiet = False
    logger = logging.getLogger("astronet")
    logger.handlers, logger.propagate = [], True
    logger.setLevel(logging.NOTSET)


def _words(options: Mapping[str, object]) -> list[str]:
    words = []
    for name, value in options.items():
        flag = f"--{name.replace('_', '-')}"
        for one in value if isinstance(value, list | tuple) else [value]:
            if one is True:
                words.append(flag)
            elif one is not None and one is not False:
                words += [flag, str(one)]
    return words
