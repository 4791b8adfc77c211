"""Lightning Trainer of a run: its options, callbacks, device and precision."""

import logging
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import torch
from lightning import Trainer
from lightning.fabric.utilities.exceptions import MisconfigurationException
from lightning.pytorch.callbacks import Callback, EarlyStopping

from astronet.errors import ConfigError, one_line
from astronet.models.precision import best_precision
from astronet.training.callbacks import METRIC, Checkpoints, EpochSeed, History, Progress
from astronet.training.memory import keep_freed_memory
from astronet.training.settings import Precision, Training

_RESERVED = {
    "max_epochs",
    "callbacks",
    "logger",
    "gradient_clip_val",
    "enable_checkpointing",
    "precision",
}
"""Trainer options that cannot be set in the `trainer` section of a config."""

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
    """Return the Trainer of a run.

    For the rest of the process, freed memory is kept for reuse (see `keep_freed_memory`), and
    Lightning's warnings and log messages, except errors, are hidden.

    Args:
        training: Training settings, such as the number of epochs.
        options: Trainer options, which override the defaults of this function; the options in
            `_RESERVED` are not allowed.
        history: Path of the history table to write.
        last_checkpoint: Path of the checkpoint from which interrupted training resumes.
        weights: Path of the weights to keep.
        gradient_clip: Maximum gradient norm; None disables clipping.
        quiet: Whether to hide the progress bar and the log message of each epoch.

    Raises:
        ConfigError: An option is invalid or cannot be set, or training would use several devices.
    """
    callbacks: list[Callback] = [EpochSeed(training.seed), History(history)]
    if training.patience is not None:
        callbacks.append(EarlyStopping(METRIC, mode="max", patience=training.patience))
    if not quiet:
        callbacks.append(Progress())
    callbacks.append(Checkpoints(last_checkpoint, weights, keep=training.keep))
    if reserved := sorted(_RESERVED & set(options)):
        raise ConfigError(
            f"trainer.{reserved[0]} cannot be set; remove it (epochs, precision and gradient "
            "clipping are set in the training and optimization sections; files and callbacks "
            "cannot be changed)"
        )
    defaults: dict[str, Any] = {
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
    # Lightning's own messages (tips, devices found) would obscure messages that matter to the user.
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", module="lightning")
    try:
        trainer = Trainer(**(defaults | options), callbacks=callbacks)
    except (TypeError, ValueError, RuntimeError, MisconfigurationException) as error:
        reason = one_line(error)
        raise ConfigError(
            f"trainer: {reason}; give only valid options of lightning.Trainer"
        ) from None
    if (processes := trainer.num_devices * trainer.num_nodes) > 1:
        raise ConfigError(
            f"trainer: training on {processes} devices is not supported yet; set trainer.devices=1"
            + (" and trainer.num_nodes=1" if trainer.num_nodes > 1 else "")
        )
    return trainer


def device_for(options: Mapping[str, Any]) -> torch.device:
    """Return the device for which the precision is chosen: a CUDA GPU or the CPU.

    The result is a CUDA GPU if one is available and allowed. Otherwise it is the CPU, even if
    training uses another accelerator.

    Args:
        options: Trainer options, of which `accelerator` may exclude GPUs.
    """
    allows_gpu = options.get("accelerator", "auto") in ("auto", "gpu", "cuda")
    return torch.device("cuda" if allows_gpu and torch.cuda.is_available() else "cpu")


def resolved_precision(
    precision: Precision, options: Mapping[str, Any]
) -> Literal["float32", "bfloat16"]:
    """Return the precision, with `auto` replaced by the best precision for the training device.

    Args:
        precision: Precision in the config.
        options: Trainer options, which determine the training device.
    """
    return best_precision(device_for(options)) if precision == "auto" else precision
