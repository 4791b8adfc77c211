"""The commands that fetch light curves and tables and turn them into stores."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from astronet.archives.targets import Cadence, Target
from astronet.cli.messages import spelt, spoken
from astronet.cli.options import Config, Overrides, Overwrite, Resume, Workers
from astronet.cli.requests import requested_experiment
from astronet.errors import counted
from astronet.missions import DEFAULT_MISSION, MISSIONS

if TYPE_CHECKING:
    from astronet.audits.findings import Finding
    from astronet.catalogs.summary import Summary

catalog = typer.Typer(
    help="Fetch event tables from the archive, and summarise one.", no_args_is_help=True
)


def simulate(
    out: Annotated[Path, typer.Option(help="Folder for the FITS files and tce.csv.")],
    stars: Annotated[int, typer.Option(min=1, help="Number of stars.")] = 300,
    seed: Annotated[int, typer.Option(min=0, help="Random seed of the simulation.")] = 7,
    workers: Workers = None,
) -> None:
    """Simulate stars with planets and false positives as Kepler FITS files and a TCE table.

    Example: `astronet simulate --out data/raw/simulated --stars 100`
    """
    from astronet.simulate import simulate as simulate_stars

    table = simulate_stars(out, stars=stars, seed=seed, workers=workers)
    typer.echo(f"{counted(stars, 'star')} in {out}; table of events: {table}")


def download(
    catalog: Annotated[
        Path | None, typer.Option(help="Table of events whose stars are downloaded.")
    ] = None,
    stars: Annotated[
        list[str] | None,
        typer.Option(help="Numbers or names of stars, separated by commas; can be repeated."),
    ] = None,
    labels: Annotated[
        str, typer.Option(help="Only stars with these labels in the table, for example PC,AFP.")
    ] = "",
    sample: Annotated[
        int | None, typer.Option(min=1, help="Download a random sample of N stars.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Random seed of the sample.")] = 0,
    source: Annotated[
        str, typer.Option(help="Archive: mast, cloud, a folder, or the URL of a mirror.")
    ] = "mast",
    mission: Annotated[
        str, typer.Option(help="Mission that observed the stars: kepler, k2 or tess.")
    ] = DEFAULT_MISSION,
    cadence: Annotated[Cadence, typer.Option(help="Cadence of the files.")] = "long",
    out: Annotated[
        Path | None, typer.Option(help="Folder of light curves [default: data/raw/MISSION].")
    ] = None,
    connections: Annotated[
        int, typer.Option(min=1, max=16, help="Number of parallel connections.")
    ] = 4,
    verify: Annotated[
        bool,
        typer.Option(
            "--verify", help="Check the files that are there against the sha256 of the manifest."
        ),
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the plan and exit.")] = False,
) -> int:
    """Download light curves from an archive; the same command resumes an interrupted download.

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
        typer.echo(f"quarantined (corrupt, or belongs to another star): {path}")
    if summary.missing:
        typer.echo(summary.table)
        typer.echo(f"missing: {summary.absent + summary.failed}, all in {out / MISSING}")
    if summary.failed:
        typer.echo("next: run the same command again; it resumes the download")
        return 1
    if not summary.complete:
        typer.echo("the archive has no file of these stars; check --stars, --mission and --cadence")
        return 0
    typer.echo(f"next: {_after_download(catalog, targets[0], out)}")
    return 0


def _after_download(catalog: Path | None, target: Target, out: Path) -> str:
    if catalog is None:
        star = {"star": target.number, "data": out}
        return f"{spelt('predict', 'pretrained', star)} --period … --epoch … --duration …"
    settings = [f"source.catalog={catalog}", f"source.light_curves={out}"]
    settings += [] if target.mission == DEFAULT_MISSION else [f"source.mission={target.mission}"]
    return spelt("prepare", {"config": "astronet"}, *settings)


def import_(
    source: Annotated[Path, typer.Argument(help="File of views (.npz), or folder of TFRecords.")],
    out: Annotated[Path, typer.Option(help="Store to write.")],
    table: Annotated[Path | None, typer.Option(help="Catalogue of the events (TCE table).")] = None,
    join: Annotated[
        Path | None,
        typer.Option(help="Second table, matched by ephemeris; adds columns joined_COLUMN."),
    ] = None,
    overwrite: Overwrite = False,
) -> None:
    """Import existing views into a store.

    Example: `astronet import views.npz --table q1_q17_dr24_tce.csv --out data/stores/dr24`
    """
    from astronet.import_views import import_views

    store = import_views(source, out, table=table, join=join, overwrite=overwrite)
    typer.echo(f"{out}: {_contents(store)}")
    config = "astronet-dr24" if "rebinned_local" in store.bins else "astronet"
    typer.echo(f"next: {spelt('train', {'config': config}, f'store={out}')}")


def prepare(
    config: Config,
    overrides: Overrides = None,
    workers: Workers = None,
    resume: Resume = False,
    overwrite: Overwrite = False,
) -> None:
    """Read, detrend and fold the light curves of a catalogue into a store of views.

    Example: `astronet prepare --config astronet source.light_curves=/data/kepler`
    """
    experiment = requested_experiment(config, overrides)
    from astronet.dataset.parts import SKIPPED, read_skipped
    from astronet.prepare import prepare as prepare_store

    store = prepare_store(experiment, workers=workers, resume=resume, overwrite=overwrite)
    typer.echo(f"{store.path}: {_contents(store)}")
    if skipped := len(read_skipped(store)):
        typer.echo(f"skipped: {counted(skipped, 'event')}; reasons in {store.path / SKIPPED}")
    typer.echo(f"next: {spelt('train', {'config': config}, *(overrides or []))}")


def audit(
    store: Annotated[Path, typer.Argument(help="Store to check.")],
    split: Annotated[
        str | None,
        typer.Option(
            help="Split: star, official, legacy_tce or a column [default: of the config or store]."
        ),
    ] = None,
    config: Annotated[
        Path | None, typer.Option("--config", "-c", help="Config whose split and labels are used.")
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(help="Folder of light curves to compare with the store's sources.csv."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Table to write [default: STORE/audit.csv].")
    ] = None,
) -> None:
    """Check a store for leaks between its splits, contradictory labels and unusual views.

    The exit status is 1 if a leak or an error is found, 0 if there are only warnings.

    Example: `astronet audit data/stores/dr24 --split star`

    Example: `astronet audit data/stores/mine --data data/raw/kepler`
    """
    experiment = requested_experiment(config, None) if config else None
    from astronet.audit import audit as audit_store

    audited = audit_store(store, split=split, experiment=experiment, data=data, out=out)
    parts = ", ".join(f"{name or 'no split'} {n}" for name, n in audited.counts.items() if n)
    typer.echo(f"{store}: {_contents(audited.store)}")
    typer.echo(f"split {audited.split}: {parts}")
    for finding in audited.findings:
        typer.echo(f"{finding.severity:<8} {finding.kind}: {finding.summary}")
        typer.echo(f"{'':8} rows {finding.first_rows}")
        typer.echo(f"{'':8} remedy: {finding.cure}")
    typer.echo(f"{_verdict(audited.findings)}; table: {audited.table}")
    if audited.fails:
        raise typer.Exit(1)


@catalog.command()
@spoken
def fetch(
    name: Annotated[
        str, typer.Argument(help="Name of the table, for example q1_q17_dr24_tce or toi.")
    ],
    out: Annotated[Path, typer.Option(help="Folder of the snapshot.")] = Path("data/catalogs"),
    url: Annotated[
        str | None, typer.Option(help="URL of a TAP service [default: NASA Exoplanet Archive].")
    ] = None,
) -> None:
    """Fetch a complete table of events and save it as a snapshot dated today.

    Tables: q1_q17_dr24_tce, q1_q17_dr25_tce, cumulative, q1_q17_dr25_koi, toi and k2pandc.

    Example: `astronet catalog fetch q1_q17_dr25_koi`
    """
    from astronet.catalog import fetch_catalog

    snapshot = fetch_catalog(name, out, url)
    state = "" if snapshot.new else ", unchanged since today's last fetch"
    typer.echo(f"{snapshot.path}: {counted(snapshot.rows, 'row')}{state}")
    typer.echo(f"next: {spelt('catalog show', snapshot.path)}")


@catalog.command()
@spoken
def show(
    file: Annotated[Path, typer.Argument(help="Table of events (TCEs, KOIs, TOIs …).")],
) -> None:
    """Summarise a table of events: its kind, labels, ranges and missing columns.

    Example: `astronet catalog show data/catalogs/q1_q17_dr24_tce.csv`
    """
    from astronet.catalog import show_catalog

    summary = show_catalog(file)
    for line in summary.lines():
        typer.echo(line)
    typer.echo(f"next: {after_show(summary)}")


def after_show(summary: "Summary") -> str:
    """Return the command that prepares a table, or what the table lacks."""
    from astronet.missions.tables import mission_of_layout

    if not summary.usable:
        needed = ", ".join(summary.needed)
        return f"add {needed}, which `astronet prepare` needs; {summary.layout.remedy}"
    mission = mission_of_layout(summary.layout) or DEFAULT_MISSION
    settings = [f"source.catalog={summary.path}"]
    settings += [] if mission == DEFAULT_MISSION else [f"source.mission={mission}"]
    settings += [f"data.labels={policy.name}" for policy in summary.policies[:1]]
    return spelt("prepare", {"config": "astronet"}, *settings)


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
