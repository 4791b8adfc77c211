"""Description of a stack, the JSON file next to its trees."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from astronet.dataset.stack_inputs import Group
from astronet.evaluation.decisions import Thresholds
from astronet.models.feature_range import FeatureRange
from astronet.runs.coarse_network import CoarseDescription
from astronet.runs.verified import FileName

_SHA256 = r"^[0-9a-f]{64}$"


class PartDescription(BaseModel):
    """Description of the trees for one pattern of known inputs."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    groups: tuple[Group, ...] = Field(min_length=1)
    """Groups of inputs that the trees read."""

    inputs: tuple[str, ...] = Field(min_length=1)
    """Names of the columns of these groups, in the order in which the trees read them."""

    network_weight: float = Field(ge=0, le=1)
    """Weight of the mean logit of the networks in the average with that of the trees."""

    slope: float = Field(gt=0, allow_inf_nan=False)
    """Factor of the average logit, for calibration."""

    offset: float = Field(allow_inf_nan=False)
    """Constant that is added to it."""


class StackDescription(BaseModel):
    """Content of `<name>.json`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[2] = 2
    """Version of the file format."""

    sha256: str = Field(pattern=_SHA256)
    """SHA-256 hash of `<name>.safetensors`."""

    shared: dict[FileName, str] = {}
    """SHA-256 hashes of the trees of other stacks in the same folder, by name. Their parts come
    before those of the own file."""

    networks_sha256: tuple[str, ...]
    """SHA-256 hashes of the weights with whose logits the stack was fitted."""

    networks: int = Field(ge=1, le=1000)
    """Number of networks in these weights that read only views."""

    catalogue_networks: int = Field(0, ge=0, le=1000)
    """Number of networks in these weights that also read scalars."""

    coarse_networks: int = Field(0, ge=0, le=1000)
    """Number of networks for coarse views."""

    parts: tuple[PartDescription, ...] = Field(min_length=1)
    """Trees for each pattern of known inputs."""

    thresholds: Thresholds | None = None
    """Decision thresholds of the scores, fitted to held-out events; None if there are none."""

    feature_range: FeatureRange | None = None
    """Range of the features of the training events; None if it is not known."""

    coarse: CoarseDescription | None = None
    """Network for coarse views; None if there is none."""

    coarse_range: FeatureRange | None = None
    """Range of the features of the degraded training events; None if it is not known."""

    settings: dict[str, Any]
    """Settings with which the trees were fitted, including their random seed."""

    versions: dict[str, str]
    """Versions of the libraries, by name."""
