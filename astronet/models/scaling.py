"""Standardisation of catalogue scalars, with a mask for unknown values."""

import numpy as np
import torch
from torch import Tensor, nn

from astronet.errors import RunError
from astronet.lightcurves.arrays import Views

_CLIP = 5.0
"""Maximum absolute value of a standardised scalar; values outside ±5 are clipped."""

_NO_SPREAD = 1e-6
"""Maximum ratio of standard deviation to absolute mean for a scalar to be treated as constant."""


def scaling_of(network: nn.Module) -> "Scaling":
    """Return the `Scaling` module of a network that reads scalars."""
    (scaling,) = (module for module in network.modules() if isinstance(module, Scaling))
    return scaling


class Scaling(nn.Module):
    """Layer that standardises scalars and appends a mask of known scalars: [b, k] → [b, 2k].

    Unknown scalars are NaN in the input. The first k outputs are (value − mean) / deviation,
    clipped to ±5, or 0 if the scalar is unknown. The last k outputs are 1 if the scalar is known
    and 0 otherwise. Mean and deviation are saved with the weights. A scalar is always treated as
    unknown if its known values in the training events are all equal, or if there are none, because
    the network cannot learn from such a scalar.

    Attributes:
        dropout: Fraction of training events in which scalars are masked (treated as unknown), so
            that the network learns to score events with unknown scalars. In each of these events,
            every scalar is masked with the same probability, drawn uniformly between 0 and 1.
        mean: Mean [k] of each scalar's known values in the training events; 0 if there are none.
        deviation: Standard deviation [k] of each scalar's known values in the training events; 0 if
            these values are all equal or there are none.
        out_features: Number of outputs, 2k.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self, scalars: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.dropout = dropout
        self.out_features = 2 * scalars
        self.register_buffer("mean", torch.zeros(scalars))
        self.register_buffer("deviation", torch.ones(scalars))

    def fit(self, values: Views) -> None:
        """Set `mean` and `deviation` to those of the training events.

        Args:
            values: Scalars of the training events [n, k]; NaN if unknown.

        Raises:
            RunError: The number of scalars is not k.
        """
        self._check(values.shape)
        for column, scalar in enumerate(np.asarray(values, np.float64).T):
            known = scalar[np.isfinite(scalar)]
            mean, deviation = (known.mean(), known.std()) if len(known) else (0.0, 0.0)
            varies = deviation > _NO_SPREAD * abs(mean)
            self.mean[column] = mean
            self.deviation[column] = deviation if varies else 0.0

    def forward(self, values: Tensor) -> Tensor:
        """Return the output [b, 2k] for scalars [b, k]: standardised scalars, then the mask.

        Raises:
            RunError: The number of scalars is not k.
        """
        self._check(values.shape)
        known = values.isfinite() & (self.deviation > 0)
        if self.training and self.dropout > 0:
            known &= torch.rand_like(values) >= self._masked_fractions(values)
        scaled = (values - self.mean) / self.deviation
        scaled = torch.where(known, scaled.clamp(-_CLIP, _CLIP), 0.0)
        return torch.cat([scaled, known.to(scaled.dtype)], dim=1)

    def _masked_fractions(self, values: Tensor) -> Tensor:
        """Draw the probability [b, 1] with which each scalar of an event is masked.

        The probability is 0 except in a random fraction of the events, given by `dropout`.
        """
        fraction, draw = torch.rand(2, len(values), 1, device=values.device)
        return torch.where(draw < self.dropout, fraction, 0.0)

    def _check(self, shape: tuple[int, ...]) -> None:
        # Without this check, a single scalar would be broadcast to all k scalars.
        if shape[1:] != self.mean.shape:
            raise RunError(
                f"the network reads {len(self.mean)} scalars per event, but the data has the "
                f"shape {list(shape)}; compute the scalars with "
                "astronet.dataset.scalars.scalars_of"
            )
