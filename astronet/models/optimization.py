"""How a network learns: its loss and its optimiser."""

import math
from collections.abc import Iterable
from typing import Annotated, Literal

import torch
import torch.nn.functional as F
from pydantic import BaseModel, Field
from torch import Tensor, nn

from astronet.models.layers import SETTINGS

RISE = 0.1
"""Share of the steps in which a cosine schedule's step size rises."""

Beta = Annotated[float, Field(ge=0, lt=1)]


class Optimization(BaseModel):
    """Settings of a training step; the defaults are the paper's (S&V 2018, §5)."""

    model_config = SETTINGS

    optimizer: Literal["adam", "sgd"] = "adam"
    """Adam, or stochastic gradient descent with Nesterov's momentum."""
    learning_rate: float = Field(1e-5, gt=0, le=10)
    """Step size (S&V 2018, §5)."""
    schedule: Literal["constant", "cosine"] = "constant"
    """How the step size goes: constant (the paper), or rising over the first tenth of the steps
    and then falling to nothing along half a cosine (Loshchilov & Hutter 2017, ICLR, eq. 5)."""
    betas: tuple[Beta, Beta] = (0.9, 0.999)
    """Memory of Adam's two running means; the first is also the momentum of sgd."""
    eps: float = Field(1e-8, gt=0, le=1)
    """What Adam adds to the root of its second mean."""
    weight_decay: float = Field(0.0, ge=0, le=1)
    """Fraction of a weight that a step takes off, times the learning rate (decoupled)."""
    positive_weight: float | None = Field(None, gt=0, le=10_000)
    """How often a planet counts in the loss; none: once."""
    label_smoothing: float = Field(0.0, ge=0, lt=1)
    """Labels 0 and 1 become s/2 and 1 − s/2."""
    gradient_clip: float | None = Field(None, gt=0, le=1e6)
    """Largest norm of the gradient of all weights together; none: any."""

    def loss(self, logits: Tensor, labels: Tensor) -> Tensor:
        """Mean cross-entropy [] of logits [b] and labels [b] (1 planet, 0 other), in nats."""
        smooth = labels * (1 - self.label_smoothing) + self.label_smoothing / 2
        weight = None
        if self.positive_weight is not None:
            weight = logits.new_tensor(self.positive_weight, dtype=torch.float32)
        return F.binary_cross_entropy_with_logits(logits.float(), smooth, pos_weight=weight)

    def scale(self, progress: float) -> float:
        """The step size at this share of all steps (0 to 1), in units of the learning rate."""
        if self.schedule == "constant":
            return 1.0
        if progress < RISE:
            return progress / RISE
        return (1 + math.cos(math.pi * (progress - RISE) / (1 - RISE))) / 2

    def build(
        self, parameters: Iterable[nn.Parameter], *, fused: bool = False
    ) -> torch.optim.Optimizer:
        """An optimiser for these parameters; a fused Adam computes the same, but faster."""
        if self.optimizer == "sgd":
            return torch.optim.SGD(
                parameters,
                lr=self.learning_rate,
                momentum=self.betas[0],
                nesterov=self.betas[0] > 0,
                weight_decay=self.weight_decay,
            )
        return torch.optim.AdamW(  # without weight decay: Adam
            parameters,
            lr=self.learning_rate,
            betas=self.betas,
            eps=self.eps,
            weight_decay=self.weight_decay,
            fused=fused,
        )
