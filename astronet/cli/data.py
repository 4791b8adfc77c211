"""Commands that simulate light curves, and create and audit stores of views."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from astronet.cli.messages import (
    command_line,
    echo,
    echo_csv,
    echo_shard,
    echo_skipped,
    exit_if_some_failed,
)
from astronet.cli.options import (
    ClusterAddress,
    Config,
    Log,
    Overwrite,
    ShardText,
    SourceOverrides,
    Workers,
)
from astronet.cli.requests import requested_experiment
from astronet.errors import counted
from astronet.execution.shards import Shard

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
    echo(f"{counted(stars, 'star')} in {out}; TCE table: {table}")


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
    echo(f"{out}: {_contents(store)}")
    config = "astronet-dr24" if "rebinned_local" in store.bins else "astronet"
    echo(f"next: {command_line('train', {'config': config}, f'store={out}')}")


def prepare(
    config: Config,
    overrides: SourceOverrides = None,
    workers: Workers = None,
    cluster: ClusterAddress = None,
    resume: Annotated[
        bool,
        typer.Option(
            "--resume",
            help="Resume an interrupted preparation with the same settings (--workers and "
            "--cluster may change).",
        ),
    ] = False,
    shard: ShardText = None,
    log: Log = None,
    overwrite: Overwrite = False,
) -> None:
    """Detrend and phase-fold the light curves of the events in a table, and write a store of views.

    The exit status is 3 if some events could not be prepared.

    Example: `astronet prepare --config astronet source.catalog=q1_q17_dr24_tce
    source.light_curves=data/raw/kepler`
    """
    part = Shard.parse(shard) if shard is not None else None
    experiment = requested_experiment(config, overrides)
    from astronet.prepare import prepare as prepare_store
    from astronet.prepare import prepare_shard

    if part is not None:
        prepare_shard(
            *(experiment, part), workers=workers, cluster=cluster, log=log, overwrite=overwrite
        )
        echo_shard(part)
        return
    store = prepare_store(
        experiment, workers=workers, cluster=cluster, resume=resume, log=log, overwrite=overwrite
    )
    echo(f"{store.path}: {_contents(store)}")
    some_failed = echo_skipped(store)
    echo(f"next: {command_line('train', {'config': config}, *(overrides or []))}")
    exit_if_some_failed(some_failed)


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
        echo_csv(csv_text(audited.rows))
        raise typer.Exit(int(audited.fails))
    parts = ", ".join(f"{name or 'no split'} {n}" for name, n in audited.counts.items() if n)
    echo(f"{store}: {_contents(audited.store)}")
    echo(f"split {audited.split}: {parts}")
    for finding in audited.findings:
        echo(f"{finding.severity:<8} {finding.kind}: {finding.summary}")
        echo(f"{'':8} rows {finding.first_rows}")
        echo(f"{'':8} remedy: {finding.remedy}")
    echo(f"{_verdict(audited.findings)}; table: {audited.table}")
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
