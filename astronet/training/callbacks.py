"""Trainer callbacks: random seeds, history table, checkpoints and progress bar."""

import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from lightning import LightningModule, Trainer
from lightning.pytorch.callbacks import Callback, Checkpoint
from lightning.pytorch.loggers import Logger
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.progress import Progress as Bar
from torch.optim import Optimizer

from astronet.errors import one_line
from astronet.files.atomic import replacing
from astronet.progress import console

_logger = logging.getLogger("astronet")

METRIC = "val_average_precision"
"""Name of the validation metric that determines the best epoch."""


class EpochSeed(Callback):
    """Callback that seeds torch at the start of each epoch, so that resumed runs are reproducible.

    Processes that train a network together have different seeds; otherwise, their events would have
    the same dropout masks.

    Args:
        seed: Random seed of the run.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed

    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Seed torch with a number that depends on the run's seed, the epoch and the process."""
        seed = self.seed * 1_000_003 + trainer.current_epoch
        torch.manual_seed(seed + trainer.global_rank * 1_000_000_007)


class History(Callback):
    """Callback that writes the training history as a table with one row per epoch.

    The columns are the number of the epoch, the metrics, the learning rate of the last step and the
    duration of the epoch [s].

    Args:
        path: Path of the CSV file, which is rewritten after every epoch.
        logger: Logger that also receives each row; None if there is none.
    """

    def __init__(self, path: Path, logger: Logger | None = None) -> None:
        self.path = path
        self.logger = logger
        self.rows: list[dict[str, float]] = []
        self._started = time.monotonic()
        self._learning_rate = float("nan")

    def state_dict(self) -> dict[str, Any]:
        """Return the state to save in the checkpoint: the rows written so far."""
        return {"rows": self.rows}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Restore the rows of the interrupted run."""
        self.rows = list(state_dict["rows"])

    def on_train_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Record the time at which the epoch starts."""
        self._started = time.monotonic()

    def on_before_optimizer_step(
        self, trainer: Trainer, pl_module: LightningModule, optimizer: Optimizer
    ) -> None:
        """Record the learning rate of the step."""
        self._learning_rate = float(optimizer.param_groups[0]["lr"])

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Append a row for the epoch, and rewrite the table."""
        metrics = {name: float(value) for name, value in trainer.callback_metrics.items()}
        metrics["learning_rate"] = self._learning_rate
        metrics["seconds"] = round(time.monotonic() - self._started, 3)
        epoch = trainer.current_epoch + 1
        self.rows.append({"epoch": epoch} | metrics)
        if not trainer.is_global_zero:
            return
        with replacing(self.path) as part:
            pd.DataFrame(self.rows).to_csv(part, index=False)
        if self.logger is not None:
            self._send(self.logger, metrics, epoch)

    def _send(self, logger: Logger, metrics: dict[str, float], epoch: int) -> None:
        try:
            logger.log_metrics(metrics, step=epoch)
            logger.save()
        except Exception as error:  # each package has its own exceptions
            self.logger = None
            _logger.warning(
                "trainer.logger failed in epoch %d (%s); the metrics of this epoch and later ones "
                "are written to metrics.csv only",
                epoch,
                one_line(error)[:300],
            )

    def on_fit_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Close the logger."""
        if self.logger is not None:
            self.logger.finalize("success")

    def on_exception(self, trainer: Trainer, pl_module: LightningModule, *_: Any) -> None:
        """Close the logger when training fails or is interrupted."""
        if self.logger is not None:
            self.logger.finalize("failed")


class Checkpoints(Checkpoint):
    """Callback that writes the last checkpoint (for resuming) and the weights to keep.

    Files are replaced atomically: if the process is killed, the previous files remain. If several
    processes train a network together, only the first writes files.

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
            if trainer.is_global_zero:
                self._write_weights(pl_module)
        if trainer.is_global_zero:
            with replacing(self.last) as part:
                trainer.save_checkpoint(part, weights_only=False)
        else:  # waits until the first process has written the file
            trainer.save_checkpoint(self.last, weights_only=False)

    def _write_weights(self, pl_module: LightningModule) -> None:
        # Given a path, torch.save would store the temporary name in the file.
        with replacing(self.weights) as part, part.open("wb") as file:
            torch.save({"state_dict": pl_module.network.state_dict()}, file)  # type: ignore[union-attr]


class StepBar:
    """Progress bar of the training steps."""

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

    def show(self, done: int, total: int) -> None:
        """Show the number of complete steps; the first call starts the bar.

        Args:
            done: Number of complete steps.
            total: Number of all steps.
        """
        if self._task is None:
            self._task = self._bar.add_task("training", total=total, completed=done)
            self._bar.start()
        self._bar.update(self._task, completed=done)

    def stop(self) -> None:
        """Stop the bar, which remains on the screen."""
        self._bar.stop()


class Progress(Callback):
    """Callback that reports the progress of training and logs the metrics of each epoch.

    Args:
        show: Function that is called with the numbers of complete steps and of all steps; None
            reports no steps.
    """

    def __init__(self, show: Callable[[int, int], None] | None) -> None:
        self._show = show

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Report the number of steps that are already complete."""
        self._report(trainer)

    def on_train_batch_end(self, trainer: Trainer, *_: Any) -> None:
        """Report the current training step."""
        self._report(trainer)

    def _report(self, trainer: Trainer) -> None:
        if self._show is not None:
            steps = int(trainer.num_training_batches) * (trainer.max_epochs or 1)
            self._show(trainer.global_step, steps)

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
