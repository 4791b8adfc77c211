"""Commands that train, tune and evaluate networks."""

from pathlib import Path
from typing import Annotated

import typer

from astronet.cli.messages import command_line, echo
from astronet.cli.options import (
    Config,
    Overwrite,
    Runs,
    TrainingOverrides,
    VettingPages,
)
from astronet.cli.requests import (
    requested_experiment,
)
from astronet.errors import counted


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

    On two GPUs: `astronet train --config astronet-dr24 trainer.devices=2`
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
