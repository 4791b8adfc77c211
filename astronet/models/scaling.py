"""Catalogue scalars on a common scale, with a mask for those that are unknown."""

import numpy as np
import torch
from torch import Tensor, nn

from astronet.errors import RunError
from astronet.lightcurves.arrays import Views

_CLIP = 5.0
"""Deviations from the mean beyond which a value is as good as at this distance."""

_NO_SPREAD = 1e-6
"""A spread below this part of the mean is rounding: all values are one."""


def scaling_of(network: nn.Module) -> "Scaling":
    """Return the scaling of a network that reads scalars."""
    (scaling,) = (module for module in network.modules() if isinstance(module, Scaling))
    return scaling


class Scaling(nn.Module):
    """Standardises scalars: [b, k], NaN where unknown → [b, 2k].

    The first k are (value − mean) / deviation, within ±5, and 0 where unknown; the last k are 1
    where known and 0 where not. Mean and deviation are saved with the weights. A scalar that took
    no two values in training has taught the network nothing: it counts as unknown for ever.

    Attributes:
        dropout: In training, this share of the events loses a part of its scalars, anything from
            none to all, so that the network learns to do without.
        mean: Of the training events [k].
        deviation: Standard deviation of the training events [k]; 0 where they had no two values.
        out_features: 2k.
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
        """Takes mean and deviation from the training events alone.

        Args:
            values: Their scalars [n, k]; NaN where unknown.
        """
        self._check(values.shape)
        for column, scalar in enumerate(np.asarray(values, np.float64).T):
            known = scalar[np.isfinite(scalar)]
            mean, deviation = (known.mean(), known.std()) if len(known) else (0.0, 0.0)
            varies = deviation > _NO_SPREAD * abs(mean)
            self.mean[column] = mean
            self.deviation[column] = deviation if varies else 0.0

    def forward(self, values: Tensor) -> Tensor:
        """Scaled scalars and their mask [b, 2k] of scalars [b, k]."""
        self._check(values.shape)
        known = values.isfinite() & (self.deviation > 0)
        if self.training and self.dropout > 0:
            known &= torch.rand_like(values) >= self._parts_lost(values)
        scaled = (values - self.mean) / self.deviation
        scaled = torch.where(known, scaled.clamp(-_CLIP, _CLIP), 0.0)
        return torch.cat([scaled, known.to(scaled.dtype)], dim=1)

    def _parts_lost(self, values: Tensor) -> Tensor:
        """How much [b, 1] of its scalars each event loses."""
        part, draw = torch.rand(2, len(values), 1, device=values.device)
        return torch.where(draw < self.dropout, part, 0.0)

    def _check(self, shape: tuple[int, ...]) -> None:
        """Refuses other scalars than it was made for: one would be stretched over all.

        Raises:
            RunError: There are more or fewer of them.
        """
        if shape[1:] != self.mean.shape:
            raise RunError(
                f"the network reads {len(self.mean)} scalars an event, the data has "
                f"{list(shape[1:])}; compute them with astronet.dataset.scalars.scalars_of"
            )
