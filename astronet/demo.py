"""`astronet demo`: simulated stars through every verb, from FITS files to a report."""

import shutil
import sys
from pathlib import Path

import pandas as pd

from astronet.config import Experiment, load_config
from astronet.dataset.parts import SKIPPED, read_skipped
from astronet.dataset.store import ViewStore
from astronet.errors import RunError, counted
from astronet.evaluate import Evaluation, evaluate
from astronet.files.atomic import replacing
from astronet.predict import predict_table
from astronet.prepare import prepare
from astronet.progress import console
from astronet.runs.run import Run
from astronet.runs.scorer import load
from astronet.simulate import simulate
from astronet.train import train


def demo(config: Path, stars: int, run_path: Path, seed: int = 7) -> Evaluation:
    """Simulates Kepler stars, then prepares, trains, evaluates and predicts on them.

    Args:
        config: Its source says where the simulated files go.
        stars: How many stars.
        run_path: The run folder, which must be new.
        seed: Of the stars.

    Raises:
        RunError: The run folder exists already.
    """
    experiment = load_config(config)
    if run_path.exists():
        raise RunError(f"{run_path} exists already; delete it (`make clean`), or choose another")
    source = experiment.source
    console.print(f"[bold]1/5 simulate[/bold]  {stars} Kepler stars as FITS files")
    simulate(source.catalog.parent, stars=stars, seed=seed)
    console.print("[bold]2/5 prepare[/bold]  flatten, fold and cut their views")
    store = prepare(experiment, overwrite=True)
    console.print("[bold]3/5 train[/bold]  AstroNet on the training stars")
    run = train(experiment, run_path)
    console.print("[bold]4/5 evaluate[/bold]  on stars that it has never seen")
    evaluation = evaluate([run_path], split="test")
    print(evaluation.summary)
    console.print("[bold]5/5 predict[/bold]  from the FITS files of ten of these stars")
    _predict(experiment, store, run)
    _say_what_next(experiment, store, run, evaluation)
    return evaluation


def _predict(experiment: Experiment, store: ViewStore, run: Run) -> None:
    """Scores a few unseen stars as a user would: from a table and a folder of files."""
    unseen = store.index[experiment.data.split.assign(store.index) == "test"]
    stars = unseen["star"].drop_duplicates().head(10)
    source = experiment.source
    catalog = pd.read_csv(source.catalog, comment="#")
    table = source.catalog.with_name("unseen.csv")
    with replacing(table) as part:
        catalog[catalog["kepid"].isin(stars)].to_csv(part, index=False)
    prediction = predict_table(load(run.path), table, source.light_curves)
    prediction.save(run.path / "predictions.csv", f"{run.path.name}: unseen stars")
    for row in prediction.table.itertuples():
        print(f"{row.score:.4f}  star {row.star}, event {row.number}: truly {row.simulated_kind}")


def _say_what_next(
    experiment: Experiment, store: ViewStore, run: Run, evaluation: Evaluation
) -> None:
    """Where everything is, and three commands to try."""
    event = store.index.iloc[0]
    if skipped := len(read_skipped(store)):
        print(f"skipped: {counted(skipped, 'event')}; {store.path / SKIPPED} says why")
    print(f"\nreport: {evaluation.report}")
    print(f"scores and views of ten unseen stars: {run.path / 'predictions.png'}")
    program = "astronet" if shutil.which("astronet") else sys.argv[0]
    print("\nthree commands to try next:")
    print(
        f"  {program} predict {run.path} --star {event['star']} "
        f"--data {experiment.source.light_curves} --period {event['period_days']:.6f} "
        f"--epoch {event['epoch_bkjd']:.4f} --duration {event['duration_days']:.4f}"
    )
    print(f"  {program} train --config configs/demo.yaml --run {run.path}-2 training.seed=1")
    print(f"  {program} evaluate {run.path} {run.path}-2    # the two averaged")
