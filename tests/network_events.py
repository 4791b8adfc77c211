"""Fixtures shared by the tests of networks."""

from collections.abc import Callable, Iterator

import pytest
import torch

from astronet.models.batches import Batch

MakeBatch = Callable[..., Batch]


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
