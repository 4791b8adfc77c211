"""Description of shipped weights: the content of `<name>.json`."""

import datetime
import json
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from astronet.errors import RunError, counted
from astronet.evaluation.calibration import Calibration
from astronet.evaluation.decisions import Thresholds
from astronet.files.checksums import sha256
from astronet.runs.verified import FileName

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

    sha256: str | None = Field(pattern=_SHA256)
    """SHA-256 hash of `<name>.safetensors`; None if all networks are in files of other names."""

    shared: dict[FileName, str] = {}
    """SHA-256 hashes of the weights files of other names, by name. Their networks come before those
    of the own file."""

    stack: str | None = Field(None, pattern=_SHA256)
    """SHA-256 hash of `<name>.stack.json`; None if the scores are those of the networks."""

    calibration: Calibration
    """Calibration of the scores averaged over the networks, without the stack."""

    trained_on: TrainedOn
    """Description of the data used to train the networks."""

    metrics: dict[str, Any]
    """Metrics of the calibrated scores, with confidence intervals; those of the stack if there is
    one."""

    thresholds: Thresholds | None = None
    """Decision thresholds of the calibrated scores, fitted to the validation events whose stars are
    not in the training set; those of the stack if there is one."""

    configs: list[dict[str, Any]] = Field(min_length=1)
    """Config of each network, without paths, in the order of the networks."""

    @property
    def networks_digest(self) -> str:
        """Hash of the networks: that of their file or, for several files, of all file hashes."""
        files = [*self.shared.values(), *([self.sha256] if self.sha256 else [])]
        return files[0] if len(files) == 1 else sha256(" ".join(files).encode())

    @model_validator(mode="after")
    def _has_networks(self) -> Self:
        if not self.shared and self.sha256 is None:
            raise ValueError("there is no file of networks")
        return self


def read_description(path: Path) -> Description:
    """Return the description of shipped weights in `<name>.json`.

    Raises:
        RunError: The file is missing, corrupt or in another version of the file format.
    """
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
