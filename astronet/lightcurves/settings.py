"""Settings of the preparation of a light curve; this module loads no numba."""

from pydantic import BaseModel, ConfigDict


class Preparation(BaseModel):
    """What happens to a light curve before its views are cut; a run remembers it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    mask_transits: bool = False
    """Leave all known transits of the star out of the spline fit. The paper's code does not:
    it relies on the clipping of outliers (§3.2)."""

    remove_other_transits: bool = False
    """Remove the points in transit of the star's other events before folding (§3.3)."""
