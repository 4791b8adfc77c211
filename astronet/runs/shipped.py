"""Weights that come with the package, found by name and verified by their SHA-256 hash.

For each name, the folder `astronet/weights/` contains `<name>.safetensors` (the parameters of one
or several networks as float32, with keys `0.<parameter>`, `1.<parameter>` …), `<name>.json`
(`Description`), `<name>.stars.npy` (hashes of the stars of the training set), `<name>.md` (the
model card), the files of the stack (`astronet.runs.stack_files`), and possibly those of an index of
labelled events (`astronet.runs.neighbour_index`). Several names can use the same networks: a
description refers to the weights files of other names, and a name without networks of its own has
no weights file. Weights are neither downloaded nor unpickled.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load as read_tensors
from torch import Tensor, nn

from astronet.config import Experiment, parse
from astronet.errors import RunError
from astronet.evaluation.decisions import Thresholds
from astronet.files.checksums import sha256
from astronet.models.calibrated import Calibrated
from astronet.models.ensemble import Ensemble
from astronet.runs.averaging import widest
from astronet.runs.coarse_network import COARSE
from astronet.runs.descriptions import Description, read_description
from astronet.runs.neighbour_index import NEIGHBOURS, index_paths
from astronet.runs.parameters import ParameterError, network_of
from astronet.runs.stack_files import STACK, stack_paths
from astronet.runs.trained import Trained
from astronet.runs.training_stars import StarHashes, read_training_stars

FOLDER = Path(__file__).parents[1] / "weights"
"""Folder of the weights that come with the package."""


@dataclass(frozen=True, eq=False)
class Shipped:
    """Weights that come with the package.

    Attributes:
        name: Name of the weights.
        folder: Folder that contains the files.
        description: Description of the weights, read from `<name>.json`.
        experiments: Config of each network, in the order of `weights`; the paths have their default
            values and are not used.
    """

    name: str
    folder: Path
    description: Description
    experiments: tuple[Experiment, ...]

    def __str__(self) -> str:
        return f"{self.name} (sha256 {self.digest[:12]})"

    @property
    def experiment(self) -> Experiment:
        """Config whose network uses all views and scalars that the other networks use."""
        return widest([(f"network {n} of {self}", e) for n, e in enumerate(self.experiments)])

    @property
    def weights(self) -> dict[Path, str]:
        """SHA-256 hashes of the files that contain the networks, by path, in their order."""
        files = dict(self.description.shared)
        if self.description.sha256:
            files[self.name] = self.description.sha256
        return {self.folder / f"{name}.safetensors": digest for name, digest in files.items()}

    @property
    def files(self) -> tuple[Path, ...]:
        """Paths of the description, training stars, model card, weights, stack and index."""
        own = [self.folder / f"{self.name}.{end}" for end in ("json", "stars.npy", "md")]
        further = [self.folder / COARSE]
        for weights in self.weights:
            further += index_paths(weights.with_suffix(f".{NEIGHBOURS}"))
        existing = [path for path in further if path.exists()]
        return (*own, *self.weights, *stack_paths(self.stack_base), *existing)

    @property
    def digest(self) -> str:
        """SHA-256 hash of the weights file or, for several files, of all their hashes."""
        return self.description.networks_digest

    @property
    def config_digest(self) -> str:
        """SHA-256 hash of the configs of all networks, written as JSON with sorted keys."""
        return sha256(json.dumps(self.description.configs, sort_keys=True).encode())

    @property
    def thresholds(self) -> Thresholds | None:
        """Decision thresholds, fitted to validation events; None if there are none."""
        return self.description.thresholds

    @property
    def training_stars(self) -> StarHashes | None:
        """Hashes of the stars of the training set; None if they are unknown."""
        return read_training_stars(self.stars_path)

    @property
    def stars_path(self) -> Path:
        """Path of the file that contains the hashes of the stars of the training set."""
        return self.folder / f"{self.name}.stars.npy"

    @property
    def stack_base(self) -> Path:
        """Path without suffix of the trees evaluated after the networks, which need not exist."""
        return self.folder / f"{self.name}.{STACK}"

    @property
    def stack_digest(self) -> str | None:
        """SHA-256 hash of the description of the stack; None if there is no stack."""
        return self.description.stack

    @property
    def results(self) -> Path:
        """Folder in which evaluations are stored: `runs/<name>` in the current folder."""
        return Path("runs") / self.name

    @property
    def record(self) -> dict[str, Any]:
        """Description of the weights as a JSON-serialisable dictionary."""
        return self.description.model_dump(mode="json")

    def load_network(self) -> nn.Module:
        """Return the networks as one calibrated ensemble in evaluation mode.

        Raises:
            RunError: A weights file is missing or corrupt, or does not match the description.
        """
        networks: list[nn.Module] = []
        parameters = [own for path in self.weights for own in self._parameters(path)]
        if len(parameters) != len(self.experiments):
            raise self._misfit(*self.weights)
        for experiment, own in zip(self.experiments, parameters, strict=True):
            try:
                networks.append(network_of(experiment, own))
            except ParameterError:
                raise self._misfit(*self.weights) from None
        calibration = self.description.calibration
        return Calibrated(Ensemble(networks), calibration.slope, calibration.offset).eval()

    def _parameters(self, path: Path) -> list[dict[str, Tensor]]:
        """Return the parameters by key of each network in a weights file."""
        networks: dict[str, dict[str, Tensor]] = {}
        for key, tensor in self._tensors(path).items():
            position, _, name = key.partition(".")
            networks.setdefault(position, {})[name] = tensor
        try:
            return [networks[str(position)] for position in range(len(networks))]
        except KeyError:
            raise self._misfit(path) from None

    def _tensors(self, path: Path) -> dict[str, Tensor]:
        """Verify the hash of a weights file, and return its parameters by key.

        The file is read only once, so that the verified bytes are also those that are parsed.
        """
        try:
            content = path.read_bytes()
        except OSError as error:
            raise RunError(
                f"{path} cannot be read ({error.strerror}); reinstall astronet"
            ) from None
        if sha256(content) != self.weights[path]:
            raise RunError(
                f"{path} differs from the file that {self.name}.json describes (SHA-256 mismatch); "
                "reinstall astronet"
            )
        try:
            return read_tensors(content)
        except SafetensorError:
            raise self._misfit(path) from None

    def _misfit(self, *paths: Path) -> RunError:
        files = " and ".join(map(str, paths))
        return RunError(
            f"{files} {'does' if len(paths) == 1 else 'do'} not contain the networks that "
            f"{self.name}.json describes; reinstall astronet, or pack the weights again"
        )


def shipped_in(trained: Iterable[Trained]) -> list[Shipped]:
    """Return the shipped weights among runs and shipped weights."""
    return [one for one in trained if isinstance(one, Shipped)]


def shipped_names(folder: Path | None = None) -> list[str]:
    """Return the sorted names of the shipped weights in a folder; None means `FOLDER`."""
    found = {p.stem for end in ("json", "safetensors") for p in _of(folder).glob(f"*.{end}")}
    return sorted(name for name in found if not name.endswith((f".{STACK}", f".{NEIGHBOURS}")))


def load_shipped(name: str, folder: Path | None = None) -> Shipped:
    """Return the shipped weights with a given name.

    Only the description is read; `Shipped.load_network` reads the parameters.

    Args:
        name: Name of the weights, for example `pretrained`.
        folder: Folder of the weights; None means `FOLDER`.

    Raises:
        RunError: No weights have this name, or their description is missing, corrupt or in another
            version of the file format.
        ConfigError: A config in the description is invalid in this version of astronet.
    """
    names = shipped_names(folder)
    if name not in names:  # so that only known names become part of a path
        raise RunError(
            f"'{name}' is neither a run folder nor the name of shipped weights (available: "
            f"{', '.join(names) or 'none'}); give a run folder written by `astronet train`, or one "
            "of these names"
        )
    path = _of(folder) / f"{name}.json"
    description = read_description(path)
    experiments = tuple(parse(config, str(path)) for config in description.configs)
    return Shipped(name, _of(folder), description, experiments)


def _of(folder: Path | None) -> Path:
    return FOLDER if folder is None else folder
