"""Convolutions of rows one point high, [b, channels, 1, n]: the form of a view inside a column."""

import torch
from torch import Tensor, nn


class RowConvolution(nn.Module):
    """Convolution of rows that keeps their length, with zero or circular padding."""

    def __init__(
        self,
        inputs: int,
        channels: int,
        kernel: int,
        stride: int = 1,
        *,
        circular: bool,
        bias: bool = True,
    ) -> None:
        super().__init__()
        self.around = kernel // 2 if circular else 0
        padding = (0, 0 if circular else kernel // 2)
        self.conv = nn.Conv2d(inputs, channels, (1, kernel), (1, stride), padding, bias=bias)

    def forward(self, rows: Tensor) -> Tensor:
        """Return [b, channels, 1, ⌊(n − 1)/stride⌋ + 1] of [b, inputs, 1, n]."""
        if self.around:  # F.pad would undo channels last, and the convolution would redo it
            rows = torch.cat([rows[..., -self.around :], rows, rows[..., : self.around]], dim=3)
        features: Tensor = self.conv(rows)
        return features


class SkipConvolution(nn.Conv2d):
    """Convolution of single points on a skip connection, beside other convolutions.

    Receptive fields leave it out, because the convolutions beside it see more of the view.
    """

    def __init__(self, inputs: int, channels: int) -> None:
        super().__init__(inputs, channels, 1)


def out_length(length: int, kernel: int, stride: int = 1, padding: int = 0) -> int:
    """Return the number of points after a convolution or pooling: ⌊(H − k + 2p)/s⌋ + 1."""
    return (length - kernel + 2 * padding) // stride + 1
