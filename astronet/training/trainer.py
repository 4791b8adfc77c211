"""Lightning Trainer of a run: its options, callbacks, device and precision."""

import logging
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

import torch
from lightning import Trainer
from lightning.fabric.plugins.environments.lightning import (
    LightningEnvironment,
    find_free_network_port,
)
from lightning.fabric.utilities.exceptions import MisconfigurationException
from lightning.pytorch.callbacks import Callback, EarlyStopping

from astronet.errors import ConfigError, one_line
from astronet.models.precision import best_precision
from astronet.training.callbacks import METRIC, Checkpoints, EpochSeed, History, Progress
from astronet.training.loggers import check_logger, make_logger
from astronet.training.memory import keep_freed_memory
from astronet.training.ranks import Rank
from astronet.training.settings import Precision, Training

_RESERVED = {
    "max_epochs",
    "callbacks",
    "gradient_clip_val",
    "enable_checkpointing",
    "plugins",
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
    show: Callable[[int, int], None] | None = None,
    rank: Rank | None = None,
    settings: Mapping[str, Any] | None = None,
) -> Trainer:
    """Return the Trainer of a run, or of one of the processes that train a network together.

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
        quiet: Whether to report neither the progress nor the metrics of each epoch.
        show: Function that is called after each step with the numbers of complete steps and of all
            steps; None reports no steps.
        rank: This process, if several processes train a network together.
        settings: Config of the run, for the logger.

    Raises:
        ConfigError: An option is invalid or cannot be set, the logger cannot be started, or the
            options require several processes, but `rank` is None.
    """
    _check_reserved(options)
    options = dict(options)
    kind = options.pop("logger", "csv")
    check_logger(kind)
    first = rank is None or rank.number == 0
    logger = make_logger(kind, history.parent, settings or {}) if first else None
    callbacks: list[Callback] = [EpochSeed(training.seed), History(history, logger)]
    if training.patience is not None:
        callbacks.append(EarlyStopping(METRIC, mode="max", patience=training.patience))
    if first and not quiet:
        callbacks.append(Progress(show))
    callbacks.append(Checkpoints(last_checkpoint, weights, keep=training.keep))
    own = {
        "max_epochs": training.epochs,
        "gradient_clip_val": gradient_clip,
        "precision": _LIGHTNING_NAMES[resolved_precision(training.precision, options)],
        "callbacks": callbacks,
    }
    keep_freed_memory()
    if rank is not None:
        return _new_trainer(options | own | _together(rank, options))
    trainer = _new_trainer(options | own)
    if (processes := trainer.num_devices * trainer.num_nodes) > 1:
        raise ConfigError(f"trainer: the options require {processes} processes; set devices=1")
    return trainer


def number_of_devices(options: Mapping[str, Any], batch_size: int) -> int:
    """Check the Trainer options, and return the number of devices that they select.

    Args:
        options: Trainer options.
        batch_size: Number of events per batch, of all devices together.

    Raises:
        ConfigError: An option is invalid or cannot be set, the package of the logger is not
            installed, the options select several machines, or the options or the batch size cannot
            be used with several devices.
    """
    _check_reserved(options)
    check_logger(options.get("logger", "csv"))
    ignored = {"logger", "strategy"} if options.get("strategy") == "ddp" else {"logger"}
    trainer = _new_trainer({name: options[name] for name in options if name not in ignored})
    if trainer.num_nodes > 1:
        raise ConfigError(
            f"trainer: training on {trainer.num_nodes} machines is not supported; set "
            "trainer.num_nodes=1"
        )
    devices = trainer.num_devices
    if devices > 1 and options.get("strategy", "auto") not in ("auto", "ddp"):
        raise ConfigError(
            f"trainer.strategy = {options['strategy']!r} cannot be used with {devices} devices; "
            "remove it, or set trainer.strategy=ddp"
        )
    if batch_size < devices:
        raise ConfigError(
            f"data.batch_size = {batch_size} is less than the number of devices ({devices}), among "
            f"which a batch is divided; set data.batch_size to at least {devices}, or use fewer "
            "devices (trainer.devices)"
        )
    return devices


def _check_reserved(options: Mapping[str, Any]) -> None:
    if reserved := sorted(_RESERVED & set(options)):
        raise ConfigError(
            f"trainer.{reserved[0]} cannot be set; remove it (epochs, precision and gradient "
            "clipping are set in the training and optimization sections; files and callbacks "
            "cannot be changed)"
        )


def _new_trainer(options: Mapping[str, Any]) -> Trainer:
    """Return a Trainer with the given options and the defaults of this package.

    Raises:
        ConfigError: An option is invalid.
    """
    defaults: dict[str, Any] = {
        "accelerator": "auto",
        "devices": 1,
        "logger": False,
        "enable_progress_bar": False,
        "enable_model_summary": False,
        "num_sanity_val_steps": 0,
        "use_distributed_sampler": False,
    }
    # Lightning's own messages (tips, devices found) would obscure messages that matter to the user.
    for name in ("lightning.pytorch", "lightning.fabric"):
        logging.getLogger(name).setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", module="lightning")
    try:
        return Trainer(**(defaults | dict(options)))
    except (TypeError, ValueError, RuntimeError, MisconfigurationException) as error:
        reason = one_line(error)
        raise ConfigError(
            f"trainer: {reason}; give only valid options of lightning.Trainer"
        ) from None


def _together(rank: Rank, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options of the Trainer of one of several processes that train together.

    On GPUs, batch normalisation uses the statistics of all processes; torch does not support this
    on CPUs.
    """
    return {
        "strategy": "ddp",
        "plugins": [_Processes(rank)],
        "sync_batchnorm": options.get("sync_batchnorm", device_for(options).type == "cuda"),
    }


class _Processes(LightningEnvironment):
    """Environment of a process that `astronet train` has started on this machine.

    It replaces the variables from which Lightning would otherwise read the number of the process.

    Args:
        rank: This process.
    """

    def __init__(self, rank: Rank) -> None:
        super().__init__()
        self._rank = rank

    @property
    def creates_processes_externally(self) -> bool:
        """True, because Lightning must not start processes."""
        return True

    @property
    def main_address(self) -> str:
        """Address of this machine."""
        return "127.0.0.1"

    @property
    def main_port(self) -> int:
        """TCP port at which the processes find each other."""
        return self._rank.port

    def local_rank(self) -> int:
        """Return the number of the process."""
        return self._rank.number

    def node_rank(self) -> int:
        """Return 0, the number of the only machine."""
        return 0


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


def free_port() -> int:
    """Return a TCP port of this machine that is not in use."""
    return int(find_free_network_port())
