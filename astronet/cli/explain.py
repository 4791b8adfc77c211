"""Command that explains the score of an event."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from shlex import join, quote
from typing import TYPE_CHECKING, Annotated

import typer

from astronet.cli.messages import echo
from astronet.cli.options import (
    Data,
    Duration,
    Epoch,
    OtherMission,
    Others,
    Overwrite,
    Period,
    Reader,
    Runs,
    Star,
)
from astronet.cli.requests import (
    in_bkjd,
    requested_event,
    requested_source,
    requested_star,
)
from astronet.errors import RunError

if TYPE_CHECKING:
    from astronet.lightcurves.ephemeris import Ephemeris


def explain(
    runs: Runs,
    star: Star = None,
    data: Data = None,
    period: Period = None,
    epoch: Epoch = None,
    duration: Duration = None,
    others: Others = None,
    table: Annotated[
        Path | None,
        typer.Option(
            help="Event table that contains the event, such as candidates.csv, in place of "
            "--period, --epoch and --duration: a path, or the name of a table that `astronet "
            "catalog fetch` saved. The other events of the star are taken into account."
        ),
    ] = None,
    number: Annotated[
        int | None, typer.Option(help="Number of the event in --table [default: 1].")
    ] = None,
    store: Annotated[Path | None, typer.Option(help="Store that contains the event.")] = None,
    row: Annotated[
        int | None,
        typer.Option(help="Row of the event in the store's index.csv, counted from 0."),
    ] = None,
    mission: OtherMission = None,
    reader: Reader = None,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder for the HTML page [default: runs/explain-RUN-EVENT]."),
    ] = None,
    overwrite: Overwrite = False,
) -> None:
    """Explain the score of one event: write an HTML page with a conclusion and figures.

    Example: `astronet explain pretrained --star 11446443 --data data/raw/kepler --period 2.47061
    --epoch 132.646 --duration 0.0743`

    Event in a table: `astronet explain pretrained --star 11446443 --data data/raw/kepler
    --table candidates.csv`

    Event in a store: `astronet explain runs/astronet-dr24 --store data/stores/dr24 --row 0`
    """
    _check_source(star, data, store, row)
    if number is not None and table is None:
        raise RunError("--number requires --table; add it")
    if table is not None and (star is None or (period, epoch, duration) != (None, None, None)):
        raise RunError(
            "--table requires --star and --data, and replaces --period, --epoch and --duration; "
            "correct the options"
        )
    by_ephemeris = star is not None and table is None
    _check_others(others, by_ephemeris)
    event = requested_event(period, epoch, duration) if by_ephemeris else None
    from astronet.dataset.store import ViewStore
    from astronet.explain import Listed, explain_row, explain_star
    from astronet.explanations.attribution import require_captum
    from astronet.runs.loading import load

    require_captum()
    scorer = load(*runs)
    if star is not None and data is not None:
        source = requested_source(scorer, mission, reader)
        name = requested_star(star, source)
        explain_one = partial(explain_star, scorer, data, name, out=out, overwrite=overwrite)
        given = _vet_command(runs, data, mission, reader)
        if table is not None:
            check = f"{given} --table {quote(str(table))}"
            explained = explain_one(Listed(table, number or 1), source, check=check)
        elif event is not None:
            event = in_bkjd(event, source)
            check = f"{_written_table(name, event)}\n{given} --table event.csv"
            explained = explain_one(event, source, others=others, check=check)
    elif store is not None and row is not None:
        opened = ViewStore.open(store)
        explained = explain_row(scorer, opened, row, out=out, overwrite=overwrite)
    echo(explained.summary)
    for statement in explained.conclusion:
        echo(f"{statement.topic}: {statement.text}")
    echo(f"page: {explained.page}   summary: {explained.page.with_suffix('.png')}")


def _vet_command(
    runs: Sequence[Path], data: Path, mission: str | None, reader: Sequence[str] | None
) -> str:
    """Return the command that vets the events of a table, without the option of the table."""
    words = ["astronet", "vet", *map(str, runs), "--data", str(data)]
    words += ["--mission", mission] if mission is not None else []
    words += [word for option in reader or () for word in ("--reader", option)]
    return join(words)


def _written_table(star: int | str, event: "Ephemeris") -> str:
    """Return the command that writes a table with one event, whose epoch is in BKJD."""
    names = "star,number,period_days,epoch_bkjd,duration_days"
    row = f"{star},1,{event.period!r},{event.epoch!r},{event.duration!r}"
    return f"printf '%s\\n' {names} {quote(row)} > event.csv"


def _check_others(others: Path | None, by_ephemeris: bool) -> None:
    """Raise an error if the table of other events is given for an event of a table or store."""
    if others is not None and not by_ephemeris:
        raise RunError(
            "--others requires --star without --table; the other events of a star in a table or "
            "store are its other rows"
        )


def _check_source(star: str | None, data: Path | None, store: Path | None, row: int | None) -> None:
    """Raise an error unless an event of a star or of a store is given completely."""
    by_star, by_row = (star, data), (store, row)
    if (by_star == (None, None)) == (by_row == (None, None)):
        none = by_star == (None, None)
        found = "no event is given" if none else "options for a star and for a store are mixed"
        raise RunError(
            f"{found}; give either --star with --data, --period, --epoch and --duration, or "
            "--store with --row (--table can replace the ephemeris)"
        )
    for first, given, second, other in (
        ("--star", star, "--data", data),
        ("--store", store, "--row", row),
    ):
        if (given is None) != (other is None):
            has, lacks = (second, first) if given is None else (first, second)
            raise RunError(f"{has} requires {lacks}; add it")
