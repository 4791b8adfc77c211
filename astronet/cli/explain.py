"""Command that explains the score of an event."""

from pathlib import Path
from typing import Annotated

import typer

from astronet.cli.options import (
    Data,
    Duration,
    Epoch,
    OtherMission,
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


def explain(
    runs: Runs,
    star: Star = None,
    data: Data = None,
    period: Period = None,
    epoch: Epoch = None,
    duration: Duration = None,
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
    """Explain the score of one event: write an HTML page with attributions and feature maps.

    Example: `astronet explain pretrained --star 11446443 --data data/raw/kepler --period 2.47061
    --epoch 132.646 --duration 0.0743`

    Event in a store: `astronet explain runs/astronet-dr24 --store data/stores/dr24 --row 0`
    """
    by_star, by_row = (star, data), (store, row)
    if (by_star == (None, None)) == (by_row == (None, None)):
        none = by_star == (None, None)
        found = "no event is given" if none else "options for a star and for a store are mixed"
        raise RunError(
            f"{found}; give either --star with --data, --period, --epoch and --duration, or "
            "--store with --row"
        )
    for first, given, second, other in (
        ("--star", star, "--data", data),
        ("--store", store, "--row", row),
    ):
        if (given is None) != (other is None):
            has, lacks = (second, first) if given is None else (first, second)
            raise RunError(f"{has} requires {lacks}; add it")
    event = requested_event(period, epoch, duration) if star is not None else None
    from astronet.dataset.store import ViewStore
    from astronet.explain import explain_row, explain_star
    from astronet.explanations.attribution import require_captum
    from astronet.runs.scorer import load

    require_captum()
    scorer = load(*runs)
    if star is not None and data is not None and event is not None:
        source = requested_source(scorer, mission, reader)
        name = requested_star(star, source)
        event = in_bkjd(event, source)
        explained = explain_star(scorer, data, name, event, source, out=out, overwrite=overwrite)
    elif store is not None and row is not None:
        opened = ViewStore.open(store)
        explained = explain_row(scorer, opened, row, out=out, overwrite=overwrite)
    typer.echo(explained.summary)
    typer.echo(f"page: {explained.page}   figures: {explained.page.parent}/*.png")
