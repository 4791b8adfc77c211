"""The commands that get light curves and tables and make stores of them."""

import shlex
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from astronet.archives.targets import Cadence, Target
from astronet.cli.options import Config, Overrides, Overwrite, Resume, Workers
from astronet.errors import counted
from astronet.missions import DEFAULT_MISSION, MISSIONS

if TYPE_CHECKING:
    from astronet.audits.findings import Finding

catalog = typer.Typer(
    help="Fetch tables of events from the archive, and see what one holds.", no_args_is_help=True
)


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
    typer.echo(f"{counted(stars, 'star')} in {out}; the events stand in {table}")


def download(
    catalog: Annotated[Path | None, typer.Option(help="A table of events: all its stars.")] = None,
    stars: Annotated[
        list[str] | None,
        typer.Option(help="Numbers or names, separated by commas; may be given again."),
    ] = None,
    labels: Annotated[str, typer.Option(help="Only the table's stars so labelled: PC,AFP")] = "",
    sample: Annotated[int | None, typer.Option(min=1, help="So many, drawn at random.")] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the draw.")] = 0,
    source: Annotated[
        str, typer.Option(help="mast, cloud, a folder or the address of a copy.")
    ] = "mast",
    mission: Annotated[
        str, typer.Option(help="Mission that observed the stars: kepler, k2 or tess.")
    ] = DEFAULT_MISSION,
    cadence: Annotated[Cadence, typer.Option(help="Which files.")] = "long",
    out: Annotated[Path | None, typer.Option(help="[default: data/raw/kepler, k2 or tess]")] = None,
    connections: Annotated[int, typer.Option(min=1, max=16, help="At a time.")] = 4,
    verify: Annotated[
        bool, typer.Option("--verify", help="Compare what is there with the manifest's sha256.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what it would be.")] = False,
) -> int:
    """Fetch light curves from an archive; run it again to go on after an interruption.

    Example: `astronet download --catalog q1_q17_dr24_tce.csv --labels PC,AFP --out data/raw/kepler`

    Example: `astronet download --stars 11446443,Kepler-90`
    """
    from astronet.archives.choosing import choose_targets
    from astronet.download import MISSING, download, plan

    names = [name for group in stars or [] for name in group.split(",") if name.strip()]
    wanted = [label.strip() for label in labels.split(",") if label.strip()]
    targets = choose_targets(catalog, wanted, names, sample, seed, mission)
    out = out or MISSIONS[mission].SPEC.light_curves
    if dry_run:
        planned = plan(targets, out, source, cadence=cadence, connections=connections)
        typer.echo(planned.text)
        return 0
    summary = download(
        targets, out, source, cadence=cadence, connections=connections, verify=verify
    )
    typer.echo(f"{out}: {summary.text}")
    for path in summary.quarantined:
        typer.echo(f"moved aside, for it was damaged or another star's: {path}")
    if summary.missing:
        typer.echo(summary.table)
        typer.echo(f"missing: {summary.absent + summary.failed}, all in {out / MISSING}")
    if summary.failed:
        typer.echo("next: the same command again, which goes on where this one stopped")
        return 1
    if not summary.complete:
        typer.echo("no file of these stars is there; check their numbers, --mission and --cadence")
        return 0
    typer.echo(f"next: {_after_download(catalog, targets[0], out)}")
    return 0


def _after_download(catalog: Path | None, target: Target, out: Path) -> str:
    if catalog is None:
        words = ["astronet", "predict", "RUN", "--star", str(target.number), "--data", str(out)]
        return f"{shlex.join(words)} --period … --epoch … --duration …"
    words = ["astronet", "prepare", "--config", "configs/astronet.yaml"]
    words += [f"source.catalog={catalog}", f"source.light_curves={out}"]
    words += [] if target.mission == DEFAULT_MISSION else [f"source.mission={target.mission}"]
    return shlex.join(words)


def import_(
    source: Annotated[Path, typer.Argument(help="An .npz of views, or a folder of TFRecords.")],
    out: Annotated[Path, typer.Option(help="The new store.")],
    table: Annotated[Path | None, typer.Option(help="The events' catalogue (TCE table).")] = None,
    join: Annotated[
        Path | None, typer.Option(help="A second table, matched by ephemeris: joined_<column>.")
    ] = None,
    overwrite: Overwrite = False,
) -> None:
    """Make a store from views that exist already.

    Example: `astronet import views.npz --table q1_q17_dr24_tce.csv --out data/stores/dr24`
    """
    from astronet.import_views import import_views

    store = import_views(source, out, table=table, join=join, overwrite=overwrite)
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
        typer.echo(f"skipped: {counted(skipped, 'event')}; {store.path / SKIPPED} says why")
    words = ["astronet", "train", "--config", str(config), *(overrides or [])]
    typer.echo(f"next: {shlex.join(words)}")


def audit(
    store: Annotated[Path, typer.Argument(help="The store.")],
    split: Annotated[
        str | None,
        typer.Option(
            help="star, official, legacy_tce or a column [default: the config's, or the store's]"
        ),
    ] = None,
    config: Annotated[
        Path | None, typer.Option("--config", "-c", help="What it would be trained with.")
    ] = None,
    data: Annotated[
        Path | None, typer.Option(help="Light curves to compare with the store's sources.csv.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="[default: STORE/audit.csv]")] = None,
) -> None:
    """Look for leaks between the splits of a store, for contradictions and for empty views.

    The status is 1 where a leak or an error is found, and 0 where there are only warnings.

    Example: `astronet audit data/stores/dr24 --split star`

    Example: `astronet audit data/stores/mine --data data/raw/kepler`
    """
    from astronet.audit import audit as audit_store

    experiment = None
    if config:
        from astronet.config import load_config  # imports torch

        experiment = load_config(config)
    audited = audit_store(store, split=split, experiment=experiment, data=data, out=out)
    parts = ", ".join(f"{name or 'in none'} {n}" for name, n in audited.counts.items() if n)
    typer.echo(f"{store}: {_contents(audited.store)}")
    typer.echo(f"split {audited.split}: {parts}")
    for finding in audited.findings:
        typer.echo(f"{finding.severity:<8} {finding.kind}: {finding.summary}")
        typer.echo(f"{'':8} rows {finding.first_rows}")
        typer.echo(f"{'':8} cure: {finding.cure}")
    typer.echo(f"{_verdict(audited.findings)}; table: {audited.table}")
    if audited.fails:
        raise typer.Exit(1)


@catalog.command()
def fetch(
    name: Annotated[str, typer.Argument(help="For example q1_q17_dr24_tce, cumulative or toi.")],
    out: Annotated[Path, typer.Option(help="Folder for the snapshot.")] = Path("data/catalogs"),
    url: Annotated[
        str | None, typer.Option(help="Another TAP service [default: NASA Exoplanet Archive]")
    ] = None,
) -> None:
    """Fetch a table of events, check that it is whole, and freeze it under today's date.

    The tables are q1_q17_dr24_tce, q1_q17_dr25_tce, cumulative, q1_q17_dr25_koi, toi and k2pandc.

    Example: `astronet catalog fetch q1_q17_dr25_koi`
    """
    from astronet.catalog import fetch_catalog

    snapshot = fetch_catalog(name, out, url)
    state = "" if snapshot.new else ", unchanged since it was fetched today"
    typer.echo(f"{snapshot.path}: {counted(snapshot.rows, 'row')}{state}")
    typer.echo(f"next: {shlex.join(['astronet', 'catalog', 'show', str(snapshot.path)])}")


@catalog.command()
def show(file: Annotated[Path, typer.Argument(help="A table of TCEs, KOIs, TOIs …")]) -> None:
    """Say what a table of events is, what it holds and what it lacks.

    Example: `astronet catalog show data/catalogs/q1_q17_dr24_tce.csv`
    """
    from astronet.catalog import show_catalog

    for line in show_catalog(file):
        typer.echo(line)


def _contents(store: object) -> str:
    from astronet.dataset.store import ViewStore

    assert isinstance(store, ViewStore)
    views = ", ".join(f"{name} [{bins}]" for name, bins in store.bins.items())
    stars = store.index["star"].nunique()
    return f"{counted(len(store), 'event')} of {counted(stars, 'star')}; views {views}"


def _verdict(findings: Sequence["Finding"]) -> str:
    counts = Counter(finding.severity for finding in findings)
    kinds = (f"{counted(n, 'kind')} of {name}" for name, n in counts.items())
    return ", ".join(kinds) or "nothing found"
