"""Fit of a network to the training events of a store, with a Lightning Trainer."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from lightning import Trainer

from astronet.dataset.examples import Examples
from astronet.dataset.scalars import AnyScalar
from astronet.errors import ConfigError
from astronet.models.scaling import scaling_of
from astronet.training.callbacks import Checkpoints
from astronet.training.classifier import Classifier
from astronet.training.data import ViewData

_logger = logging.getLogger("astronet")


@dataclass(frozen=True)
class Fitted:
    """Result of a training; the weights are in a file.

    Attributes:
        kept_epoch: Epoch whose weights were kept, counted from 1.
        device: Name of the device.
        precision: Lightning's name of the precision.
    """

    kept_epoch: int
    device: str
    precision: str


def fit(
    classifier: Classifier, data: ViewData, trainer: Trainer, checkpoint: Path | None
) -> Fitted:
    """Train a network.

    Args:
        classifier: Lightning module of the network.
        data: Data module of the training and validation events.
        trainer: Trainer, made by `make_trainer`.
        checkpoint: Path of the checkpoint from which training resumes; None to start it.

    Raises:
        ConfigError: Training ended before the first epoch was complete.
    """
    trainer.fit(classifier, datamodule=data, ckpt_path=checkpoint, weights_only=True)
    kept = trainer.checkpoint_callback
    assert isinstance(kept, Checkpoints)
    if kept.kept_epoch == 0:
        raise ConfigError(
            "training ended before the first epoch was complete; correct the trainer section of "
            f"the config, and delete {kept.weights.parent} before you train again"
        )
    device = str(trainer.strategy.root_device)
    if trainer.world_size > 1:
        device = f"{trainer.world_size} devices ({trainer.strategy.root_device.type})"
    return Fitted(kept.kept_epoch, device, str(trainer.precision))


def fit_scaling(network: torch.nn.Module, examples: Examples, scalars: Sequence[AnyScalar]) -> None:
    """Fit the scaling of scalars to the training events, if the network reads scalars.

    A warning names the scalars whose known values are all equal and those without known values.

    Args:
        network: Network that reads the scalars.
        examples: Events of the store, with their scalars.
        scalars: Names of the scalars.
    """
    if examples.scalars is None:
        return
    scaling = scaling_of(network)
    scaling.fit(examples.scalars[examples.train_rows])
    fitted = zip(scalars, scaling.deviation.tolist(), strict=True)
    if constant := [str(name) for name, deviation in fitted if deviation == 0]:
        _logger.warning(
            "scalars ignored because they are constant or missing in all training events: %s; "
            "remove them from network.scalars, or use a store whose index contains their values",
            ", ".join(constant),
        )
