"""Trainer callbacks: random seeds, history table, checkpoints and progress bar."""

import logging
import time
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from lightning import LightningModule, Trainer
from lightning.pytorch.callbacks import Callback, Checkpoint
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.progress import Progress as Bar

from astronet.files.atomic import replacing
from astronet.progress import console

_logger = logging.getLogger("astronet")

METRIC = "val_average_precision"
"""Name of the validation metric that determines the best epoch."""


class EpochSeed(Callback):
    """Callback that seeds torch at the start of each epoch, so that resumed runs are reproducible.

    Args:
        seed: Random seed of the run.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Seed torch with a number that depends on the run's seed and the epoch."""
        torch.manual_seed(self.seed * 1_000_003 + trainer.current_epoch)


class History(Callback):
    """Callback that writes the training history as a table with one row per epoch.

    Args:
        path: Path of the CSV file, which is rewritten after every epoch.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rows: list[dict[str, float]] = []
        self._started = time.monotonic()

    def state_dict(self) -> dict[str, Any]:
        """Return the state to save in the checkpoint: the rows written so far."""
        return {"rows": self.rows}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Restore the rows of the interrupted run."""
        self.rows = list(state_dict["rows"])

    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Record the time at which the epoch starts."""
        self._started = time.monotonic()

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Append a row for the epoch, and rewrite the table."""
        metrics = {name: float(value) for name, value in trainer.callback_metrics.items()}
        seconds = round(time.monotonic() - self._started, 3)
        self.rows.append({"epoch": trainer.current_epoch + 1} | metrics | {"seconds": seconds})
        with replacing(self.path) as part:
            pd.DataFrame(self.rows).to_csv(part, index=False)


class Checkpoints(Checkpoint):
    """Callback that writes the last checkpoint (for resuming) and the weights to keep.

    Files are replaced atomically: if the process is killed, the previous files remain.

    Args:
        last: Path of the checkpoint of the last complete epoch.
        weights: Path of the weights to keep.
        keep: Epoch whose weights are kept: `last`, or `best` according to `METRIC`.
    """

    def __init__(self, last: Path, weights: Path, keep: str) -> None:
        self.last = last
        self.weights = weights
        self.keep = keep
        self.best_score = float("-inf")
        self.kept_epoch = 0

    def state_dict(self) -> dict[str, Any]:
        """Return the state to save in the checkpoint: the kept epoch and the best score."""
        return {"best_score": self.best_score, "kept_epoch": self.kept_epoch}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Restore the kept epoch and the best score of the interrupted run."""
        self.best_score = state_dict["best_score"]
        self.kept_epoch = state_dict["kept_epoch"]

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Write the weights if they are to be kept, then write the checkpoint.

        If `keep` is "last", the weights are written after every epoch. If `keep` is "best", they
        are written after the first epoch and after every epoch that is the best so far.
        """
        score = float(trainer.callback_metrics.get(METRIC, torch.tensor(float("nan"))))
        if self.keep == "last" or score > self.best_score or self.kept_epoch == 0:
            self.kept_epoch = trainer.current_epoch + 1
            if score > self.best_score:  # false for NaN, which would exceed every later score
                self.best_score = score
            # Given a path, torch.save would store the temporary name in the file.
            with replacing(self.weights) as part, part.open("wb") as file:
                torch.save({"state_dict": pl_module.network.state_dict()}, file)  # type: ignore[union-attr]
        with replacing(self.last) as part:
            trainer.save_checkpoint(part, weights_only=False)


class Progress(Callback):
    """Callback that shows a progress bar and logs the metrics of each epoch."""

    def __init__(self) -> None:
        self._bar = Bar(
            TextColumn("training"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("steps"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=console,
        )
        self._task: TaskID | None = None

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Show the progress bar, which starts at the number of steps that are already complete."""
        steps = int(trainer.num_training_batches) * (trainer.max_epochs or 1)
        self._task = self._bar.add_task("training", total=steps, completed=trainer.global_step)
        self._bar.start()

    def on_train_batch_end(self, trainer: Trainer, *_: Any) -> None:
        """Move the progress bar to the current training step."""
        if self._task is not None:
            self._bar.update(self._task, completed=trainer.global_step)

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Log the training loss, the validation loss and the validation average precision.

        Metrics that have not been computed are omitted.
        """
        shown = [
            f"{label} {float(trainer.callback_metrics[name]):.4f}"
            for label, name in (
                ("loss", "train_loss"),
                ("validation loss", "val_loss"),
                ("average precision", METRIC),
            )
            if name in trainer.callback_metrics
        ]
        _logger.info("epoch %d: %s", trainer.current_epoch + 1, ", ".join(shown))

    def on_fit_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Stop the progress bar."""
        self._bar.stop()

    def on_exception(self, trainer: Trainer, pl_module: LightningModule, *_: Any) -> None:
        """Stop the progress bar when training fails or is interrupted."""
        self._bar.stop()
