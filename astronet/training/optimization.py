"""Loss function, learning-rate schedule and optimiser, as configured by `Optimization`."""

import math
from collections.abc import Iterable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from astronet.training.settings import Optimization

WARM_UP = 0.1
"""Fraction of the training steps that is used for the linear warm-up of the cosine schedule."""


def classification_loss(settings: Optimization, logits: Tensor, labels: Tensor) -> Tensor:
    """Return the mean of the `event_losses` of a batch [nats]."""
    return event_losses(settings, logits, labels).mean()


def event_losses(settings: Optimization, logits: Tensor, labels: Tensor) -> Tensor:
    """Return the binary cross-entropy of each event [b] of a batch [nats].

    Args:
        settings: Settings that define the label smoothing and the weight of planets.
        logits: Logits [b].
        labels: Labels [b]: 1 for a planet, 0 for any other event, or a soft target between them.
    """
    smooth = labels * (1 - settings.label_smoothing) + settings.label_smoothing / 2
    weight = None
    if settings.positive_weight is not None:
        weight = logits.new_tensor(settings.positive_weight, dtype=torch.float32)
    return F.binary_cross_entropy_with_logits(
        logits.float(), smooth, pos_weight=weight, reduction="none"
    )


def learning_rate_factor(settings: Optimization, progress: float) -> float:
    """Return the factor (0 to 1) by which the schedule multiplies the learning rate.

    Args:
        settings: Settings that define the schedule.
        progress: Fraction of all training steps that are complete (0 to 1).
    """
    if settings.schedule == "constant":
        return 1.0
    if progress < WARM_UP:
        return progress / WARM_UP
    return (1 + math.cos(math.pi * (progress - WARM_UP) / (1 - WARM_UP))) / 2


def make_optimizer(
    settings: Optimization, parameters: Iterable[nn.Parameter], *, fused: bool = False
) -> torch.optim.Optimizer:
    """Return an optimiser for the given parameters.

    Args:
        settings: Kind of optimiser and its hyperparameters.
        parameters: Parameters to optimise.
        fused: Whether Adam uses its fused implementation, which is faster and computes the same
            updates apart from rounding; ignored for `sgd`.
    """
    if settings.optimizer == "sgd":
        return torch.optim.SGD(
            parameters,
            lr=settings.learning_rate,
            momentum=settings.betas[0],
            nesterov=settings.betas[0] > 0,
            weight_decay=settings.weight_decay,
        )
    return torch.optim.AdamW(  # equals Adam if the weight decay is 0
        parameters,
        lr=settings.learning_rate,
        betas=settings.betas,
        eps=settings.eps,
        weight_decay=settings.weight_decay,
        fused=fused,
    )
