"""Base classes for reader options."""

from typing import Literal

from pydantic import BaseModel, ConfigDict


class ReaderOptions(BaseModel):
    """Base class for the options with which light curves are read.

    Each mission defines a subclass with its own fields.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")


CentroidMethod = Literal["moments", "psf"]


class PipelineReader(ReaderOptions):
    """Base class for the options of readers of light curves from the missions' pipelines."""

    centroid: CentroidMethod | None = None
    """Centroids to read in addition to the flux: `moments` (flux-weighted, MOM_CENTR1 and
    MOM_CENTR2) or `psf` (fitted, PSF_CENTR1 and PSF_CENTR2; only a few stars have them), together
    with the position of the image (POS_CORR1 and POS_CORR2). None means none."""
