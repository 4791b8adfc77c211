"""Several networks that vote."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from astronet.errors import ConfigError
from astronet.models.batches import Batch


class Ensemble(nn.Module):
    """The average of several networks' probabilities: a batch → logits [b].

    It returns the logit of the average probability, not the average of the logits, so that an
    ensemble stands wherever a network stands and its sigmoid is the average of their sigmoids.

    Raises:
        ConfigError: There is no network.
    """

    def __init__(self, networks: Sequence[nn.Module]) -> None:
        super().__init__()
        if not networks:
            raise ConfigError("an ensemble of no networks has no vote; give it at least one")
        self.networks = nn.ModuleList(networks)

    def forward(self, batch: Batch) -> Tensor:
        """Logits [b] of the average probability."""
        return logit_of_mean([network(batch) for network in self.networks])


def logit_of_mean(votes: Sequence[Tensor]) -> Tensor:
    """Logits [b] of the average of the probabilities that several logits [b] stand for."""
    stacked = torch.stack([vote.float() for vote in votes])
    # log Σp − log Σ(1−p): in logarithms, for p itself rounds to 1 above a logit of 17.
    planet = F.logsigmoid(stacked).logsumexp(0)
    other = F.logsigmoid(-stacked).logsumexp(0)
    return planet - other
