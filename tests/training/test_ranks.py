"""Division of batches among the processes that train a network together."""

import numpy as np
import pytest
import torch
from simulated_views import store_of_transits
from torch import Tensor

from astronet.dataset.examples import Examples
from astronet.dataset.settings import DataSettings
from astronet.dataset.splits import OfficialSplit
from astronet.lightcurves.settings import Degradation
from astronet.models.batches import Batch
from astronet.models.linear import LinearSpec
from astronet.training.data import ViewData
from astronet.training.optimization import event_losses
from astronet.training.ranks import Rank
from astronet.training.settings import Optimization


def test_batch_is_divided_into_consecutive_parts_by_hand() -> None:
    first, second = (Rank(k, 2).part_of(5) for k in (0, 1))
    assert first[0].tolist() == [0, 1]
    assert second[0].tolist() == [2, 3, 4]
    assert first[1] == pytest.approx([0.8, 0.8])
    assert second[1] == pytest.approx([1.2, 1.2, 1.2])


def test_single_process_has_all_events_without_weights() -> None:
    assert Rank().part_of(3)[0].tolist() == Rank().block_of(3)[0].tolist() == [0, 1, 2]
    assert Rank().part_of(3)[1] is None
    assert Rank().block_of(3)[1] is None


def test_process_without_events_repeats_one_with_weight_0() -> None:
    places, weights = zip(*(Rank(k, 3).part_of(1) for k in range(3)), strict=True)
    assert [one.tolist() for one in places] == [[0], [0], [0]]
    assert [float(one[0]) for one in weights if one is not None] == [0, 0, 3]


@pytest.mark.parametrize("processes", [2, 3, 4])
@pytest.mark.parametrize("events", [1, 2, 3, 5, 8, 64])
def test_mean_over_processes_is_the_mean_over_the_batch(processes: int, events: int) -> None:
    losses = np.random.default_rng(0).random(events)
    means = []
    for number in range(processes):
        places, weights = Rank(number, processes).part_of(events)
        assert weights is not None
        means.append((losses[places] * weights).mean())
    assert np.mean(means) == pytest.approx(losses.mean(), rel=1e-6)


@pytest.mark.parametrize("processes", [2, 3, 4])
@pytest.mark.parametrize("events", [1, 5, 8])
def test_validation_events_are_counted_once(processes: int, events: int) -> None:
    blocks = [Rank(number, processes).block_of(events) for number in range(processes)]
    assert len({len(places) for places, _ in blocks}) == 1
    places = np.concatenate([places for places, _ in blocks])
    weights = np.concatenate([weights for _, weights in blocks if weights is not None])
    assert places[weights > 0].tolist() == list(range(events))


def batches_of(tmp_path, processes: int, **settings) -> list[list[Batch]]:
    """Return the batches of the first epoch of each process."""
    store = store_of_transits(tmp_path / f"store-{processes}", events=21)
    data = DataSettings(batch_size=8, split=OfficialSplit(), **settings)
    loaders = [
        ViewData(Examples(store, data), 3, quiet=True, rank=Rank(number, processes))
        for number in range(processes)
    ]
    return [list(one.train_dataloader().batches(0)) for one in loaders]


@pytest.mark.parametrize("degradation", [None, Degradation(probability=0.5)])
@pytest.mark.parametrize("processes", [2, 3])
def test_events_and_augmentation_do_not_depend_on_the_number_of_processes(
    tmp_path, processes: int, degradation: Degradation | None
) -> None:
    (alone,) = batches_of(tmp_path, 1, degradation=degradation)
    together = batches_of(tmp_path, processes, degradation=degradation)
    for whole, *parts in zip(alone, *together, strict=True):
        for name, view in whole.views.items():
            assert torch.equal(view, torch.cat([part.views[name] for part in parts]))
        assert torch.equal(whole.label, torch.cat([part.label for part in parts]))


def gradient(batches: list[Batch]) -> Tensor:
    """Return the mean gradient over the processes, which have one batch each."""
    torch.manual_seed(0)
    network = LinearSpec().build({"global": 2001, "local": 201})
    for batch in batches:
        losses = event_losses(Optimization(positive_weight=3), network(batch), batch.label)
        weight = 1.0 if batch.weight is None else batch.weight
        ((losses * weight).mean() / len(batches)).backward()
    return torch.cat([one.grad.flatten() for one in network.parameters() if one.grad is not None])


@pytest.mark.parametrize("processes", [2, 3, 7])
def test_gradient_of_every_batch_is_that_of_one_device(tmp_path, processes: int) -> None:
    """The last of three batches has 5 events, which is fewer than 7 processes."""
    (alone,) = batches_of(tmp_path, 1)
    for whole, *parts in zip(alone, *batches_of(tmp_path, processes), strict=True):
        assert torch.allclose(gradient(parts), gradient([whole]), rtol=1e-5, atol=1e-7)
