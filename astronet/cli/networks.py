"""The commands that train networks, judge them and score with them."""

from pathlib import Path
from typing import Annotated

import typer

from astronet.cli.options import (
    Config,
    Data,
    Duration,
    Epoch,
    OtherMission,
    Overrides,
    Period,
    Reader,
    Resume,
    Runs,
    Star,
    Workers,
)


def demo(
    config: Config = Path("configs/demo.yaml"),
    stars: Annotated[int, typer.Option(min=50, help="How many stars.")] = 300,
    run: Annotated[Path, typer.Option(help="The run folder.")] = Path("runs/demo"),
) -> None:
    """Simulate Kepler stars as FITS files, then prepare, train, evaluate and predict on them."""
    from astronet.demo import demo as run_demo

    run_demo(config, stars, run)


def train(
    config: Config,
    overrides: Overrides = None,
    run: Annotated[Path | None, typer.Option(help="[default: runs/<name of config>]")] = None,
    resume: Resume = False,
) -> None:
    """Train a network on a store.

    Example: `astronet train --config configs/astronet-dr24.yaml training.epochs=10`
    """
    from astronet.config import load_config
    from astronet.train import train as train_run

    run = run or Path("runs") / config.stem
    trained = train_run(load_config(config, overrides or []), run, resume=resume)
    record = trained.record
    typer.echo(
        f"{run}: trained {record['epochs']} epochs in {record['seconds']:.0f} s on "
        f"{record['device']}; kept epoch {record['kept_epoch']}"
    )
    typer.echo(f"next: astronet evaluate {run} --split val")


def tune(
    config: Config,
    space: Annotated[Path, typer.Option(help="YAML file of ranges, see configs/tune/.")],
    overrides: Overrides = None,
    run: Annotated[Path | None, typer.Option(help="[default: runs/tune-<name of config>]")] = None,
    trials: Annotated[int, typer.Option(min=1, help="How many there shall be.")] = 30,
    folds: Annotated[int, typer.Option(min=2, help="Folds of the training stars.")] = 3,
    minutes: Annotated[
        float | None, typer.Option(min=0, help="Begin no trial after so many.")
    ] = None,
) -> None:
    """Search settings by cross-validation on the training stars; the same command goes on.

    Example: `astronet tune --config configs/residual-dr24.yaml --space configs/tune/residual.yaml
    --minutes 60`
    """
    from astronet.config import load_config
    from astronet.tune import tune as tune_settings
    from astronet.tuning.space import load_space

    run = run or Path("runs") / f"tune-{config.stem}"
    experiment = load_config(config, overrides or [])
    tuning = tune_settings(
        experiment, load_space(space), run, trials=trials, folds=folds, minutes=minutes
    )
    typer.echo(tuning.summary)
    typer.echo(f"trials: {run / 'trials.csv'}   best: {tuning.config}")
    typer.echo(f"next: astronet train --config {tuning.config} --run {run}-best")


def evaluate(
    runs: Runs,
    split: Annotated[str, typer.Option(help="train, val, test or all.")] = "test",
    store: Annotated[
        Path | None, typer.Option(help="[default: the run's own; shipped weights have none]")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="[default: RUN/evaluate-SPLIT]")] = None,
    threshold: Annotated[
        float, typer.Option(min=0, max=1, help="Scores above it count as planets.")
    ] = 0.5,
) -> None:
    """Judge runs on labelled events: metrics with intervals, a table and a report.

    Example: `astronet evaluate runs/dr24 --split val`

    Weights that come with the package: `astronet evaluate pretrained --store data/stores/dr24`
    """
    from astronet.evaluate import evaluate as evaluate_runs

    evaluation = evaluate_runs(runs, split=split, store=store, out=out, threshold=threshold)
    typer.echo(evaluation.summary)
    typer.echo(f"report: {evaluation.report}")


def predict(
    runs: Runs,
    star: Star = None,
    data: Data = None,
    period: Period = None,
    epoch: Epoch = None,
    duration: Duration = None,
    table: Annotated[Path | None, typer.Option(help="A catalogue of events.")] = None,
    store: Annotated[Path | None, typer.Option(help="A store of views.")] = None,
    mission: OtherMission = None,
    reader: Reader = None,
    out: Annotated[Path, typer.Option(help="The table to write.")] = Path("predictions.csv"),
    workers: Workers = None,
) -> None:
    """Score one event of a star, all events of a table, or a store.

    Example: `astronet predict runs/dr24 --star 11446443 --data data/raw/kepler --period 2.47061
    --epoch 132.646 --duration 0.0743`

    Without a training of your own: `astronet predict pretrained --table candidates.csv
    --data data/raw/kepler`

    A file of your own: `astronet predict runs/dr24 --star mine --data mine.csv --mission custom
    --reader clock=btjd --period 3.2 --epoch 3492.1 --duration 0.1`
    """
    from astronet.predict import choose

    prediction, picture = choose(
        runs,
        star=star,
        data=data,
        ephemeris=(period, epoch, duration),
        table=table,
        store=store,
        out=out,
        mission=mission,
        reader=reader or [],
        workers=workers,
    )
    scored = prediction.table["score"].notna()
    for _, row in prediction.table[scored].head(10).iterrows():
        remark = f"   ({row['warning']})" if row["warning"] else ""
        typer.echo(f"{row['score']:.4f}  {row['star']}  event {row['number']}{remark}")
    if len(prediction.table) > 10:
        typer.echo(f"… {len(prediction.table)} events in all")
    if not scored.all():
        typer.echo(f"{(~scored).sum()} events have no score; the column reason says why")
    typer.echo(f"table: {out}" + (f"   picture: {picture}" if scored.any() else ""))


def explain(
    runs: Runs,
    star: Star = None,
    data: Data = None,
    period: Period = None,
    epoch: Epoch = None,
    duration: Duration = None,
    store: Annotated[Path | None, typer.Option(help="A store of views, with --row.")] = None,
    row: Annotated[int | None, typer.Option(help="Row of its index.csv, from 0.")] = None,
    mission: OtherMission = None,
    reader: Reader = None,
    out: Annotated[Path | None, typer.Option(help="Folder [default: runs/explain-…]")] = None,
) -> None:
    """Show why an event scores as it does: a page of attributions, removals and feature maps.

    Example: `astronet explain pretrained --star 11446443 --data data/raw/kepler --period 2.47061
    --epoch 132.646 --duration 0.0743`

    An event of a store: `astronet explain runs/dr24 --store data/stores/dr24 --row 0`
    """
    from astronet.explain import explain as explain_event

    explained = explain_event(
        runs,
        star=star,
        data=data,
        ephemeris=(period, epoch, duration),
        store=store,
        row=row,
        out=out,
        mission=mission,
        reader=reader or [],
    )
    typer.echo(explained.summary)
    typer.echo(f"page: {explained.page}   its pictures: {explained.page.parent}/*.png")
