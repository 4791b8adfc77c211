"""Training settings; importing this module imports neither torch nor Lightning."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Precision = Literal["auto", "float32", "bfloat16"]
"""Numerical precision: `auto` means bfloat16 if the hardware supports it, otherwise float32."""

Beta = Annotated[float, Field(ge=0, lt=1)]


class Optimization(BaseModel):
    """Settings for the loss and the optimiser; the defaults are those of S&V 2018, §5."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, use_attribute_docstrings=True
    )

    optimizer: Literal["adam", "sgd"] = "adam"
    """Optimiser: Adam, or stochastic gradient descent with Nesterov momentum."""
    learning_rate: float = Field(1e-5, gt=0, le=10)
    """Learning rate (S&V 2018, §5); the maximum if the schedule is `cosine`."""
    schedule: Literal["constant", "cosine"] = "constant"
    """Learning-rate schedule: `constant` (S&V 2018), or `cosine`, a linear warm-up over the first
    tenth of the steps followed by cosine annealing to 0 (Loshchilov & Hutter 2017, ICLR, eq. 5)."""
    betas: tuple[Beta, Beta] = (0.9, 0.999)
    """Decay rates of Adam's first and second moments; for `sgd`, the first is the momentum."""
    eps: float = Field(1e-8, gt=0, le=1)
    """Term added to the denominator in Adam for numerical stability."""
    weight_decay: float = Field(0.0, ge=0, le=1)
    """Weight decay; with Adam, it is decoupled from the gradient (AdamW)."""
    positive_weight: float | None = Field(None, gt=0, le=10_000)
    """Weight of the positive class (planets) in the loss; None means 1."""
    label_smoothing: float = Field(0.0, ge=0, lt=1)
    """Label smoothing s: labels 0 and 1 become s/2 and 1 − s/2."""
    gradient_clip: float | None = Field(None, gt=0, le=1e6)
    """Maximum norm of the gradient over all parameters; None disables clipping."""


class Training(BaseModel):
    """Training settings, such as the number of epochs, early stopping and the random seed."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    epochs: int = Field(50, ge=1)
    """Maximum number of epochs (S&V 2018, §5)."""

    keep: Literal["last", "best"] = "last"
    """Epoch whose weights are kept: the last (S&V 2018), or the one with the best average
    precision on the validation set."""

    keep_checkpoint: bool = True
    """Whether to keep `last.ckpt`, from which interrupted training resumes, when training is
    finished. It contains the state of the optimiser, so it is about three times as large as the
    weights."""

    patience: int | None = Field(None, ge=1)
    """Number of epochs without a better validation average precision after which training stops
    (early stopping); None disables early stopping."""

    class_weights: bool = False
    """Whether to weight planets in the loss by the ratio of other events to planets in the training
    set; this ratio replaces `optimization.positive_weight`."""

    precision: Precision = "auto"
    """Precision of the matrix products and convolutions in training and scoring; parameters,
    logits and the loss are always float32."""

    seed: int = Field(0, ge=0)
    """Random seed of the initial weights, the order of events, dropout and augmentation."""
