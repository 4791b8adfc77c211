"""Convolutions along the last axis of arrays [b, channels, 1, n].

Views have this shape in convolutional columns.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class RowConvolution(nn.Module):
    """Convolution along rows [b, inputs, 1, n], with zero or circular padding.

    ⌊kernel/2⌋ points are added at both ends of each row: the points at the opposite end if
    `circular` is True, otherwise zeros. The kernel width must be odd; a convolution with a stride
    of 1 then preserves the length of the rows.
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
        if not self.around:
            features: Tensor = self.conv(rows)
            return features
        if self.conv.stride == (1, 1) and not torch.is_grad_enabled():
            return _circular(self.conv, rows, self.around)
        # F.pad would lose the channels-last format, which the convolution would have to restore.
        width = self.around
        padded: Tensor = self.conv(torch.cat([rows[..., -width:], rows, rows[..., :width]], dim=3))
        return padded


def _circular(conv: nn.Conv2d, rows: Tensor, width: int) -> Tensor:
    """Return the circular convolution of rows with a kernel of 2·width + 1 points and stride 1.

    The rows, which must have at least 2·width points, are padded with zeros, and the `width` points
    at each end are replaced. This is faster than a copy of the rows with their padding.
    """
    features = F.conv2d(rows, conv.weight, conv.bias, padding=(0, width))
    ends = torch.cat([rows[..., -2 * width :], rows[..., : 2 * width]], dim=3)
    joined = F.conv2d(ends, conv.weight, conv.bias)
    features[..., -width:] = joined[..., :width]
    features[..., :width] = joined[..., width:]
    return features


class SkipConvolution(nn.Conv2d):
    """Convolution of width 1 that adapts the number of channels on a skip connection.

    The convolution does not affect the receptive field of a block, which is determined by the wider
    convolutions on the path parallel to the skip connection.
    """

    def __init__(self, inputs: int, channels: int) -> None:
        super().__init__(inputs, channels, 1)


def out_length(length: int, kernel: int, stride: int = 1, padding: int = 0) -> int:
    """Return the number of output points of a convolution or pooling layer.

    The number is ⌊(length − kernel + 2·padding)/stride⌋ + 1.
    """
    return (length - kernel + 2 * padding) // stride + 1
