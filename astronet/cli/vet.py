"""Command that writes vetting pages."""

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from astronet.cli.messages import echo, echo_shard, exit_if_some_failed
from astronet.cli.options import (
    ClusterAddress,
    Log,
    OptionalRuns,
    OtherMission,
    Overwrite,
    Reader,
    ShardText,
    Workers,
)
from astronet.cli.requests import requested_source
from astronet.errors import counted
from astronet.execution.shards import Shard


def vet(
    runs: OptionalRuns = None,
    table: Annotated[
        Path | None,
        typer.Option(
            help="Event table, such as candidates.csv of `astronet search`: a path, or the name of "
            "a table that `astronet catalog fetch` saved."
        ),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(help="Folder of light curves, or a single file if --mission is custom."),
    ] = None,
    mission: OtherMission = None,
    reader: Reader = None,
    out: Annotated[Path, typer.Option(help="Folder for the index and the pages.")] = Path(
        "vetting"
    ),
    workers: Workers = None,
    cluster: ClusterAddress = None,
    resume: Annotated[
        bool,
        typer.Option(
            "--resume",
            help="Resume an interrupted command with the same options (--workers and --cluster may "
            "change).",
        ),
    ] = False,
    shard: ShardText = None,
    log: Log = None,
    overwrite: Overwrite = False,
) -> None:
    """Vet candidates: write an index, and a page with checks and figures for each candidate.

    Without RUN, the candidates are not scored. The exit status is 3 if some have no page.

    Example: `astronet vet pretrained --table candidates.csv --data data/raw/kepler --out vetting`
    """
    from astronet.errors import RunError

    for name, given in (("--table", table), ("--data", data)):
        if given is None:
            raise RunError(f"{name} is missing; add it, for example {name} {_EXAMPLES[name]}")
    assert table is not None
    assert data is not None
    part = Shard.parse(shard) if shard is not None else None
    scorer = None
    if runs:
        from astronet.runs.loading import load

        scorer = load(*runs)
    source = requested_source(scorer, mission, reader)
    from astronet.vet import vet_table

    command = shlex.join(["astronet", *sys.argv[1:]])
    vetted = vet_table(
        *(scorer, table, data, out, source),
        command=command,
        workers=workers,
        cluster=cluster,
        resume=resume,
        log=log,
        shard=part,
        overwrite=overwrite,
    )
    if part is not None:
        echo_shard(part)
    if vetted is None:
        return
    rows = [row for row in vetted.rows if row.page]
    failing = sum(bool(row.failed) for row in rows)
    echo(
        f"{counted(len(vetted.rows), 'candidate')}: {len(rows) - failing} without a failed check, "
        f"{failing} with failed checks, {len(vetted.rows) - len(rows)} without a page"
    )
    echo(f"open {vetted.index} in a browser")
    exit_if_some_failed(len(rows) < len(vetted.rows))


_EXAMPLES = {"--table": "candidates.csv", "--data": "data/raw/kepler"}
