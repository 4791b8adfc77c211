"""The commands that get light curves and tables and make stores of them."""

import shlex
from pathlib import Path
from typing import Annotated

import typer

from astronet.cli.options import Config, Overrides, Overwrite, Resume, Workers


def simulate(
    out: Annotated[Path, typer.Option(help="Folder for the FITS files and tce.csv.")],
    stars: Annotated[int, typer.Option(min=1, help="How many stars.")] = 300,
    seed: Annotated[int, typer.Option(min=0, help="Other seeds make other stars.")] = 7,
    workers: Workers = None,
) -> None:
    """Make stars with planets and false positives, as Kepler FITS files with their TCE table.

    Example: `astronet simulate --out data/raw/simulated --stars 100`
    """
    from astronet.simulate import simulate as simulate_stars

    table = simulate_stars(out, stars=stars, seed=seed, workers=workers)
    typer.echo(f"{stars} stars in {out}; their events stand in {table}")


def import_(
    source: Annotated[Path, typer.Argument(help="An .npz of views, or a folder of TFRecords.")],
    out: Annotated[Path, typer.Option(help="The new store.")],
    table: Annotated[Path | None, typer.Option(help="The events' catalogue (TCE table).")] = None,
    overwrite: Overwrite = False,
) -> None:
    """Make a store from views that exist already.

    Example: `astronet import views.npz --table q1_q17_dr24_tce.csv --out data/stores/dr24`
    """
    from astronet.import_views import import_views

    store = import_views(source, out, table=table, overwrite=overwrite)
    typer.echo(f"{out}: {_contents(store)}")
    config = "astronet-dr24" if "rebinned_local" in store.bins else "astronet"
    typer.echo(f"next: astronet train --config configs/{config}.yaml store={out}")


def prepare(
    config: Config,
    overrides: Overrides = None,
    workers: Workers = None,
    resume: Resume = False,
    overwrite: Overwrite = False,
) -> None:
    """Read, flatten and fold the light curves of a catalogue into a store of views.

    Example: `astronet prepare --config configs/astronet.yaml source.light_curves=/data/kepler`
    """
    from astronet.config import load_config
    from astronet.dataset.parts import SKIPPED, read_skipped
    from astronet.prepare import prepare as prepare_store

    experiment = load_config(config, overrides or [])
    store = prepare_store(experiment, workers=workers, resume=resume, overwrite=overwrite)
    typer.echo(f"{store.path}: {_contents(store)}")
    if skipped := len(read_skipped(store)):
        typer.echo(f"{skipped} events were skipped; {store.path / SKIPPED} says why")
    words = ["astronet", "train", "--config", str(config), *(overrides or [])]
    typer.echo(f"next: {shlex.join(words)}")


def _contents(store: object) -> str:
    from astronet.dataset.store import ViewStore

    assert isinstance(store, ViewStore)
    views = ", ".join(f"{name} [{bins}]" for name, bins in store.bins.items())
    stars = store.index["star"].nunique()
    return f"{len(store)} events of {stars} stars; views {views}"
