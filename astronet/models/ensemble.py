"""Ensembles of networks."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from astronet.errors import ConfigError
from astronet.models.batches import Batch
from astronet.models.calibrated import Calibrated


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


def logits_of_members(network: nn.Module, batch: Batch) -> tuple[Tensor, list[Tensor]]:
    """Return the logits [b] of a network, and the logits [b] of each network of an ensemble.

    The members of nested ensembles are listed one after the other; their logits are calibrated in
    the same way as those of the ensemble. A network that is not an ensemble is its only member.
    """
    if isinstance(network, Calibrated):
        logits, members = logits_of_members(network.network, batch)
        return network.calibrate(logits), [network.calibrate(member) for member in members]
    if isinstance(network, Ensemble):
        found = [logits_of_members(member, batch) for member in network.networks]
        members = [member for _, several in found for member in several]
        return logit_of_mean([logits for logits, _ in found]), members
    logits = network(batch)
    return logits, [logits]


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
