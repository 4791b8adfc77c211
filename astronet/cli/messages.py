"""Words on the terminal: log messages, errors with their options, and commands to copy."""

import functools
import inspect
import logging
import shlex
from collections.abc import Callable, Mapping
from typing import Annotated, Any, get_args

import typer
from typer.models import OptionInfo

from astronet.errors import AstronetError

Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Show debugging messages too.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Show only warnings and errors.")]


def spoken(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the command with the options `--verbose` and `--quiet`, which choose the messages."""

    @functools.wraps(function)
    def command(*args: Any, verbose: bool = False, quiet: bool = False, **kwargs: Any) -> Any:
        show_messages(logging.DEBUG if verbose else logging.WARNING if quiet else logging.INFO)
        try:
            return function(*args, **kwargs)
        except AstronetError as error:
            error.arguments = tuple(name for name in error.arguments if name in named)
            raise

    signature = inspect.signature(function, eval_str=True)
    named = {name for name, one in signature.parameters.items() if _is_option(one.annotation)}
    options = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=False, annotation=kind)
        for name, kind in (("verbose", Verbose), ("quiet", Quiet))
    ]
    parameters = [*signature.parameters.values(), *options]
    vars(command)["__signature__"] = signature.replace(parameters=parameters)
    command.__annotations__ = {p.name: p.annotation for p in parameters}
    del command.__wrapped__
    return command


def show_messages(level: int) -> None:
    """Show the messages of the package from this level on, and progress bars from INFO on.

    Args:
        level: A level of `logging`.
    """
    from rich.logging import RichHandler

    from astronet.progress import console

    console.quiet = False
    handler: logging.Handler = RichHandler(
        console=console, show_time=False, show_level=False, show_path=False, highlighter=None
    )
    if level > logging.INFO:  # no bars, so nothing that a message could disturb
        console.quiet = True
        handler = logging.StreamHandler()
    handler.setFormatter(_Plain())
    logger = logging.getLogger("astronet")
    logger.handlers = [handler]
    logger.propagate = False
    logger.setLevel(level)


def _is_option(annotation: Any) -> bool:
    return any(isinstance(part, OptionInfo) for part in get_args(annotation))


class _Plain(logging.Formatter):
    """Messages as they are; warnings say so."""

    def format(self, record: logging.LogRecord) -> str:
        text = record.getMessage()
        return f"warning: {text}" if record.levelno == logging.WARNING else text


def explained(error: AstronetError) -> str:
    """Return the message of an error, with the options and the command that solve the problem."""
    text = str(error)
    if error.arguments:
        text += f" ({', '.join(map(option, error.arguments))})"
    if error.command is not None:
        text += f": `{spelt(error.command.verb, error.command.options)}`"
    return text


def spelt(verb: str, *parts: object) -> str:
    """Return a command as it is typed.

    Args:
        verb: The verb, for example `catalog show`.
        parts: Arguments, and mappings of option names to values; the value True is a flag alone.
    """
    words = ["astronet", *verb.split()]
    for part in parts:
        if isinstance(part, Mapping):
            for name, value in part.items():
                words += [option(name)] if value is True else [option(name), str(value)]
        else:
            words.append(str(part))
    return shlex.join(words)


def option(name: str) -> str:
    """Return the option of an argument: `light_curves` is `--light-curves`."""
    return f"--{name.replace('_', '-')}"
