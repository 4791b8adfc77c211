"""Command-line interface: the options of each command, and one-line error messages."""

import os
import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer
from typer.exceptions import TyperException

from astronet.cli import (
    catalogs,
    data,
    demo,
    download,
    explain,
    networks,
    predict,
    search,
    vet,
    warm_up,
)
from astronet.cli.messages import InterruptedCommandError, error_message, with_verbosity
from astronet.errors import AstronetError, RunError, one_line, printable

app = typer.Typer(
    name="astronet",
    help="Find planet candidates in light curves, and classify them: search, prepare views, train "
    "networks, score events.",
    epilog="Start with `astronet demo`: it simulates its own stars and takes a few minutes.\n\n"
    "Every command has its own help, for example `astronet train --help`.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
)
app.command()(with_verbosity(demo.demo))
app.command()(with_verbosity(data.simulate))
app.command()(with_verbosity(download.download))
app.command("import")(with_verbosity(data.import_))
app.command()(with_verbosity(data.prepare))
app.command()(with_verbosity(data.audit))
app.add_typer(catalogs.catalog, name="catalog")
app.command()(with_verbosity(networks.train))
app.command()(with_verbosity(networks.tune))
app.command()(with_verbosity(networks.evaluate))
app.command()(with_verbosity(search.search))
app.command()(with_verbosity(predict.predict))
app.command()(with_verbosity(vet.vet))
app.command()(with_verbosity(explain.explain))
app.command()(with_verbosity(warm_up.warm_up))


def _print_version(requested: bool) -> None:
    if requested:
        from astronet import __version__

        typer.echo(f"astronet {__version__}")
        raise typer.Exit()


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", is_eager=True, callback=_print_version, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    pass


_INTERRUPTED = 130
"""Exit status after Ctrl-C: 128 plus the number of the signal SIGINT."""

_CLOSED = 141
"""Exit status if standard output is closed early: 128 plus the number of the signal SIGPIPE."""


def main() -> None:
    """Run the command-line interface, and exit with its status.

    Errors that the user can fix are printed to standard error as one line.
    """
    try:
        _check_values(sys.argv[1:])
        status = app(standalone_mode=False)
    except AstronetError as error:
        stopped = isinstance(error, InterruptedCommandError)
        sys.exit(_fail(error_message(error), _INTERRUPTED if stopped else 1))
    except BrokenPipeError:  # the reader of standard output has ended, for example `head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(_CLOSED)
    except OSError as error:  # for example, a full disk or a read-only folder
        where = f"{error.filename}: " if error.filename else ""
        remedy = "check the path, its permissions and the free space"
        sys.exit(_fail(f"{where}{error.strerror or error}; {remedy}", 1))
    except TyperException as error:
        context = getattr(error, "ctx", None)
        called, found = _called()
        command = context.command_path if context else called
        reason = one_line(error.format_message()).rstrip(".")
        reason = _several_values(reason, found) or reason
        if not reason:  # no arguments: typer has already printed the help
            sys.exit(2)
        sys.exit(_fail(f"{reason}; see `{command} --help`", 2))
    except (KeyboardInterrupt, typer.Abort):
        sys.exit(_fail("interrupted", _INTERRUPTED))
    if status == _INTERRUPTED:  # typer catches Ctrl-C and returns this status
        sys.exit(_fail("interrupted", _INTERRUPTED))
    sys.exit(status if isinstance(status, int) else 0)


def _check_values(words: Sequence[str]) -> None:
    """Raise an error if an option has an empty value, because an empty path means this folder.

    This is usually an unset variable of the shell, as in `--out "$FOLDER"`.

    Raises:
        RunError: A value is empty.
    """
    before = ""
    for word in words:
        name = word[:-1] if word.startswith("--") and word.endswith("=") else before
        if name.startswith("--") and (not word.strip() or word == f"{name}="):
            raise RunError(f"the value of {name} is empty; give a value, or leave the option out")
        before = word


def _several_values(reason: str, command: Any) -> str:
    """Return a message if a reason is about an option that requires several numbers, otherwise "".

    If one is missing, the parser takes the next option for a number.

    Args:
        reason: Message of the parser.
        command: Command whose options are parsed.
    """
    for one in command.params:
        if one.nargs > 1 and f"'{one.opts[0]}'" in reason:
            example = " ".join(f"{value:g}" for value in one.default)
            return (
                f"{one.opts[0]} requires {one.nargs} numbers ({one.metavar}), for example "
                f"{one.opts[0]} {example}"
            )
    return ""


def _called() -> tuple[str, Any]:
    """Return the program and the command on the command line, and the command's object.

    For example, the text is "astronet search".
    """
    module = os.path.basename(sys.argv[0]) == "__main__.py"
    words, group = ["python -m astronet" if module else "astronet"], typer.main.get_command(app)
    for word in sys.argv[1:]:
        found = getattr(group, "commands", {}).get(word)
        if found is None:
            break
        words.append(word)
        group = found
    return " ".join(words), group


def _fail(message: str, status: int) -> int:
    typer.echo(f"error: {printable(message)}", err=True)
    return status
