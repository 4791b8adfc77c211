"""Data settings; importing this module does not import torch."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, field_validator

from astronet.catalogs.labels import POLICIES
from astronet.dataset.splits import Split, StarSplit
from astronet.lightcurves.settings import Degradation


class Teacher(BaseModel):
    """Settings for soft targets from an out-of-fold teacher ensemble (knowledge distillation)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    scores: Path
    """Path of a table with the columns star, number and score, such as predictions.csv. The score
    of an event must come from networks that were not trained on it; otherwise the score only
    repeats the label."""

    weight: float = Field(0.5, ge=0, le=1)
    """Weight w of the teacher: a target y becomes (1 − w) · y + w · score."""


class DataSettings(BaseModel):
    """Data settings: labels, split, batches, augmentation and soft targets."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    batch_size: int = Field(64, ge=1)
    """Number of events per batch (S&V 2018, §5)."""

    reflect: bool = True
    """Whether to reverse each training event in time with probability 0.5 in each epoch (S&V 2018,
    §5)."""

    degradation: Degradation | None = None
    """Degradation of randomly selected training events to the quality of short light curves, such
    as a sector of TESS; None leaves all events unchanged."""

    labels: str = "dr24_autovetter"
    """Name of the label policy, which defines the dispositions that count as planets
    (`astronet.catalogs.labels`)."""

    requires: tuple[str, ...] = ()
    """Required numeric columns of the store's index. Events that lack a finite number in one or
    more of these columns are treated as unlabelled, so they are used neither for training nor for
    evaluation."""

    teacher: Teacher | None = None
    """Teacher whose scores soften the training targets; None leaves the targets unchanged."""

    split: Split = StarSplit()
    """Split of the events into training, validation and test sets."""

    @field_validator("labels")
    @classmethod
    def _is_known(cls, labels: str) -> str:
        if labels not in POLICIES:
            raise ValueError(f"unknown label policy; choose one of {', '.join(POLICIES)}")
        return labels
