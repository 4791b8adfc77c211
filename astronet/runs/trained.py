"""Interface of anything trained: run folders and shipped weights."""

from pathlib import Path
from typing import Any, Protocol

import torch

from astronet.config import Experiment


class Trained(Protocol):
    """Interface of a trained network that scorer and report use: a `Run` or `Shipped` weights.

    Its string representation is its name in messages.
    """

    @property
    def name(self) -> str:
        """Short name."""

    @property
    def experiment(self) -> Experiment:
        """Config of the training."""

    @property
    def record(self) -> dict[str, Any]:
        """Versions, hashes and times, as JSON content."""

    @property
    def files(self) -> tuple[Path, ...]:
        """Files of the run or of the weights."""

    @property
    def results(self) -> Path:
        """Folder of evaluations."""

    def load_network(self) -> torch.nn.Module:
        """Return the network (Batch → logits [b]) in evaluation mode."""
