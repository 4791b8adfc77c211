"""Interface shared by run folders and shipped weights."""

from pathlib import Path
from typing import Any, Protocol

import torch

from astronet.config import Experiment
from astronet.evaluation.decisions import Thresholds
from astronet.runs.training_stars import StarHashes


class Trained(Protocol):
    """Interface of a `Run` and of `Shipped` weights, as used by the scorer and the report.

    `str(trained)` identifies the run or the weights in messages.
    """

    @property
    def name(self) -> str:
        """Name of the run folder or of the weights."""

    @property
    def experiment(self) -> Experiment:
        """Config used in training; for several networks, the config with all views and scalars."""

    @property
    def record(self) -> dict[str, Any]:
        """Details of the training, such as versions and hashes: a JSON-serialisable dictionary."""

    @property
    def files(self) -> tuple[Path, ...]:
        """Paths of all files of the run or of the weights."""

    @property
    def results(self) -> Path:
        """Folder in which evaluations are stored."""

    @property
    def digest(self) -> str:
        """SHA-256 hash of the weights file or, for several files, of all their hashes."""

    @property
    def config_digest(self) -> str | None:
        """SHA-256 hash of the config; None if it is unknown.

        For a run, it is the hash of config.yaml at the start of training, as recorded in run.json.
        For shipped weights, it is the hash of the list `configs` in `<name>.json`, written as JSON
        with sorted keys.
        """

    @property
    def thresholds(self) -> Thresholds | None:
        """Decision thresholds, fitted to validation events; None if there are none."""

    @property
    def training_stars(self) -> StarHashes | None:
        """Hashes of the stars of the training set; None if they are unknown."""

    @property
    def stack_base(self) -> Path:
        """Path without suffix of the trees evaluated after the networks, which need not exist."""

    @property
    def stack_digest(self) -> str | None:
        """SHA-256 hash of the description of these trees; None if it is not recorded."""

    def load_network(self) -> torch.nn.Module:
        """Return the network, or the ensemble of networks, in evaluation mode.

        The network or ensemble maps a `Batch` to logits [b].
        """
