"""Benchmark of the scoring speed of AstroNet: `python -m benchmarks.inference`.

`astronet predict` on a store (views from disk, in chunks of 64 rows, to probabilities) is compared
with a minimal loop over one batch in memory with Conv1d in float32. A second table compares the
shipped weights with AstroNet. Run it on an idle machine.
"""

import tempfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from astronet.config import Experiment
from astronet.models import AstroNetSpec, count_parameters
from astronet.runs.loading import load
from astronet.runs.run import Run
from astronet.runs.scorer import Scorer
from astronet.runs.shipped import shipped_names
from astronet.training.settings import Training
from benchmarks.measuring import in_turn, show
from benchmarks.networks import (
    BATCH,
    DTYPES,
    SPEED_COLUMNS,
    VIEWS,
    PlainAstroNet,
    gflop_per_event,
    measured_peaks,
    random_batch,
    speed_rows,
)

ROWS = 2048
PLAIN = f"plain Conv1d, float32, batches of {BATCH}"


def main(folder: Path) -> None:
    """Measure all implementations and print the tables."""
    generator = np.random.default_rng(0)
    views = {name: generator.normal(size=(ROWS, bins)) for name, bins in VIEWS.items()}
    for name, view in views.items():
        np.save(folder / f"{name}.npy", view.astype(np.float32))
    maps = {name: np.load(folder / f"{name}.npy", mmap_mode="r") for name in VIEWS}
    weights = AstroNetSpec().build(VIEWS).state_dict()
    steps: dict[str, Callable[[], Any]] = {}
    scores = {}
    for precision in DTYPES:
        scorer = Scorer([_run(folder / precision, precision, weights)])
        steps[f"astronet, {precision}"] = partial(scorer.score_views, maps)
        scores[precision] = scorer.score_views(maps)
    steps[PLAIN] = _plain(BATCH)
    steps["plain Conv1d, float32, batches of 1024"] = _plain(1024)
    shipped = {name: load(name) for name in shipped_names()}
    work = gflop_per_event(training=False)
    rows: list[tuple[str, ...]] = []
    for threads in sorted({1, torch.get_num_threads()}):
        torch.set_num_threads(threads)
        peaks = measured_peaks()
        speeds = {name: ROWS / took for name, took in in_turn(steps, rounds=5).items()}
        rows += speed_rows(speeds, peaks, work, plain=PLAIN)
    show(f"Scoring with AstroNet, {work:.3f} GFLOP per event", SPEED_COLUMNS, rows)
    difference = np.abs(scores["bfloat16"] - scores["float32"]).max()
    print(f"largest difference between the scores of the two precisions: {difference:.1e}")
    if shipped:
        _show_shipped(shipped, steps["astronet, bfloat16"])


def _show_shipped(shipped: Mapping[str, Scorer], astronet: Callable[[], Any]) -> None:
    """Measure the shipped weights on views of noise, relative to AstroNet in bfloat16."""
    generator = np.random.default_rng(0)
    steps = {"AstroNet": astronet}
    sizes = {"AstroNet": count_parameters(AstroNetSpec().build(VIEWS))}
    for name, scorer in shipped.items():
        views = {
            view: generator.normal(size=(ROWS, spec.bins)).astype(np.float32)
            for view, spec in scorer.experiment.views.items()
        }
        steps[name] = partial(scorer.score_views, views)
        sizes[name] = count_parameters(scorer.network)
    rows = []
    for threads in sorted({1, torch.get_num_threads()}):
        torch.set_num_threads(threads)
        times = in_turn(steps, rounds=9)
        for name, took in times.items():
            ratio = f"{times['AstroNet'] / took:.2f} ×"
            rows.append((str(threads), name, f"{sizes[name]:,}", ratio, f"{ROWS / took:.0f}"))
    columns = ("threads", "weights", "parameters", "relative to AstroNet", "events/s")
    show("Scoring with shipped weights, views in memory", columns, rows)


def _run(path: Path, precision: str, weights: dict[str, Any]) -> Run:
    """Return a run folder with the given weights."""
    run = Run(path)
    path.mkdir()
    training = Training.model_validate({"precision": precision})
    run.config_path.write_text(Experiment(training=training).as_yaml())
    torch.save({"state_dict": weights}, run.weights_path)
    return run


def _plain(size: int) -> Callable[[], Any]:
    network, batch = PlainAstroNet().eval(), random_batch(size)

    def score() -> None:
        with torch.inference_mode():
            for _ in range(ROWS // size):
                torch.sigmoid(network(batch))

    return score


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        main(Path(folder))
