"""Layers shared by all networks."""

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

from astronet.models.layers import RowMaximum


@given(
    points=st.integers(1, 40),
    width=st.integers(1, 9),
    stride=st.integers(1, 12),
    padding=st.integers(0, 4),
    channels_last=st.booleans(),
)
def test_maxima_equal_those_of_pytorch(
    points: int, width: int, stride: int, padding: int, channels_last: bool
) -> None:
    if 2 * padding >= width or points + 2 * padding < width:
        return  # the centre of a window would be outside the row, or no window would fit
    rows = torch.randn(2, 3, 1, points)
    if channels_last:
        rows = rows.contiguous(memory_format=torch.channels_last)
    with torch.no_grad():
        pooled = RowMaximum(width, stride, padding)(rows)
    assert torch.equal(pooled, F.max_pool2d(rows, (1, width), (1, stride), (0, padding)))


@pytest.mark.parametrize("width, stride, padding", [(3, 2, 1), (5, 2, 0), (7, 2, 0)])
def test_maxima_keep_the_memory_format(width: int, stride: int, padding: int) -> None:
    rows = torch.randn(2, 16, 1, 51).contiguous(memory_format=torch.channels_last)
    with torch.inference_mode():
        pooled = RowMaximum(width, stride, padding)(rows)
    assert pooled.is_contiguous(memory_format=torch.channels_last)


def test_gradient_flows_to_the_maximum() -> None:
    rows = torch.tensor([[[[1.0, 3.0, 2.0]]]], requires_grad=True)
    RowMaximum(3, 1)(rows).sum().backward()
    assert rows.grad is not None
    assert rows.grad.flatten().tolist() == [0, 1, 0]
