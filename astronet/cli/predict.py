"""The command that scores events."""

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from astronet.cli.messages import echo, echo_csv, echo_shard, exit_if_some_failed
from astronet.cli.options import (
    ClusterAddress,
    DataOrUrl,
    Duration,
    Epoch,
    Log,
    OtherMission,
    Others,
    Overwrite,
    Period,
    Reader,
    Runs,
    ShardText,
    Star,
    Workers,
)
from astronet.cli.requests import (
    in_bkjd,
    only_one,
    requested_event,
    requested_source,
    requested_star,
)
from astronet.errors import RunError, counted
from astronet.execution.shards import Shard
from astronet.files.remote import Location, local_only, location
from astronet.files.uploads import Output, uploading

if TYPE_CHECKING:
    import pandas as pd

    from astronet.runs.prediction import Prediction
    from astronet.runs.scorer import Scorer

_SHOWN = 10
"""Maximum number of events to print; the table contains all events."""


def predict(
    runs: Runs,
    star: Star = None,
    data: DataOrUrl = None,
    period: Period = None,
    epoch: Epoch = None,
    duration: Duration = None,
    others: Others = None,
    table: Annotated[
        Path | None,
        typer.Option(
            help="Event table with the events to score: a path, or the name of a table that "
            "`astronet catalog fetch` saved."
        ),
    ] = None,
    store: Annotated[Path | None, typer.Option(help="Store with the events to score.")] = None,
    mission: OtherMission = None,
    reader: Reader = None,
    out: Annotated[
        str,
        typer.Option(
            metavar="PATH",
            help="Table for the scores: a path, or the URL of an object (s3:// or gs://), to which "
            "it is uploaded from the folder NAME.upload; the suffix selects the format: .csv, "
            ".parquet, .jsonl or .ecsv; '-' writes CSV to standard output. Otherwise, a figure of "
            "the views (.png) and a record of how the scores were computed (.json) are saved next "
            "to the table.",
        ),
    ] = "predictions.csv",
    overwrite: Overwrite = False,
    workers: Workers = None,
    cluster: ClusterAddress = None,
    resume: Annotated[
        bool,
        typer.Option(
            "--resume",
            help="Resume interrupted predictions of --table with the same options (--workers and "
            "--cluster may change).",
        ),
    ] = False,
    shard: ShardText = None,
    log: Log = None,
) -> None:
    """Score one event of a star, all events in a table, or all events in a store.

    The other rows of a star in a table or store are its other events, which are an input of some
    weights; for --star, they are given by --others. The column `inputs` lists what was used. The
    exit status is 3 if some events have no score.

    Example: `astronet predict pretrained --star 11446443 --data data/raw/kepler --period 2.47061
    --epoch 132.646 --duration 0.0743`

    With the star's other events: `astronet predict pretrained --star 11442793 --data
    data/raw/kepler --period 59.7367 --epoch 158.9656 --duration 0.347 --others q1_q17_dr24_tce`

    Event table: `astronet predict pretrained --table candidates.csv --data data/raw/kepler`

    Your own light curve: `astronet predict pretrained --star mine --data mine.csv --mission custom
    --reader clock=btjd --period 3.2 --epoch 1325.1 --duration 0.1`
    """
    what = only_one(
        {"star": star, "table": table, "store": store},
        "give one of --star (with --data, --period, --epoch and --duration), --table (with --data) "
        "and --store",
    )
    if store is None and data is None:
        raise RunError(f"--{what} requires --data, the folder of light curves; add it")
    if others is not None and star is None:
        raise RunError(
            f"--others requires --star; the other events of a star in --{what} are its other rows"
        )
    folder, output = None if data is None else location(data), location(out)
    part = Shard.parse(shard) if shard is not None else None
    _check_divisible(table, out, resume or shard is not None)
    event = requested_event(period, epoch, duration) if star is not None else None
    from astronet.files.tables import STDOUT, check_format

    check_format(Path(out))  # before torch is imported
    from astronet.dataset.store import ViewStore
    from astronet.missions.tables import find_catalog
    from astronet.predict import predict_event, predict_store, predict_table
    from astronet.runs.loading import load
    from astronet.runs.prediction_files import check_prediction_files

    table, others = (None if path is None else find_catalog(path) for path in (table, others))
    scorer = load(*runs)
    inputs = [path for path in (table, store, others) if path is not None]
    inputs += [path for path in local_only(folder) if path.is_file()]
    if table is None and isinstance(output, Path):
        check_prediction_files(output, scorer, inputs, overwrite=overwrite)
    source = requested_source(scorer, mission, reader)
    if store is not None:
        prediction = predict_store(scorer, ViewStore.open(store))
    elif table is not None and folder is not None and output != STDOUT:
        _predict_to_file(
            *(scorer, table, folder, output),
            source=source,
            workers=workers,
            cluster=cluster,
            resume=resume,
            shard=part,
            log=log,
            overwrite=overwrite,
        )
        return
    elif table is not None and folder is not None:
        prediction = predict_table(scorer, table, folder, source=source, workers=workers)
    elif star is not None and folder is not None and event is not None:
        one = requested_star(star, source)
        prediction = predict_event(scorer, folder, one, in_bkjd(event, source), source, others)
    _write(prediction, scorer, output, overwrite)
    prediction.check()
    exit_if_some_failed(bool(prediction.table["score"].isna().any()))


def _check_divisible(table: Path | None, out: str, wanted: bool) -> None:
    """Raise an error if predictions should be resumed or divided, but are not saved in parts."""
    if wanted and (table is None or out == "-"):
        raise RunError(
            "only predictions of an event table that are written to a file can be divided or "
            "resumed; give a table, and a path for the predictions",
            arguments=("table", "out", "resume", "shard"),
        )


def _predict_to_file(
    scorer: "Scorer",
    table: Path,
    data: Location,
    out: Location,
    *,
    shard: Shard | None,
    overwrite: bool,
    **options: Any,
) -> None:
    """Score the events of a table, and print the highest scores and the names of the files.

    Args:
        scorer: Networks that compute the scores.
        table: Path of the table of events.
        data: Folder of light curves.
        out: Path or URL of the table of predictions.
        shard: Subset of the parts to compute; None means all.
        overwrite: Whether to replace existing files.
        options: Further arguments of `astronet.predict.predict_to_file`.
    """
    from astronet.predict import predict_to_file
    from astronet.runs.prediction_files import prediction_files

    options |= {"shard": shard, "overwrite": overwrite}
    options["command"] = shlex.join(["astronet", *sys.argv[1:]])
    with uploading(out, prediction_files, overwrite=overwrite) as output:
        found = predict_to_file(scorer, table, data, output.path, **options)
    if shard is not None:
        echo_shard(shard)
    if found is not None:
        _echo_scores(found.best, found.events, found.scored)
        _echo_files(output, found.figure, found.record)
        found.check()
        exit_if_some_failed(found.scored < found.events)


def _write(prediction: "Prediction", scorer: "Scorer", out: Location, overwrite: bool) -> None:
    """Write the table of scores, its figure and its record, and print the highest scores."""
    from astronet.files.tables import STDOUT, csv_text
    from astronet.predict import save
    from astronet.runs.prediction_files import prediction_files, write_record

    if out == STDOUT:
        echo_csv(csv_text(prediction.table))
        return
    with uploading(out, prediction_files, overwrite=overwrite) as output:
        figure = save(prediction, output.path, scorer.name, overwrite=overwrite)
        command = shlex.join(["astronet", *sys.argv[1:]])
        record = write_record(output.path, scorer, command, overwrite=overwrite)
    scored = int(prediction.table["score"].notna().sum())
    _echo_scores(prediction.table, len(prediction.table), scored)
    _echo_files(output, figure if scored else None, record)


def _echo_files(output: Output, figure: Path | None, record: Path) -> None:
    """Print the names of the files of the predictions."""
    drawn = f"   figure: {output.shown(figure)}" if figure else ""
    echo(f"table: {output.shown(output.path)}{drawn}   record: {output.shown(record)}")


def _echo_scores(table: "pd.DataFrame", events: int, scored: int) -> None:
    """Print the highest scores, and the number of events without a score.

    Args:
        table: First rows of the table of predictions.
        events: Number of events.
        scored: Number of events with a score.
    """
    from astronet.evaluation.predictions import remarks_on
    from astronet.figures.numbers import score_text

    for _, row in table[table["score"].notna()].head(_SHOWN).iterrows():
        flags = str(row.get("flags", "")).replace(";", ", ")
        remark = "   ".join(["", *filter(None, [flags, *remarks_on(row)])])
        echo(f"{score_text(row['score'])}  {row['star']}  event {row['number']}{remark}")
    if events > _SHOWN:
        echo(f"… {events} events in total")
    if scored < events:
        echo(f"{counted(events - scored, 'event')} without a score; reasons in the table")
