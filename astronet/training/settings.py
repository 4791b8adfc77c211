"""Settings of training; this module loads neither torch nor Lightning."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Precision = Literal["auto", "float32", "bfloat16"]
"""Precision of the multiplications: `auto` is bfloat16 if the hardware has it, else float32."""

Beta = Annotated[float, Field(ge=0, lt=1)]


class Optimization(BaseModel):
    """Settings of a training step; the defaults are the paper's (S&V 2018, §5)."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, use_attribute_docstrings=True
    )

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


class Training(BaseModel):
    """How long to train and which weights to keep."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    epochs: int = Field(50, ge=1)
    """Passes over the training events (S&V 2018, §5)."""

    keep: Literal["last", "best"] = "last"
    """Which epoch's weights the run keeps: the last (the paper), or the one with the best
    average precision on the validation events."""

    patience: int | None = Field(None, ge=1)
    """Stop after so many epochs without a better validation average precision."""

    class_weights: bool = False
    """Weigh the planets in the loss by (false positives / planets) among the training events."""

    precision: Precision = "auto"
    """Of the multiplications in training and scoring: auto, float32 or bfloat16. Weights, logits
    and the loss are float32 in any case."""

    seed: int = Field(0, ge=0)
    """Makes the initial weights, the order of events and the augmentation."""
