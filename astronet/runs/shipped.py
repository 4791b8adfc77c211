"""Weights that come with the package, found by name: no download, no pickle, checked by hash.

Of each name there are, in `astronet/weights/`, `<name>.safetensors` (the parameters of one or
several networks, float32, keys `0.<parameter>`, `1.<parameter>` …), `<name>.json` (`Description`)
and `<name>.md` (the model card).
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

from astronet.config import Experiment, parse, widest
from astronet.errors import RunError, counted
from astronet.evaluation.calibration import Calibration
from astronet.files.checksums import sha256
from astronet.models.calibrated import Calibrated
from astronet.models.ensemble import Ensemble

FOLDER = Path(__file__).parents[1] / "weights"
"""Where the package keeps its weights."""

_SHA256 = r"^[0-9a-f]{64}$"


class TrainedOn(BaseModel):
    """What shipped weights have learned from."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    labels: str
    """The label policy: which dispositions are planets."""

    split: str
    """The kind of split whose training part this was."""

    store_sha256: str = Field(pattern=_SHA256)
    """The digest of the store of views."""

    rows: int = Field(ge=1)
    """Labelled events of the training part."""

    stars: int = Field(ge=1)
    """Stars of these events."""

    planets: int = Field(ge=1)
    """Planets among these events."""

    calibrated_on: str
    """The held-out events that the calibration was fitted on, in words."""

    versions: dict[str, str]
    """Versions of the libraries."""

    commit: str
    """The commit of the checkout that packed the weights."""

    date: datetime.date
    """When training ended."""

    @property
    def sentence(self) -> str:
        """How many events of what kind, in one line."""
        return (
            f"trained on {counted(self.rows, 'event')} of {counted(self.stars, 'star')}, "
            f"{counted(self.planets, 'planet')} among them (labels {self.labels}, "
            f"training part of split {self.split}, store {self.store_sha256[:12]}); "
            f"calibrated on {self.calibrated_on}"
        )


class Description(BaseModel):
    """What `<name>.json` says."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[2] = 2
    """Version of the layout."""

    sha256: str = Field(pattern=_SHA256)
    """Hash of `<name>.safetensors`."""

    calibration: Calibration
    """What makes the averaged score a calibrated one."""

    trained_on: TrainedOn
    """What the networks have learned from."""

    metrics: dict[str, Any]
    """How well they did, with intervals."""

    configs: list[dict[str, Any]] = Field(min_length=1)
    """The experiment of each network in the file, without the places of files. The networks' scores
    are averaged before the calibration."""


@dataclass(frozen=True, eq=False)
class Shipped:
    """Weights that come with the package.

    Attributes:
        name: What to call them by.
        folder: Where their files lie.
        description: Their `<name>.json`.
        experiments: The config of each network's training; its paths are the defaults and mean
            nothing.
    """

    name: str
    folder: Path
    description: Description
    experiments: tuple[Experiment, ...]

    def __str__(self) -> str:
        return f"{self.name} (sha256 {self.description.sha256[:12]})"

    @property
    def experiment(self) -> Experiment:
        """The one of the experiments that reads all that any of them reads."""
        return widest([(f"network {n} of {self}", e) for n, e in enumerate(self.experiments)])

    @property
    def weights_path(self) -> Path:
        """The file of the networks' parameters."""
        return self.folder / f"{self.name}.safetensors"

    @property
    def files(self) -> tuple[Path, ...]:
        """The files that they are made of."""
        return tuple(self.folder / f"{self.name}.{end}" for end in ("safetensors", "json", "md"))

    @property
    def results(self) -> Path:
        """The folder for evaluations: a run's place, for the package's own is not written to."""
        return Path("runs") / self.name

    @property
    def record(self) -> dict[str, Any]:
        """What is known about the weights, as JSON holds it."""
        return self.description.model_dump(mode="json")

    def load_network(self) -> nn.Module:
        """The networks averaged and calibrated, as one network that is ready to score.

        Raises:
            RunError: The weights are missing, damaged, or do not fit their description.
        """
        tensors = self._tensors()
        networks: list[nn.Module] = []
        for place, experiment in enumerate(self.experiments):
            before = f"{place}."
            mine = [key for key in tensors if key.startswith(before)]
            parameters = {key.removeprefix(before): tensors.pop(key) for key in mine}
            network = experiment.network.build(experiment.view_bins)
            try:
                network.load_state_dict(parameters)
            except RuntimeError:
                raise self._misfit() from None
            networks.append(network)
        if tensors:
            raise self._misfit()
        line = self.description.calibration
        return Calibrated(Ensemble(networks), line.slope, line.offset).eval()

    def _tensors(self) -> dict[str, Tensor]:
        """The file's content, read once, so that what was hashed is what is used."""
        path = self.weights_path
        try:
            content = path.read_bytes()
        except OSError as error:
            raise RunError(
                f"{path} cannot be read ({error.strerror}); install astronet again"
            ) from None
        if sha256(content) != self.description.sha256:
            raise RunError(
                f"{path} is not the file that {self.name}.json describes (its sha256 differs); "
                "install astronet again"
            )
        try:
            return read_tensors(content)
        except SafetensorError:
            raise self._misfit() from None

    def _misfit(self) -> RunError:
        return RunError(
            f"{self.weights_path} does not hold the networks that {self.name}.json describes; "
            "install astronet again, or pack the weights anew"
        )


def shipped_names(folder: Path | None = None) -> list[str]:
    """The names of the weights in a folder, by default those that come with the package."""
    return sorted({p.stem for end in ("json", "safetensors") for p in _of(folder).glob(f"*.{end}")})


def load_shipped(name: str, folder: Path | None = None) -> Shipped:
    """Finds shipped weights by their name.

    Args:
        name: For example `pretrained`.
        folder: Where weights lie; by default those that come with the package.

    Raises:
        RunError: There are none of that name, or their description is missing or damaged.
        ConfigError: Their config is one that this astronet does not know.
    """
    names = shipped_names(folder)
    if name not in names:  # so no path is ever made of a name that was not found here
        raise RunError(
            f"there is no run {name}, and no shipped weights are called so (shipped: "
            f"{', '.join(names) or 'none yet'}); give one of these, or a folder that "
            "`astronet train` made"
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
                f"{path} is of format {content['format']}, this astronet reads format 2; "
                "use the astronet that packed it, or pack the weights anew"
            )
        return Description.model_validate(content)
    except FileNotFoundError:
        raise RunError(f"{path} is missing; install astronet again") from None
    except RunError:
        raise
    except (ValueError, RecursionError, OSError):
        raise RunError(f"{path} is damaged; install astronet again") from None
