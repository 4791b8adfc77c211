"""Command that searches light curves for transits."""

import shlex
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated

import typer

from astronet.cli.candidates import candidate_line, next_command
from astronet.cli.messages import echo, echo_csv, echo_shard, exit_if_some_failed
from astronet.cli.options import (
    ClusterAddress,
    Log,
    OptionalRuns,
    Overwrite,
    Reader,
    ShardText,
    Star,
    Workers,
)
from astronet.cli.requests import only_one, requested_source, requested_stars
from astronet.detection.settings import SearchSettings
from astronet.errors import ResumableInterrupt, RunError, counted
from astronet.execution.shards import Shard
from astronet.files.remote import Location, location
from astronet.files.uploads import Output, uploading
from astronet.missions import DEFAULT_MISSION, MISSIONS

if TYPE_CHECKING:
    from astronet.search import Search

_DEFAULT = SearchSettings()

_SHOWN = 10
"""Maximum number of candidates to print; the table contains all candidates."""


def search(
    data: Annotated[
        str,
        typer.Option(
            metavar="PATH",
            help="Folder of light curves, or a single file if --mission is custom: a path, or a "
            "URL that begins with s3://, gs://, https:// or file://.",
        ),
    ],
    runs: OptionalRuns = None,
    star: Star = None,
    stars: Annotated[
        Path | None,
        typer.Option(
            help="List of stars to search: a text file with one star per line, or a table with a "
            "column of stars, such as an event table: a path, or the name of a table that "
            "`astronet catalog fetch` saved."
        ),
    ] = None,
    all_: Annotated[
        bool, typer.Option("--all", help="Search all stars with light curves in --data.")
    ] = False,
    mission: Annotated[
        str | None,
        typer.Option(
            help=f"Mission of the light curves: {', '.join(MISSIONS)} [default: that of the run; "
            f"without a run, {DEFAULT_MISSION}]."
        ),
    ] = None,
    reader: Reader = None,
    out: Annotated[
        str,
        typer.Option(
            metavar="PATH",
            help="Table for the candidates: a path, or the URL of an object (s3:// or gs://), to "
            "which it is uploaded from the folder NAME.upload; the suffix selects the format: "
            ".csv, .parquet, .jsonl or .ecsv; '-' writes CSV to standard output. Otherwise, a "
            "table of the searched stars (.stars.csv), a figure of the best candidates (.png) and "
            "a record (.json) are saved next to the table.",
        ),
    ] = "candidates.csv",
    known: Annotated[
        Path | None,
        typer.Option(
            help="Event table of known events, such as confirmed planets, whose transits are "
            "masked: a path, or the name of a table that `astronet catalog fetch` saved."
        ),
    ] = None,
    max_signals: Annotated[
        int, typer.Option(min=1, help="Maximum number of candidates per star.")
    ] = _DEFAULT.max_signals,
    min_snr: Annotated[
        float,
        typer.Option(
            min=0,
            help="Smallest detection statistic, similar to the signal-to-noise ratio.",
        ),
    ] = _DEFAULT.min_snr,
    min_period: Annotated[
        float,
        typer.Option(help="Shortest period [days], below half of the light curve's time span."),
    ] = _DEFAULT.min_period,
    max_period: Annotated[
        float | None,
        typer.Option(
            help="Longest period [days; default: the longest for which --min-transits transits "
            "fit into the light curve].",
        ),
    ] = None,
    min_transits: Annotated[
        int,
        typer.Option(
            min=1,
            max=3,
            help="Smallest number of observed transits; below 3, the period is uncertain.",
        ),
    ] = _DEFAULT.min_transits,
    density: Annotated[
        tuple[float, float],
        typer.Option(
            metavar="MIN MAX",
            help="Smallest and largest possible mean density of the star [solar densities], which "
            "determine the range of transit durations.",
        ),
    ] = _DEFAULT.stellar_density,
    null_curves: Annotated[
        int,
        typer.Option(
            min=0,
            metavar="N",
            help="Compute false-alarm probabilities from N inverted or scrambled light curves per "
            "star; each takes about the time of one pass of the search.",
        ),
    ] = _DEFAULT.null_curves,
    seed: Annotated[
        int, typer.Option(min=0, help="Random seed of the scrambled light curves.")
    ] = _DEFAULT.seed,
    workers: Workers = None,
    cluster: ClusterAddress = None,
    resume: Annotated[
        bool,
        typer.Option(
            "--resume",
            help="Resume an interrupted search with the same options (--workers and --cluster may "
            "change).",
        ),
    ] = False,
    shard: ShardText = None,
    log: Log = None,
    overwrite: Overwrite = False,
) -> None:
    """Search light curves for transits, and write a table of planet candidates.

    If runs or shipped weights are given, the candidates are scored. The table can be used as an
    event table, for example by `astronet predict --table`. The exit status is 3 if some stars
    could not be searched.

    Example: `astronet search --star 11446443 --data data/raw/kepler`

    With scores: `astronet search pretrained --all --data data/raw/kepler --out candidates.csv`

    Your own light curve: `astronet search --star mine --data mine.csv --mission custom
    --reader clock=btjd`
    """
    only_one(
        {"star": star, "stars": stars, "all": all_ or None},
        "give one of --star, --stars and --all",
    )
    settings = SearchSettings(
        max_signals=max_signals,
        min_snr=min_snr,
        min_period=min_period,
        max_period=max_period,
        min_transits=min_transits,
        stellar_density=density,
        null_curves=null_curves,
        seed=seed,
    )
    from astronet.files.tables import STDOUT, check_format

    folder, table = location(data), location(out)
    check_format(Path(out))  # before torch is imported
    part = Shard.parse(shard) if shard is not None else None
    _check_out(out, resume or part is not None)
    from astronet.search import files_of
    from astronet.search import search as search_stars

    scorer = None
    if runs:
        _check_runs(runs, folder)
        from astronet.runs.loading import load

        scorer = load(*runs)
    source = requested_source(scorer, mission, reader)
    with (
        TemporaryDirectory() as temporary,
        _not_resumable() if table == STDOUT else nullcontext(),
        uploading(
            Path(temporary) / "candidates.csv" if table == STDOUT else table,
            files_of,
            overwrite=overwrite,
        ) as output,
    ):
        chosen = requested_stars(star, stars, all_, folder, source, files_of(output.path))
        found = search_stars(
            chosen,
            folder,
            source,
            output.path,
            settings=settings,
            known=known,
            scorer=scorer,
            workers=workers,
            cluster=cluster,
            resume=resume,
            shard=part,
            log=log,
            overwrite=overwrite,
            command=shlex.join(["astronet", *sys.argv[1:]]),
        )
        if part is not None:
            echo_shard(part)
        if found is None:
            return
        if table == STDOUT:
            with found.table.open(encoding="utf-8", newline="") as file:
                for line in file:
                    echo_csv(line)
    if table != STDOUT:
        _echo(found, output)
        if len(found.best) and output.remote is None:  # other commands read only local tables
            echo(f"next: {next_command(found, runs or [], folder, mission, reader or [], source)}")
    found.check()
    exit_if_some_failed(found.failed > 0)


def _check_out(out: str, in_parts: bool) -> None:
    """Raise an error if a search should be resumed or divided, but writes to standard output."""
    if out == "-" and in_parts:
        raise RunError(
            "a search that writes to standard output cannot be resumed or divided; give the path "
            "of a table",
            arguments=("out", "resume", "shard"),
        )


def _check_runs(runs: Sequence[Path], data: Location) -> None:
    """Raise an error if light-curve files are given as runs.

    The shell replaces a pattern such as `--data folder/*.fits` by several files, all except the
    first of which are arguments.

    Raises:
        RunError: A run is a file.
    """
    if file := next((run for run in runs if run.is_file()), None):
        single = isinstance(data, Path) and data.is_file()
        raise RunError(
            f"{file} is a file, but a run is a folder or a name; give --data one path without a "
            f"pattern such as *, for example {Path(str(data)).parent if single else data}"
        )


@contextmanager
def _not_resumable() -> Iterator[None]:
    """Replace the interruption of a command that can be resumed by an ordinary one.

    Raises:
        KeyboardInterrupt: The command was interrupted.
    """
    try:
        yield
    except ResumableInterrupt:
        raise KeyboardInterrupt from None


def _echo(found: "Search", output: Output) -> None:
    """Print the best candidates, and the numbers of stars and candidates."""
    for _, row in found.best.head(_SHOWN).iterrows():
        echo(candidate_line(row))
    if found.candidates > _SHOWN:
        echo(f"… {found.candidates} candidates in total")
    where = f" in {counted(found.with_candidates, 'star')}" if found.stars > 1 else ""
    failed = f", {counted(found.failed, 'star')} not searched" if found.failed else ""
    echo(
        f"{counted(found.stars, 'star')}: {counted(found.candidates, 'candidate')}{where}{failed}"
        + (f"; reasons in {output.shown(found.stars_table)}" if found.failed else "")
    )
    figure = f"   figure: {output.shown(found.figure)}" if found.figure else ""
    table, stars, record = map(output.shown, (found.table, found.stars_table, found.record))
    echo(f"table: {table}   stars: {stars}{figure}   record: {record}")
    if found.named:
        echo(
            f"note: other commands cannot read {table}, because it contains names of stars; "
            "name the light-curve files 1.csv, 2.csv … and search them again, or score one "
            "candidate at a time, as in the next command"
        )
