"""Terminal output: log messages, error messages with options, and commands to copy."""

import functools
import inspect
import logging
import shlex
import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_args

import typer
from typer.models import OptionInfo

from astronet.errors import AstronetError, ResumableInterrupt, RunError, counted, printable
from astronet.files.remote import is_url

if TYPE_CHECKING:
    from astronet.dataset.store import ViewStore
    from astronet.execution.shards import Shard

SOME_FAILED = 3
"""Exit status if some stars or events failed; it is 0 if none failed, and 1 if all failed."""

Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Show debugging messages as well.")]
Quiet = Annotated[
    bool,
    typer.Option(
        "--quiet",
        "-q",
        help="Hide progress bars and informational messages; results are still printed.",
    ),
]


class InterruptedCommandError(AstronetError):
    """Error raised after Ctrl-C if the command can be resumed."""


def with_verbosity(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the command with the additional options `--verbose` and `--quiet`.

    If the command raises an `AstronetError`, names that are not options of the command are removed
    from the error's `arguments`.
    """

    @functools.wraps(function)
    def command(*args: Any, verbose: bool = False, quiet: bool = False, **kwargs: Any) -> Any:
        show_messages(logging.DEBUG if verbose else logging.WARNING if quiet else logging.INFO)
        try:
            _check_local(kwargs)
            return function(*args, **kwargs)
        except AstronetError as error:
            error.arguments = tuple(name for name in error.arguments if name in options)
            raise
        except ResumableInterrupt as stop:  # typer drops the message of a KeyboardInterrupt
            given = tuple(name for name in stop.arguments if name in options)
            raise InterruptedCommandError(str(stop), arguments=given) from None

    signature = inspect.signature(function, eval_str=True)
    options = {name for name, one in signature.parameters.items() if _is_option(one.annotation)}
    added = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=False, annotation=kind)
        for name, kind in (("verbose", Verbose), ("quiet", Quiet))
    ]
    parameters = [*signature.parameters.values(), *added]
    vars(command)["__signature__"] = signature.replace(parameters=parameters)
    command.__annotations__ = {p.name: p.annotation for p in parameters}
    del command.__wrapped__
    return command


def show_messages(level: int) -> None:
    """Show log messages at or above a level.

    If the level is above `logging.INFO`, progress bars are hidden.

    Args:
        level: Minimum level of the messages, for example `logging.INFO`.
    """
    from rich.logging import RichHandler

    from astronet.progress import console

    console.quiet = False
    handler: logging.Handler = RichHandler(
        console=console, show_time=False, show_level=False, show_path=False, highlighter=None
    )
    if level > logging.INFO:  # a quiet console hides progress bars, but also rich's log messages
        console.quiet = True
        handler = logging.StreamHandler()
    handler.setFormatter(_Plain())
    logging.getLogger("matplotlib").setLevel(logging.ERROR)  # warns if its cache is not writable
    logger = logging.getLogger("astronet")
    logger.handlers = [handler]
    logger.propagate = False
    logger.setLevel(level)


def _check_local(values: Mapping[str, Any]) -> None:
    """Raise an error if an option that accepts only local paths has a URL as its value.

    The value is not shown, because a URL can contain credentials.

    Raises:
        RunError: A value of type `Path` was a URL.
    """
    for name, value in values.items():
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, Path) and is_url(one):
                raise RunError(
                    f"a URL ({str(one).partition(':')[0]}://…) is given, but only a local path is "
                    "possible here; copy the files, and give their local path",
                    arguments=(name,),
                )


def _is_option(annotation: Any) -> bool:
    return any(isinstance(part, OptionInfo) for part in get_args(annotation))


class _Plain(logging.Formatter):
    """Formatter that returns only the message, with the prefix `warning: ` for warnings.

    A message is one line without control characters, because it may quote a file or a server.
    """

    def format(self, record: logging.LogRecord) -> str:
        text = printable(record.getMessage())
        return f"warning: {text}" if record.levelno == logging.WARNING else text


def error_message(error: AstronetError) -> str:
    """Return an error's message, with any options to change and any command to run appended."""
    text = str(error)
    if error.arguments:
        text += f" ({', '.join(map(option, error.arguments))})"
    if error.command is not None:
        text += f": `{command_line(error.command.verb, error.command.options)}`"
    return text


def echo(text: str) -> None:
    """Print lines to standard output, in which control characters are replaced by U+FFFD.

    Names and messages from files could otherwise contain control sequences of the terminal.
    """
    typer.echo(visible(text))


def echo_csv(table: str) -> None:
    """Print a table to standard output: unchanged, unless standard output is a terminal."""
    sys.stdout.write(visible(table) if sys.stdout.isatty() else table)


def visible(text: str) -> str:
    """Return a text with each unprintable character, except line breaks, replaced by U+FFFD."""
    return "".join(c if c.isprintable() or c == "\n" else "\ufffd" for c in text)


def echo_skipped(store: "ViewStore") -> bool:
    """Print the number of events that could not be prepared; return whether there are any."""
    from astronet.dataset.prepared_files import SKIPPED, read_skipped

    if skipped := len(read_skipped(store)):
        echo(f"skipped: {counted(skipped, 'event')}; reasons in {store.path / SKIPPED}")
    return skipped > 0


def exit_if_some_failed(failed: bool) -> None:
    """End a command with the exit status 3 if some stars or events failed, but not all of them.

    Raises:
        typer.Exit: `failed` is true.
    """
    if failed:
        raise typer.Exit(SOME_FAILED)


def echo_shard(shard: "Shard") -> None:
    """Print that a shard is finished, and the command that writes the files."""
    words = [word for word in sys.argv[1:] if word != "--resume"]
    for name in ("--shard", "--log"):
        while name in words:
            del words[words.index(name) : words.index(name) + 2]
    words = [word for word in words if not word.startswith(("--shard=", "--log="))]
    command = shlex.join(["astronet", *words, "--resume"])
    echo(f"shard {shard} is finished; when all {shard.count} are, write the files: {command}")


def command_line(verb: str, *parts: object) -> str:
    """Return the command line of an astronet command, quoted for the shell.

    Args:
        verb: Name of the command, for example `catalog show`.
        parts: Positional arguments, and mappings from option names to values; an option with the
            value True is a flag.
    """
    words = ["astronet", *verb.split()]
    for part in parts:
        if isinstance(part, Mapping):
            for name, value in part.items():
                words += [option(name)] if value is True else [option(name), str(value)]
        else:
            words.append(str(part))
    return shlex.join(words)


def as_called(command: str) -> str:
    """Return a command line that works in the user's shell.

    If the program `astronet` is not on the search path, its name is replaced by the path of the
    running program, or by `python -m astronet` if the package was started with this command.

    Args:
        command: Command line that starts with `astronet`.
    """
    if shutil.which("astronet"):
        return command
    program = Path(sys.argv[0])
    called = "python -m astronet" if program.name == "__main__.py" else shlex.quote(str(program))
    return command.replace("astronet", called, 1)


def option(name: str) -> str:
    """Return the option for a function argument, such as `--light-curves` for `light_curves`."""
    return f"--{name.replace('_', '-')}"
