"""Convolutions along rows [b, channels, 1, n], the shape of views in convolutional columns."""

import torch
from torch import Tensor, nn


class RowConvolution(nn.Module):
    """Convolution along rows, with zero or circular padding by half the kernel width.

    The kernel width must be odd; a stride of 1 then preserves the length.
    """

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
        """Return features [b, channels, 1, ⌊(n − 1)/stride⌋ + 1] of rows [b, inputs, 1, n]."""
        # F.pad would lose the channels-last format, which the convolution would have to restore.
        if width := self.around:
            rows = torch.cat([rows[..., -width:], rows, rows[..., :width]], dim=3)
        features: Tensor = self.conv(rows)
        return features


class SkipConvolution(nn.Conv2d):
    """Convolution of width 1 on a skip connection, which adapts the number of channels.

    It does not enlarge any receptive field, because the convolutions on the parallel path have
    wider receptive fields.
    """

    def __init__(self, inputs: int, channels: int) -> None:
        super().__init__(inputs, channels, 1)


def out_length(length: int, kernel: int, stride: int = 1, padding: int = 0) -> int:
    """Return the number of output points of a convolution or pooling layer.

    The number is ⌊(length − kernel + 2·padding)/stride⌋ + 1.
    """
    return (length - kernel + 2 * padding) // stride + 1
