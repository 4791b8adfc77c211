"""Benchmark of the training speed of AstroNet: `python -m benchmarks.training`.

`astronet train` (Lightning, batches from a store on disk, time reversal, fused Adam) is compared
with a minimal loop over one batch in memory with Conv1d and the default Adam. The batch size is 64.
Run it on an idle machine.
"""

import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
import torch.nn.functional as F
from lightning.pytorch.callbacks import Callback

from astronet import GLOBAL, LOCAL, ViewStore
from astronet.dataset.examples import Examples
from astronet.dataset.settings import DataSettings
from astronet.dataset.splits import OfficialSplit
from astronet.models import AstroNetSpec
from astronet.training.classifier import Classifier
from astronet.training.data import ViewData
from astronet.training.settings import Optimization, Training
from astronet.training.trainer import make_trainer
from benchmarks.measuring import show
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

STEPS, WARM_UP, ROUNDS = 25, 5, 3
"""Number of steps per round, of warm-up steps that are not counted, and of rounds."""

PLAIN = "plain Conv1d, float32"


def main(folder: Path) -> None:
    """Measure all implementations and print the table."""
    store = noise_store(folder / "store", STEPS * BATCH)
    work = gflop_per_event(training=True)
    rows: list[tuple[str, ...]] = []
    for threads in sorted({1, torch.get_num_threads()}):
        torch.set_num_threads(threads)
        peaks = measured_peaks()
        measures: dict[str, Callable[[], float]] = {
            f"astronet, {name}": partial(train_speed, store, folder, name) for name in DTYPES
        }
        measures[PLAIN] = _plain_speed
        speeds: dict[str, list[float]] = {name: [] for name in measures}
        for _ in range(ROUNDS):
            for name, measure in measures.items():
                speeds[name].append(measure())
        medians = {name: float(np.median(values)) for name, values in speeds.items()}
        rows += speed_rows(medians, peaks, work, plain=PLAIN)
    title = f"Training AstroNet, batch size {BATCH}, {work:.3f} GFLOP per event"
    show(title, SPEED_COLUMNS, rows)


def train_speed(
    store: ViewStore,
    folder: Path,
    precision: str,
    *,
    accelerator: str = "cpu",
    batch: int = BATCH,
    steps: int = STEPS,
) -> float:
    """Return the speed of `astronet train` after the warm-up steps [events/s].

    Args:
        store: Store with at least `batch` · `steps` events.
        folder: Folder for the files of the run.
        precision: Precision of the training, for example bfloat16.
        accelerator: Lightning's name of the device: cpu or gpu.
        batch: Number of events per batch.
        steps: Number of steps, including the warm-up.
    """
    trainer = make_trainer(
        Training.model_validate({"epochs": 1, "precision": precision}),
        {"accelerator": accelerator, "limit_train_batches": steps},
        history=folder / "metrics.csv",
        last_checkpoint=folder / "last.ckpt",
        weights=folder / "best.ckpt",
        quiet=True,
    )
    clock = Clock()
    trainer.callbacks.append(clock)  # type: ignore[attr-defined]
    data = ViewData(Examples(store, DataSettings(batch_size=batch, split=OfficialSplit())))
    trainer.fit(Classifier(AstroNetSpec().build(VIEWS), Optimization()), datamodule=data)
    return batch * clock.steps_per_second


class Clock(Callback):
    """Callback that measures the duration of the steps after the warm-up."""

    def __init__(self) -> None:
        self.steps = 0
        self.start = self.end = 0.0

    def on_train_batch_end(self, *_: Any) -> None:
        """Count a step, and start the measurement after the warm-up."""
        self.steps += 1
        if self.steps == WARM_UP:
            self.start = _now()

    def on_train_epoch_end(self, *_: Any) -> None:
        """End the measurement."""
        self.end = _now()

    @property
    def steps_per_second(self) -> float:
        """Number of steps per second after the warm-up."""
        return (self.steps - WARM_UP) / (self.end - self.start)


def _now() -> float:
    """Return the time [s] after all work on the GPU, if there is one, is complete."""
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter()


def _plain_speed() -> float:
    """Return the speed of a minimal training loop [events/s]."""
    network, batch = PlainAstroNet(), random_batch()
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-5)
    clock = Clock()
    for _ in range(STEPS):
        optimizer.zero_grad()
        F.binary_cross_entropy_with_logits(network(batch), batch.label).backward()
        optimizer.step()
        clock.on_train_batch_end()
    clock.on_train_epoch_end()
    return BATCH * clock.steps_per_second


def noise_store(path: Path, events: int) -> ViewStore:
    """Return a store of labelled noise in which all events are in the training split."""
    generator = np.random.default_rng(0)
    views = {
        name: generator.standard_normal((events, bins), np.float32) for name, bins in VIEWS.items()
    }
    index = pd.DataFrame({"star": range(events), "number": 1})
    index["label"] = np.where(index.star % 2, "AFP", "PC")
    index["split"] = "train"
    return ViewStore.create(path, index, [views], {"global": GLOBAL, "local": LOCAL}, {})


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        main(Path(folder))
