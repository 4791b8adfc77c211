"""Ensembles of networks."""

from collections.abc import Sequence
from typing import NamedTuple

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


class Logits(NamedTuple):
    """Logits of an ensemble of m networks for b events.

    Attributes:
        mean: Calibrated logit of the average probability [b].
        members: Logits [b] of each network, calibrated in the same way as those of the ensemble.
        raw: Logits [b] of each network before calibration.
    """

    mean: Tensor
    members: list[Tensor]
    raw: list[Tensor]


def logits_of_members(network: nn.Module, batch: Batch) -> Logits:
    """Return the logits of a network and of each of its members.

    The members of nested ensembles are listed one after the other. A network that is not an
    ensemble is its only member.
    """
    if isinstance(network, Calibrated):
        mean, members, raw = logits_of_members(network.network, batch)
        calibrated = [network.calibrate(member) for member in members]
        return Logits(network.calibrate(mean), calibrated, raw)
    if isinstance(network, Ensemble):
        found = [logits_of_members(member, batch) for member in network.networks]
        members = [member for several in found for member in several.members]
        raw = [member for several in found for member in several.raw]
        return Logits(logit_of_mean([several.mean for several in found]), members, raw)
    logits = network(batch)
    return Logits(logits, [logits], [logits])


def count_members(network: nn.Module) -> int:
    """Return the number of networks in an ensemble; 1 if the network is not an ensemble."""
    if isinstance(network, Calibrated):
        return count_members(network.network)
    if isinstance(network, Ensemble):
        return sum(count_members(member) for member in network.networks)
    return 1


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
