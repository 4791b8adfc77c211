"""The command line: the options of each verb, and one line for every error."""

import sys

import typer
from typer.exceptions import TyperException

from astronet.cli import data, networks
from astronet.cli.messages import explained, spoken
from astronet.errors import AstronetError, printable

app = typer.Typer(
    name="astronet",
    help="Find planets in stellar light curves: prepare views, train networks, score candidates.",
    epilog="Start with `astronet demo`: it simulates its own stars and takes a few minutes.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
)
app.command()(spoken(networks.demo))
app.command()(spoken(data.simulate))
app.command()(spoken(data.download))
app.command("import")(spoken(data.import_))
app.command()(spoken(data.prepare))
app.command()(spoken(data.audit))
app.add_typer(data.catalog, name="catalog")
app.command()(spoken(networks.train))
app.command()(spoken(networks.tune))
app.command()(spoken(networks.evaluate))
app.command()(spoken(networks.predict))
app.command()(spoken(networks.explain))


def main() -> None:
    """Run the command line; every error is one line on standard error."""
    try:
        status = app(standalone_mode=False)
    except AstronetError as error:
        sys.exit(_fail(explained(error), 1))
    except OSError as error:  # a full disk, a folder that may not be written
        where = f"{error.filename}: " if error.filename else ""
        sys.exit(_fail(f"{where}{error.strerror}; check the path and the free space", 1))
    except TyperException as error:
        context = getattr(error, "ctx", None)
        command = context.command_path if context else "astronet"
        reason = " ".join(error.format_message().split()).rstrip(".")
        if not reason:  # no arguments: the help has been shown
            sys.exit(2)
        sys.exit(_fail(f"{reason}; see `{command} --help`", 2))
    except (KeyboardInterrupt, typer.Abort):
        sys.exit(_fail("interrupted", 130))
    sys.exit(status if isinstance(status, int) else 0)


def _fail(message: str, status: int) -> int:
    typer.echo(f"error: {printable(message)}", err=True)
    return status
