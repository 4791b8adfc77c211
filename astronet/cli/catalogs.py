"""Commands that fetch, summarise and label event tables."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from astronet.cli.messages import command_line, echo, with_verbosity
from astronet.cli.options import CaFile, Overwrite, Proxy, Retries, Timeout
from astronet.errors import counted
from astronet.missions import DEFAULT_MISSION
from astronet.missions.tables import CATALOGS

if TYPE_CHECKING:
    from astronet.catalogs.summary import Summary

catalog = typer.Typer(
    help="Fetch event tables from the NASA Exoplanet Archive; summarise or label an event table.",
    no_args_is_help=True,
)


@catalog.command()
@with_verbosity
def fetch(
    name: Annotated[
        str, typer.Argument(help="Name of the table, for example q1_q17_dr24_tce or toi.")
    ],
    out: Annotated[Path, typer.Option(help="Folder for the snapshot.")] = CATALOGS,
    url: Annotated[
        str | None, typer.Option(help="URL of the TAP service [default: NASA Exoplanet Archive].")
    ] = None,
    retries: Retries = None,
    timeout: Timeout = None,
    proxy: Proxy = None,
    ca_file: CaFile = None,
    overwrite: Overwrite = False,
) -> None:
    """Fetch a complete event table and save it as a snapshot with today's date (UTC) in its name.

    Available tables: q1_q17_dr24_tce, q1_q17_dr25_tce, cumulative, q1_q17_dr25_koi, toi and
    k2pandc.

    Example: `astronet catalog fetch q1_q17_dr25_koi`
    """
    from astronet.catalog import fetch_catalog

    snapshot = fetch_catalog(
        *(name, out, url),
        retries=retries,
        timeout=timeout,
        proxy=proxy,
        ca_file=ca_file,
        overwrite=overwrite,
    )
    state = "" if snapshot.new else ", unchanged since the last fetch today"
    echo(f"{snapshot.path}: {counted(snapshot.rows, 'row')}{state}")
    echo(f"next: {command_line('catalog show', snapshot.path)}")


@catalog.command()
@with_verbosity
def show(
    file: Annotated[
        Path,
        typer.Argument(
            help="Event table, for example of TCEs, KOIs or TOIs: a path, or the name of a table "
            "that `astronet catalog fetch` saved (its newest snapshot is used)."
        ),
    ],
) -> None:
    """Summarise an event table: its kind, labels, parameter ranges and missing columns.

    Example: `astronet catalog show q1_q17_dr24_tce`

    Your own table: `astronet catalog show candidates.csv`
    """
    from astronet.catalog import show_catalog

    summary = show_catalog(file)
    for line in summary.lines():
        echo(line)
    echo(f"next: {after_show(summary)}")


@catalog.command()
@with_verbosity
def label(
    table: Annotated[Path, typer.Argument(help="Event table: a path, or the name of a table.")],
    kois: Annotated[
        Path,
        typer.Option(help="Table of Kepler objects of interest (KOIs) with their dispositions."),
    ] = Path("cumulative"),
    out: Annotated[Path, typer.Option(help="New table; the suffix selects the format.")] = Path(
        "labelled.csv"
    ),
    labels: Annotated[
        str, typer.Option(help="Label policy of the table, for events without a KOI.")
    ] = "dr24_autovetter",
    overwrite: Overwrite = False,
) -> None:
    """Add the dispositions of the Kepler objects of interest (KOIs) to the events of a table.

    The label policies koi and koi_certain use the new columns; the second one leaves out events
    whose labels are uncertain.

    Example: `astronet catalog label q1_q17_dr24_tce --kois cumulative --out labelled.csv`
    """
    from astronet.catalog import label_catalog

    for line in label_catalog(table, kois, out, labels=labels, overwrite=overwrite).lines():
        echo(line)
    echo(f"table: {out}")
    further = {"table": out, "out": "data/stores/labelled"}
    echo(f"next: {command_line('import views.npz', further)}")


def after_show(summary: "Summary") -> str:
    """Return the next step: the command that prepares the table, or the columns to add to it."""
    from astronet.files.configs import shipped_names
    from astronet.missions.tables import mission_of_layout

    if not summary.usable:
        needed = ", ".join(summary.needed)
        return f"add {needed}, which `astronet prepare` requires; {summary.layout.remedy}"
    mission = mission_of_layout(summary.layout) or DEFAULT_MISSION
    config = mission if mission in shipped_names() else "astronet"
    settings = [f"source.catalog={summary.path}"]
    settings += [] if mission in (DEFAULT_MISSION, config) else [f"source.mission={mission}"]
    settings += [f"data.labels={policy.name}" for policy in summary.policies[:1]]
    return command_line("prepare", {"config": config}, *settings)
