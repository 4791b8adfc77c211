"""Weights that come with the package, found by name and verified by their SHA-256 hash.

For each name, the folder `astronet/weights/` contains `<name>.safetensors` (the parameters of one
or several networks as float32, with keys `0.<parameter>`, `1.<parameter>` …), `<name>.json`
(`Description`), `<name>.stars.npy` (hashes of the stars of the training set) and `<name>.md` (the
model card). Weights are neither downloaded nor unpickled.
"""

import datetime
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from safetensors import SafetensorError
from safetensors.torch import load as read_tensors
from torch import Tensor, nn

from astronet.config import Experiment, parse
from astronet.errors import RunError, counted
from astronet.evaluation.calibration import Calibration
from astronet.evaluation.decisions import Thresholds
from astronet.files.checksums import sha256
from astronet.models.calibrated import Calibrated
from astronet.models.ensemble import Ensemble
from astronet.runs.averaging import widest
from astronet.runs.stack_files import STACK
from astronet.runs.training_stars import StarHashes, read_training_stars

FOLDER = Path(__file__).parents[1] / "weights"
"""Folder of the weights that come with the package."""

_SHA256 = r"^[0-9a-f]{64}$"


class TrainedOn(BaseModel):
    """Description of the data used to train shipped weights."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    labels: str
    """Name of the label policy, which defines the dispositions that count as planets."""

    split: str
    """Kind of split that defined the training set."""

    store_sha256: str = Field(pattern=_SHA256)
    """SHA-256 hash of the store used in training."""

    rows: int = Field(ge=1)
    """Number of labelled events in the training set."""

    stars: int = Field(ge=1)
    """Number of stars in the training set."""

    planets: int = Field(ge=1)
    """Number of events labelled as planets in the training set."""

    calibrated_on: str
    """Description of the held-out events to which the calibration was fitted."""

    versions: dict[str, str]
    """Versions of the libraries used in training, by name."""

    commit: str
    """Git commit of the code that wrote the weights file."""

    date: datetime.date
    """Date on which training finished."""

    @property
    def sentence(self) -> str:
        """One-line summary of the data used for training and calibration."""
        return (
            f"trained on {counted(self.rows, 'event')} ({counted(self.planets, 'planet')}) of "
            f"{counted(self.stars, 'star')} (labels {self.labels}, training set of split "
            f"{self.split}, store {self.store_sha256[:12]}); calibrated on {self.calibrated_on}"
        )


class Description(BaseModel):
    """Description of shipped weights: the content of `<name>.json`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[2] = 2
    """Version of the file format."""

    sha256: str = Field(pattern=_SHA256)
    """SHA-256 hash of `<name>.safetensors`."""

    calibration: Calibration
    """Calibration of the scores averaged over the networks."""

    trained_on: TrainedOn
    """Description of the data used to train the networks."""

    metrics: dict[str, Any]
    """Metrics of the calibrated scores, with confidence intervals."""

    thresholds: Thresholds | None = None
    """Decision thresholds of the calibrated scores, fitted to the validation events whose stars are
    not in the training set."""

    configs: list[dict[str, Any]] = Field(min_length=1)
    """Config of each network, without paths, in the order of the networks in the weights file."""


@dataclass(frozen=True, eq=False)
class Shipped:
    """Weights that come with the package.

    Attributes:
        name: Name of the weights.
        folder: Folder that contains the files.
        description: Description of the weights, read from `<name>.json`.
        experiments: Config of each network; the paths have their default values and are not used.
    """

    name: str
    folder: Path
    description: Description
    experiments: tuple[Experiment, ...]

    def __str__(self) -> str:
        return f"{self.name} (sha256 {self.description.sha256[:12]})"

    @property
    def experiment(self) -> Experiment:
        """Config whose network uses all views and scalars that the other networks use."""
        return widest([(f"network {n} of {self}", e) for n, e in enumerate(self.experiments)])

    @property
    def weights_path(self) -> Path:
        """Path of the file that contains the parameters of the networks."""
        return self.folder / f"{self.name}.safetensors"

    @property
    def files(self) -> tuple[Path, ...]:
        """Paths of the weights, their description, the training stars and the model card."""
        endings = ("safetensors", "json", "stars.npy", "md")
        return tuple(self.folder / f"{self.name}.{end}" for end in endings)

    @property
    def digest(self) -> str:
        """SHA-256 hash of the weights file."""
        return self.description.sha256

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
        return read_training_stars(self.folder / f"{self.name}.stars.npy")

    @property
    def stack_base(self) -> Path:
        """Path without suffix of the trees evaluated after the networks, which need not exist."""
        return self.folder / f"{self.name}.{STACK}"

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
            RunError: The weights file is missing or corrupt, or does not match its description.
        """
        tensors = self._tensors()
        networks: list[nn.Module] = []
        for position, experiment in enumerate(self.experiments):
            prefix = f"{position}."
            own = [key for key in tensors if key.startswith(prefix)]
            parameters = {key.removeprefix(prefix): tensors.pop(key) for key in own}
            network = experiment.network.build(experiment.view_bins)
            try:
                network.load_state_dict(parameters)
            except RuntimeError:
                raise self._misfit() from None
            networks.append(network)
        if tensors:
            raise self._misfit()
        calibration = self.description.calibration
        return Calibrated(Ensemble(networks), calibration.slope, calibration.offset).eval()

    def _tensors(self) -> dict[str, Tensor]:
        """Verify the hash of the weights file, and return the parameters by key.

        The file is read only once, so that the verified bytes are also those that are parsed.
        """
        path = self.weights_path
        try:
            content = path.read_bytes()
        except OSError as error:
            raise RunError(
                f"{path} cannot be read ({error.strerror}); reinstall astronet"
            ) from None
        if sha256(content) != self.description.sha256:
            raise RunError(
                f"{path} differs from the file that {self.name}.json describes (SHA-256 mismatch); "
                "reinstall astronet"
            )
        try:
            return read_tensors(content)
        except SafetensorError:
            raise self._misfit() from None

    def _misfit(self) -> RunError:
        return RunError(
            f"{self.weights_path} does not contain the networks that {self.name}.json describes; "
            "reinstall astronet, or pack the weights again"
        )


def shipped_names(folder: Path | None = None) -> list[str]:
    """Return the sorted names of the shipped weights in a folder; None means `FOLDER`."""
    found = {p.stem for end in ("json", "safetensors") for p in _of(folder).glob(f"*.{end}")}
    return sorted(name for name in found if not name.endswith(f".{STACK}"))


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
    description = _read_description(path)
    experiments = tuple(parse(config, str(path)) for config in description.configs)
    return Shipped(name, _of(folder), description, experiments)


def _of(folder: Path | None) -> Path:
    return FOLDER if folder is None else folder


def _read_description(path: Path) -> Description:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(content, dict) and content.get("format", 2) != 2:
            raise RunError(
                f"{path} has format {content['format']}, but this version of astronet reads "
                "format 2; use the version that packed the weights, or pack them again"
            )
        return Description.model_validate(content)
    except FileNotFoundError:
        raise RunError(f"{path} is missing; reinstall astronet") from None
    except RunError:
        raise
    except (ValueError, RecursionError, OSError):
        raise RunError(f"{path} is corrupt; reinstall astronet") from None
