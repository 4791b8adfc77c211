"""Settings for the preparation of a light curve; this module does not load numba."""

from pydantic import BaseModel, ConfigDict


class Preparation(BaseModel):
    """Preparation of a light curve before its views are made; saved with each run."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    mask_transits: bool = False
    """Exclude all known transits of the star from the spline fit. The original code does not and
    relies on sigma clipping (S&V 2018, §3.2)."""

    remove_other_transits: bool = False
    """Remove the transits of the other events of the star before folding (S&V 2018, §3.3)."""
