"""The command line: each verb's words, and one line for whatever goes wrong."""

import sys

import typer
from typer.exceptions import TyperException

from astronet.cli import data, networks
from astronet.errors import AstronetError, printable

app = typer.Typer(
    name="astronet",
    help="Find planets in starlight: from light curves to views, a network, and its report.",
    epilog="Start with `astronet demo`: it makes its own stars and takes a few minutes.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
)
app.command()(networks.demo)
app.command()(data.simulate)
app.command()(data.download)
app.command("import")(data.import_)
app.command()(data.prepare)
app.command()(data.audit)
app.add_typer(data.catalog, name="catalog")
app.command()(networks.train)
app.command()(networks.tune)
app.command()(networks.evaluate)
app.command()(networks.predict)
app.command()(networks.explain)


def main() -> None:
    """Runs the command line; every failure is one line on standard error."""
    try:
        status = app(standalone_mode=False)
    except AstronetError as error:
        sys.exit(_fail(str(error), 1))
    except OSError as error:  # a full disk, a folder that may not be written
        where = f"{error.filename}: " if error.filename else ""
        sys.exit(_fail(f"{where}{error.strerror}; check the path and the free space", 1))
    except TyperException as error:
        context = getattr(error, "ctx", None)
        command = context.command_path if context else "astronet"
        reason = " ".join(error.format_message().split()).rstrip(".")
        if not reason:  # no arguments at all: the help has been shown
            sys.exit(2)
        sys.exit(_fail(f"{reason}; see `{command} --help`", 2))
    except (KeyboardInterrupt, typer.Abort):
        sys.exit(_fail("interrupted", 130))
    sys.exit(status if isinstance(status, int) else 0)


def _fail(message: str, status: int) -> int:
    print(f"error: {printable(message)}", file=sys.stderr)
    return status
