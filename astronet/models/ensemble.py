"""Ensembles of networks."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from astronet.errors import ConfigError
from astronet.models.batches import Batch


class Ensemble(nn.Module):
    """Network that averages the probabilities of several networks: batch → logits [b].

    The output is the logit of the average probability, not the average of the logits. The sigmoid
    of the output is therefore the average of the networks' probabilities, and an ensemble can be
    used like a single network.

    Args:
        networks: Networks that map a batch to logits [b].

    Raises:
        ConfigError: The list of networks is empty.
    """

    def __init__(self, networks: Sequence[nn.Module]) -> None:
        super().__init__()
        if not networks:
            raise ConfigError(
                "an ensemble needs at least one network, but none was given; add a network"
            )
        self.networks = nn.ModuleList(networks)

    def forward(self, batch: Batch) -> Tensor:
        """Return the logit of the average probability of each event [b]."""
        return logit_of_mean([network(batch) for network in self.networks])


def logit_of_mean(logits: Sequence[Tensor]) -> Tensor:
    """Return the logit of the average probability of each event [b].

    Args:
        logits: Logits [b] of each network.
    """
    stacked = torch.stack([member.float() for member in logits])
    # log Σp − log Σ(1 − p), from log-sigmoids because p rounds to 1 if the logit is above 17.
    planet = F.logsigmoid(stacked).logsumexp(0)
    other = F.logsigmoid(-stacked).logsumexp(0)
    return planet - other
