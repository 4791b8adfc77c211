"""Network of a stack that scores only events with coarse views.

A network that is trained on Kepler's views misjudges the coarse views of short light curves
(docs/model.md). The file `coarse.stack.safetensors` next to the stack contains the parameters of a
network that is trained on degraded views; several stacks can refer to it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from pydantic import BaseModel, ConfigDict, Field
from safetensors import SafetensorError
from safetensors.torch import load as read_tensors

from astronet.config import Experiment, parse
from astronet.dataset.recut import AnyView
from astronet.errors import RunError
from astronet.lightcurves.arrays import Floats
from astronet.models.inference import fused
from astronet.runs.batches import BatchedNetwork, batch_size
from astronet.runs.parameters import ParameterError, network_of
from astronet.runs.verified import read_verified

COARSE = "coarse.stack.safetensors"
"""Name of the file of the parameters."""


class CoarseDescription(BaseModel):
    """Description of the network for coarse views."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    """SHA-256 hash of the file of the parameters."""

    config: dict[str, Any]
    """Config with which the network was trained, without paths."""


@dataclass(frozen=True, eq=False)
class CoarseNetwork:
    """Network for coarse views.

    Attributes:
        experiment: Config with which it was trained.
        batched: Network that scores events in batches, on the CPU.
    """

    experiment: Experiment
    batched: BatchedNetwork

    @classmethod
    def load(cls, folder: Path, description: CoarseDescription) -> Self:
        """Return the network whose parameters are in a folder.

        Raises:
            RunError: The file is missing or corrupt, or does not match the description.
            ConfigError: The config is invalid in this version of astronet.
        """
        path = folder / COARSE
        content = read_verified(path, description.sha256, "the stack")
        experiment = parse(description.config, str(path))
        try:
            parameters = read_tensors(content)
            own = {key.partition(".")[2]: values for key, values in parameters.items()}
            network = network_of(experiment, own)
        except (SafetensorError, ParameterError):
            raise RunError(
                f"{path} does not contain the network that the stack describes; restore it, or fit "
                "the stack again"
            ) from None
        device = torch.device("cpu")
        size = batch_size(network, device)
        return cls(experiment, BatchedNetwork(fused(network), device, "float32", size))

    def logits(self, views: Mapping[str, AnyView]) -> Floats:
        """Return the logits [n, 1] of n events with the given views [n, bins]."""
        used = {name: views[name] for name in self.experiment.views}
        rows = len(next(iter(used.values())))
        return self.batched.scores(used, np.empty((rows, 0), np.float32)).logits
