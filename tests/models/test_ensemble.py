"""Ensembles, which average the probabilities of their members."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from astronet.errors import ConfigError
from astronet.models.batches import Batch
from astronet.models.ensemble import Ensemble
from astronet.models.linear import LinearSpec


class Always(nn.Module):
    """Network that returns the same logit for every event."""

    def __init__(self, logit: float) -> None:
        super().__init__()
        self.logit = logit

    def forward(self, batch: Batch) -> Tensor:
        return torch.full((len(batch.label),), self.logit)


def test_probabilities_are_averaged_not_logits(make_batch: Any) -> None:
    ensemble = Ensemble([Always(torch.logit(torch.tensor(p)).item()) for p in (0.9, 0.6, 0.3)])
    probability = torch.sigmoid(ensemble(make_batch(events=2, local=5)))
    torch.testing.assert_close(probability, torch.tensor([0.6, 0.6]))


@pytest.mark.parametrize("logit", [-200.0, -3.0, 0.0, 20.0, 200.0])
def test_ensemble_of_identical_networks_returns_their_logit(logit: float, make_batch: Any) -> None:
    ensemble = Ensemble([Always(logit)] * 3)
    assert ensemble(make_batch(events=1, local=5)).item() == pytest.approx(logit, abs=1e-5)


def test_state_dict_contains_the_weights_of_all_networks(make_batch: Any) -> None:
    networks = [LinearSpec().build({"local": 5}) for _ in range(2)]
    loaded = Ensemble([LinearSpec().build({"local": 5}) for _ in range(2)])
    loaded.load_state_dict(Ensemble(networks).state_dict())
    batch = make_batch(events=4, local=5)
    assert torch.equal(loaded(batch), Ensemble(networks)(batch))


def test_empty_ensemble_is_rejected() -> None:
    with pytest.raises(ConfigError) as error:
        Ensemble([])
    assert (
        str(error.value)
        == "an ensemble needs at least one network, but none was given; add a network"
    )
