"""Commands that simulate or download light curves, and create and audit stores of views."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from astronet.archives.targets import Cadence, Target
from astronet.cli.messages import command_line, echo_skipped
from astronet.cli.options import Config, Overwrite, SourceOverrides, Workers
from astronet.cli.requests import requested_experiment
from astronet.errors import ArchiveError, counted
from astronet.missions import DEFAULT_MISSION, MISSIONS

if TYPE_CHECKING:
    from astronet.audits.findings import Finding
    from astronet.dataset.store import ViewStore


def simulate(
    out: Annotated[Path, typer.Option(help="Folder for the FITS files and the TCE table tce.csv.")],
    stars: Annotated[int, typer.Option(min=1, help="Number of simulated stars.")] = 300,
    seed: Annotated[int, typer.Option(min=0, help="Random seed of the simulation.")] = 7,
    workers: Workers = None,
    overwrite: Overwrite = False,
) -> None:
    """Simulate stars with planets and false positives; write their FITS files and TCEs.

    Example: `astronet simulate --out data/raw/simulated --stars 100`
    """
    from astronet.simulate import simulate as simulate_stars

    table = simulate_stars(out, stars=stars, seed=seed, workers=workers, overwrite=overwrite)
    typer.echo(f"{counted(stars, 'star')} in {out}; TCE table: {table}")


def download(
    catalog: Annotated[
        Path | None,
        typer.Option(
            help="Event table that lists the stars to download: a path, or the name of a table "
            "that `astronet catalog fetch` saved (its newest snapshot is used)."
        ),
    ] = None,
    stars: Annotated[
        list[str] | None,
        typer.Option(
            help=(
                "Catalogue numbers (such as KIC or TIC numbers) or names of stars, separated by "
                "commas; can be repeated."
            )
        ),
    ] = None,
    labels: Annotated[
        str,
        typer.Option(
            help="Labels of the events in --catalog to include, such as PC,AFP [default: all]."
        ),
    ] = "",
    sample: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Download a random sample of N stars.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Random seed of the sample.")] = 0,
    source: Annotated[
        str,
        typer.Option(
            help=(
                "Archive of the light curves: mast, cloud (AWS), a folder, or the URL of a mirror."
            )
        ),
    ] = "mast",
    mission: Annotated[
        str, typer.Option(help="Mission that observed the stars, for example tess.")
    ] = DEFAULT_MISSION,
    cadence: Annotated[
        Cadence,
        typer.Option(
            help="Cadence of the light curves: long or short (29.4 min or 58.8 s for Kepler and "
            "K2, 2 min or 20 s for TESS)."
        ),
    ] = "long",
    out: Annotated[
        Path | None, typer.Option(help="Folder for the light curves [default: data/raw/MISSION].")
    ] = None,
    connections: Annotated[
        int, typer.Option(min=1, max=16, help="Number of parallel connections.")
    ] = 4,
    verify: Annotated[
        bool,
        typer.Option(
            "--verify",
            help="Check existing files against the SHA-256 checksums in manifest.jsonl; files that "
            "differ are quarantined and downloaded again.",
        ),
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the plan and exit.")] = False,
) -> int:
    """Download light curves from an archive.

    Run the same command again to resume an interrupted download.

    Example: `astronet download --catalog q1_q17_dr24_tce --labels PC,AFP --out data/raw/kepler`

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
        lost = summary.absent + summary.failed
        typer.echo(f"files or stars not downloaded: {lost}, listed in {out / MISSING}")
    if summary.failed:
        typer.echo("next: run the same command again to resume the download")
        return 1
    if not summary.complete:
        raise ArchiveError(
            "no light curves were downloaded: the archive has none for these stars; check the "
            "stars, mission, cadence and source",
            arguments=("stars", "catalog", "mission", "cadence", "source"),
        )
    typer.echo(f"next: {_after_download(catalog, targets[0], out, cadence)}")
    return 0


def _after_download(catalog: Path | None, target: Target, out: Path, cadence: str) -> str:
    """Return the command line that uses the downloaded files.

    The command is `prepare` if an event table was given. Otherwise it is `search`, which finds and
    scores the candidates of the star.
    """
    if catalog is None:
        star: dict[str, object] = {"star": target.number, "data": out}
        if target.mission != DEFAULT_MISSION or cadence != "long":
            star["mission"] = target.mission
        if cadence != "long":
            star["reader"] = f"cadence={cadence}"
        return command_line("search", "pretrained", star)
    settings = [f"source.catalog={catalog}", f"source.light_curves={out}"]
    settings += [] if cadence == "long" else [f"source.reader.cadence={cadence}"]
    settings += [] if target.mission == DEFAULT_MISSION else [f"source.mission={target.mission}"]
    return command_line("prepare", {"config": "astronet"}, *settings)


def import_(
    source: Annotated[
        Path, typer.Argument(help="NumPy archive of views (.npz), or folder of TFRecords.")
    ],
    out: Annotated[Path, typer.Option(help="Folder for the store.")],
    table: Annotated[
        Path | None,
        typer.Option(
            help="Event table (TCEs) with ephemerides and labels: a path, or the name of a table "
            "that `astronet catalog fetch` saved."
        ),
    ] = None,
    join: Annotated[
        Path | None,
        typer.Option(
            help=(
                "Second event table, matched by ephemeris; its numeric columns are added as "
                "joined_COLUMN."
            )
        ),
    ] = None,
    overwrite: Overwrite = False,
) -> None:
    """Import existing views (an .npz file or TFRecords) into a new store.

    Example: `astronet import views.npz --table q1_q17_dr24_tce --out data/stores/dr24`
    """
    from astronet.import_views import import_views

    store = import_views(source, out, table=table, join=join, overwrite=overwrite)
    typer.echo(f"{out}: {_contents(store)}")
    config = "astronet-dr24" if "rebinned_local" in store.bins else "astronet"
    typer.echo(f"next: {command_line('train', {'config': config}, f'store={out}')}")


def prepare(
    config: Config,
    overrides: SourceOverrides = None,
    workers: Workers = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Resume an interrupted preparation.")
    ] = False,
    overwrite: Overwrite = False,
) -> None:
    """Detrend and phase-fold the light curves of the events in a table, and write a store of views.

    Example: `astronet prepare --config astronet source.catalog=q1_q17_dr24_tce
    source.light_curves=data/raw/kepler`
    """
    experiment = requested_experiment(config, overrides)
    from astronet.prepare import prepare as prepare_store

    store = prepare_store(experiment, workers=workers, resume=resume, overwrite=overwrite)
    typer.echo(f"{store.path}: {_contents(store)}")
    echo_skipped(store)
    typer.echo(f"next: {command_line('train', {'config': config}, *(overrides or []))}")


def audit(
    store: Annotated[Path, typer.Argument(help="Folder of the store.")],
    split: Annotated[
        str | None,
        typer.Option(
            help="Splitting rule to check: star (all events of a star in the same split), "
            "official (column 'official_split' of the store's index.csv or, if there is none, "
            "column 'split'), legacy_tce (random assignment of individual TCEs, as in Shallue & "
            "Vanderburg 2018), or the name of another column of index.csv [default: the rule "
            "defined in --config; without --config, the column 'split', or star if that column is "
            "empty]."
        ),
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(
            "--config",
            "-c",
            help="YAML config that defines the splitting rule and the labels: a path, or the "
            "name of a config in the package.",
        ),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(
            help="Folder of light curves to compare with the checksums recorded in the store."
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Table for the findings; the suffix selects the format: .csv, .parquet, .jsonl or "
            ".ecsv; '-' writes CSV to standard output [default: STORE/audit.csv, or "
            "STORE/audit-SPLIT.csv with --split]."
        ),
    ] = None,
    overwrite: Overwrite = False,
) -> None:
    """Check a store for leaks between splits, conflicting labels, and views without a dip.

    The exit status is 1 if the audit finds a leak or an error, and 0 if it finds only warnings or
    nothing.

    Example: `astronet audit data/stores/dr24 --split star`

    Example: `astronet audit data/stores/mine --data data/raw/kepler`
    """
    experiment = requested_experiment(config, None) if config else None
    from astronet.audit import audit as audit_store
    from astronet.files.tables import STDOUT, csv_text

    audited = audit_store(
        store, split=split, experiment=experiment, data=data, out=out, overwrite=overwrite
    )
    if audited.table == STDOUT:
        typer.echo(csv_text(audited.rows), nl=False)
        raise typer.Exit(int(audited.fails))
    parts = ", ".join(f"{name or 'no split'} {n}" for name, n in audited.counts.items() if n)
    typer.echo(f"{store}: {_contents(audited.store)}")
    typer.echo(f"split {audited.split}: {parts}")
    for finding in audited.findings:
        typer.echo(f"{finding.severity:<8} {finding.kind}: {finding.summary}")
        typer.echo(f"{'':8} rows {finding.first_rows}")
        typer.echo(f"{'':8} remedy: {finding.remedy}")
    typer.echo(f"{_verdict(audited.findings)}; table: {audited.table}")
    if audited.fails:
        raise typer.Exit(1)


def _contents(store: "ViewStore") -> str:
    views = ", ".join(f"{name} [{bins}]" for name, bins in store.bins.items())
    stars = store.index["star"].nunique()
    return f"{counted(len(store), 'event')} of {counted(stars, 'star')}; views {views}"


def _verdict(findings: Sequence["Finding"]) -> str:
    counts = Counter(finding.severity for finding in findings)
    kinds = (f"{counted(n, 'kind')} of {name}" for name, n in counts.items())
    return ", ".join(kinds) or "no problems found"
