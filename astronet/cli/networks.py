"""Commands that train, tune and evaluate networks, and score events."""

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from astronet.cli.messages import command_line, echo, echo_csv
from astronet.cli.options import (
    Config,
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
    TrainingOverrides,
    VettingPages,
    Workers,
)
from astronet.cli.requests import (
    in_bkjd,
    only_one,
    requested_event,
    requested_experiment,
    requested_source,
    requested_star,
)
from astronet.errors import RunError, counted

if TYPE_CHECKING:
    import pandas as pd

    from astronet.predict import Prediction
    from astronet.runs.scorer import Scorer

_SHOWN = 10
"""Maximum number of scores to print; the table contains all scores."""


def train(
    config: Config,
    overrides: TrainingOverrides = None,
    run: Annotated[
        Path | None, typer.Option(help="Folder for the run [default: runs/CONFIG].")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Resume an interrupted training run.")
    ] = False,
    overwrite: Overwrite = False,
) -> None:
    """Train a network on a store of views.

    Example: `astronet train --config astronet-dr24 training.epochs=10`
    """
    experiment = requested_experiment(config, overrides)
    from astronet.train import train as train_run

    run = run or Path("runs") / config.stem
    trained = train_run(experiment, run, resume=resume, overwrite=overwrite, inputs=[config])
    record = trained.record
    echo(
        f"{run}: trained for {counted(record['epochs'], 'epoch')} in {record['seconds']:.0f} s on "
        f"{record['device']}; kept the weights of epoch {record['kept_epoch']}"
    )
    echo(f"next: {command_line('evaluate', run, {'split': 'val'})}")


def tune(
    config: Config,
    space: Annotated[
        Path,
        typer.Option(
            help=(
                "YAML file with the ranges of the settings to tune: a path, or the name of a "
                "search space in the package, such as residual."
            )
        ),
    ],
    overrides: TrainingOverrides = None,
    run: Annotated[
        Path | None, typer.Option(help="Folder for the search [default: runs/tune-CONFIG].")
    ] = None,
    trials: Annotated[int, typer.Option(min=1, help="Total number of trials.")] = 30,
    folds: Annotated[int, typer.Option(min=2, help="Number of folds for cross-validation.")] = 3,
    minutes: Annotated[
        float | None, typer.Option(min=0, help="Start no new trial after this many minutes.")
    ] = None,
    overwrite: Overwrite = False,
) -> None:
    """Search for the best settings by cross-validation on the training stars.

    A setting given as KEY=VALUE is fixed: if the search space contains it, it is not tuned.

    Run the same command again to resume an interrupted search.

    Example: `astronet tune --config residual-dr24 --space residual --minutes 60`
    """
    experiment = requested_experiment(config, overrides)
    from astronet.tune import tune as tune_settings
    from astronet.tuning.fitting import without_fixed
    from astronet.tuning.space import load_space

    run = run or Path("runs") / f"tune-{config.stem}"
    searched = without_fixed(load_space(space), overrides or ())
    tuning = tune_settings(
        experiment,
        searched,
        run,
        trials=trials,
        folds=folds,
        minutes=minutes,
        overwrite=overwrite,
        inputs=[config, space],
    )
    echo(tuning.summary)
    echo(f"trials: {run / 'trials.csv'}   best config: {tuning.config}")
    echo(f"next: {command_line('train', {'config': tuning.config, 'run': f'{run}-best'})}")


def evaluate(
    runs: Runs,
    split: Annotated[
        str, typer.Option(help="Split to evaluate: train, val, test or all.")
    ] = "test",
    store: Annotated[
        Path | None,
        typer.Option(
            help=(
                "Store of views to evaluate on; required for shipped weights [default: the "
                "store of the run]."
            )
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Folder for the results [default: RUN/evaluate-SPLIT; for shipped weights, "
            "runs/NAME/evaluate-SPLIT; for several runs, RUN1+RUN2/evaluate-SPLIT next to the "
            "first run]."
        ),
    ] = None,
    threshold: Annotated[
        float,
        typer.Option(min=0, max=1, help="Score above which an event is classified as a planet."),
    ] = 0.5,
    labels: Annotated[
        str | None,
        typer.Option(help="Label policy, for example koi_certain [default: that of the training]."),
    ] = None,
    vet: VettingPages = None,
    overwrite: Overwrite = False,
) -> None:
    """Evaluate runs on labelled events and write metrics, predictions, ROC curves and a report.

    Several runs are compared with each other and with the average of their scores.

    Example: `astronet evaluate runs/astronet-dr24 --split val`

    Shipped weights: `astronet evaluate pretrained --store data/stores/dr24 --split val`
    """
    from astronet.evaluate import evaluate as evaluate_runs

    evaluation = evaluate_runs(
        runs,
        split=split,
        store=store,
        out=out,
        threshold=threshold,
        labels=labels,
        overwrite=overwrite,
        vet=vet,
        explain_command=lambda path, n: command_line("explain", *runs, {"store": path, "row": n}),
    )
    echo(evaluation.summary)
    echo(f"report: {evaluation.report}")


def predict(
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
            help="Event table with the events to score: a path, or the name of a table that "
            "`astronet catalog fetch` saved."
        ),
    ] = None,
    store: Annotated[Path | None, typer.Option(help="Store with the events to score.")] = None,
    mission: OtherMission = None,
    reader: Reader = None,
    out: Annotated[
        Path,
        typer.Option(
            help="Table for the scores; the suffix selects the format: .csv, .parquet, .jsonl or "
            ".ecsv; '-' writes CSV to standard output. Otherwise, a figure of the views (.png) "
            "and a record of how the scores were computed (.json) are saved next to the table."
        ),
    ] = Path("predictions.csv"),
    overwrite: Overwrite = False,
    workers: Workers = None,
) -> None:
    """Score one event of a star, all events in a table, or all events in a store.

    The other rows of a star in a table or store are its other events, whose scores some weights
    use; for --star, they are given by --others. The column `inputs` lists what was used.

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
    event = requested_event(period, epoch, duration) if star is not None else None
    from astronet.files.tables import check_format

    check_format(out)  # before torch is imported
    from astronet.dataset.store import ViewStore
    from astronet.missions.tables import find_catalog
    from astronet.predict import predict_event, predict_store, predict_table
    from astronet.runs.loading import load
    from astronet.runs.prediction_files import check_prediction_files

    table, others = (None if path is None else find_catalog(path) for path in (table, others))
    scorer = load(*runs)
    inputs = [path for path in (table, store, others) if path is not None]
    inputs += [data] if data is not None and data.is_file() else []
    check_prediction_files(out, scorer, inputs, overwrite=overwrite)
    source = requested_source(scorer, mission, reader)
    if store is not None:
        prediction = predict_store(scorer, ViewStore.open(store))
    elif table is not None and data is not None:
        prediction = predict_table(scorer, table, data, source=source, workers=workers)
    elif star is not None and data is not None and event is not None:
        one = requested_star(star, source)
        prediction = predict_event(scorer, data, one, in_bkjd(event, source), source, others)
    _write(prediction, scorer, out, overwrite)
    prediction.check()


def _write(prediction: "Prediction", scorer: "Scorer", out: Path, overwrite: bool) -> None:
    """Write the table of scores, its figure and its record, and print the highest scores."""
    from astronet.files.tables import STDOUT, csv_text
    from astronet.runs.prediction_files import write_record

    if out == STDOUT:
        echo_csv(csv_text(prediction.table))
        return
    figure = prediction.save(out, scorer.name, overwrite=overwrite)
    command = shlex.join(["astronet", *sys.argv[1:]])
    record = write_record(out, scorer, command, overwrite=overwrite)
    scored = prediction.table["score"].notna()
    _echo_scores(prediction.table, scored)
    drawn = f"   figure: {figure}" if scored.any() else ""
    echo(f"table: {out}{drawn}   record: {record}")


def _echo_scores(table: "pd.DataFrame", scored: "pd.Series[bool]") -> None:
    """Print the highest scores, and the number of events without a score."""
    from astronet.evaluation.predictions import remarks_on
    from astronet.figures.numbers import score_text

    for _, row in table[scored].head(_SHOWN).iterrows():
        flags = str(row.get("flags", "")).replace(";", ", ")
        remark = "   ".join(["", *filter(None, [flags, *remarks_on(row)])])
        echo(f"{score_text(row['score'])}  {row['star']}  event {row['number']}{remark}")
    if len(table) > _SHOWN:
        echo(f"… {len(table)} events in total")
    if not scored.all():
        echo(f"{counted(int((~scored).sum()), 'event')} without a score; reasons in the table")
