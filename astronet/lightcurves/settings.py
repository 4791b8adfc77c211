"""Settings for the preparation of light curves; this module does not import numba."""

from typing import Literal

from pydantic import BaseModel, ConfigDict


class Preparation(BaseModel):
    """Settings for preparing a light curve before its views are computed.

    They are saved with each store and each run.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    mask_transits: bool = False
    """Whether to exclude the transits of all the star's events from the spline fit. By default, the
    public AstroNet code does not exclude them, but relies on sigma clipping (S&V 2018, §3.2)."""

    remove_other_transits: bool | Literal["other_periods"] = False
    """Whether to remove the transits of the star's other events before folding (S&V 2018, §3.3).

    The value "other_periods" keeps the events that have the same, half or twice the period, because
    they are probably the secondary eclipse of this event (see
    `astronet.lightcurves.phase.at_other_periods`).
    """
