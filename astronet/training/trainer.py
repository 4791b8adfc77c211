"""How long to train, which weights to keep, and Lightning's Trainer that does it."""

import logging
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import torch
from lightning import Trainer
from lightning.fabric.utilities.exceptions import MisconfigurationException
from lightning.pytorch.callbacks import Callback, EarlyStopping

from astronet.errors import ConfigError
from astronet.models.precision import best_precision
from astronet.training.callbacks import Checkpoints, EpochSeed, History, Progress
from astronet.training.memory import keep_freed_memory
from astronet.training.settings import Precision, Training

_OURS = {
    "max_epochs",
    "callbacks",
    "logger",
    "gradient_clip_val",
    "enable_checkpointing",
    "precision",
}
"""Options of Lightning's Trainer that other sections of a config decide."""

_LIGHTNING_NAMES = {"float32": "32-true", "bfloat16": "bf16-mixed"}


def make_trainer(
    training: Training,
    options: dict[str, Any],
    *,
    history: Path,
    last_checkpoint: Path,
    weights: Path,
    gradient_clip: float | None = None,
    quiet: bool = False,
) -> Trainer:
    """Lightning's Trainer for one run.

    Args:
        training: Epochs, patience, which weights to keep.
        options: Lightning's own options, which win over ours.
        history: The table of epochs to write.
        last_checkpoint: The checkpoint from which an interrupted training goes on.
        weights: The file of the weights to keep.
        gradient_clip: Largest gradient norm, if any.
        quiet: Show no progress.

    Raises:
        ConfigError: Lightning refuses an option.
    """
    callbacks: list[Callback] = [EpochSeed(training.seed), History(history)]
    if training.patience is not None:
        callbacks.append(
            EarlyStopping("val_average_precision", mode="max", patience=training.patience)
        )
    if not quiet:
        callbacks.append(Progress())
    callbacks.append(Checkpoints(last_checkpoint, weights, keep=training.keep))
    if refused := sorted(_OURS & set(options)):
        raise ConfigError(
            f"trainer.{refused[0]} is not to be set; epochs, precision, clipping, files and "
            "callbacks are those of training and optimization"
        )
    ours: dict[str, Any] = {
        "accelerator": "auto",
        "devices": 1,
        "max_epochs": training.epochs,
        "logger": False,
        "enable_progress_bar": False,
        "enable_model_summary": False,
        "num_sanity_val_steps": 0,
        "gradient_clip_val": gradient_clip,
        "precision": _LIGHTNING_NAMES[resolved_precision(training.precision, options)],
    }
    keep_freed_memory()
    # Lightning's own remarks (tips, devices found) would drown what a user needs to read.
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", module="lightning")
    try:
        trainer = Trainer(**(ours | options), callbacks=callbacks)
    except (TypeError, ValueError, RuntimeError, MisconfigurationException) as error:
        reason = " ".join(str(error).split())
        raise ConfigError(f"trainer: {reason}; its keys are those of Lightning's Trainer") from None
    if (processes := trainer.num_devices * trainer.num_nodes) > 1:
        raise ConfigError(
            f"trainer: training on {processes} devices is not supported yet; set trainer.devices=1"
        )
    return trainer


def device_for(options: Mapping[str, Any]) -> torch.device:
    """Where Lightning will train: on a GPU if there is one and no other device is asked for."""
    wants_gpu = options.get("accelerator", "auto") in ("auto", "gpu", "cuda")
    return torch.device("cuda" if wants_gpu and torch.cuda.is_available() else "cpu")


def resolved_precision(
    precision: Precision, options: Mapping[str, Any]
) -> Literal["float32", "bfloat16"]:
    """Return the precision that a setting means on the device on which Lightning trains."""
    return best_precision(device_for(options)) if precision == "auto" else precision
