"""Fixtures and small networks shared by the tests of networks."""

from collections.abc import Callable, Iterator

import pytest
import torch
from torch import nn

from astronet.models import AstroNetSpec
from astronet.models.batches import Batch
from astronet.models.columns import ColumnSpec

MakeBatch = Callable[..., Batch]

VIEWS = {"global": 101, "local": 61}
SMALL_ASTRONET = AstroNetSpec(
    columns={
        "global": ColumnSpec(blocks=3, filters=4, pool=5),
        "local": ColumnSpec(blocks=2, filters=4, pool=7),
    },
    hidden_layers=1,
    hidden_size=16,
)


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Use one torch thread: on a busy machine, two threads are six times slower."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def make_batch() -> MakeBatch:
    """Return a function that makes noisy events with (1) or without (0) a central transit."""

    def make(events: int = 32, seed: int = 0, **bins: int) -> Batch:
        random = torch.Generator().manual_seed(seed)
        label = (torch.arange(events) % 2).float()
        views = {}
        for name, length in (bins or {"global": 2001, "local": 201}).items():
            views[name] = 0.3 * torch.randn(events, length, generator=random)
            width = max(1, length // 20)
            views[name][label == 1, length // 2 - width : length // 2 + width + 1] -= 1
        return Batch(views, None, label, torch.arange(events))

    return make


def set_kernel(column: nn.Module, kernel: list[list[float]]) -> None:
    """Set the kernel [out, width] of the only convolution of a column, without bias."""
    weight, bias = column.parameters()
    with torch.no_grad():
        weight.copy_(torch.tensor(kernel).reshape(weight.shape))
        bias.zero_()
