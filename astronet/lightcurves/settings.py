"""Settings for the preparation of light curves; this module does not import numba."""

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator


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


class Degradation(BaseModel):
    """Settings for degrading the views of training events to those of short light curves."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    probability: float = Field(0.3, gt=0, le=1)
    """Probability that an event is degraded in an epoch."""

    bins: tuple[int, int] = (101, 2001)
    """Smallest and largest number of bins to which the global view is averaged; the number is
    log-uniform. The averages are repeated, so that the view keeps its length."""

    snr: tuple[float, float] | None = None
    """Smallest and largest signal-to-noise ratio of the transit to which an event is reduced by
    noise; the ratio is log-uniform. An event with a smaller ratio gets no more noise. None adds no
    noise, because noise makes planets more frequent among weak events than they are in a survey."""

    red: float = Field(0.5, ge=0, le=1)
    """Largest fraction of the variance of the added noise that is correlated over one to four
    durations; the fraction is uniform."""

    empty: float = Field(0.7, ge=0, lt=1)
    """Largest fraction of bins that are empty, in half of the degraded events; the fraction is
    uniform. Empty bins contain the median flux, as in `astronet.lightcurves.views`."""

    smearing: tuple[float, float] | None = (0.08, 0.5)
    """Smallest and largest width of a moving average over the views [durations]; the width is
    log-uniform. The limits are an exposure of 30 min, divided by transit durations of 6 h and
    1 h. None disables the smearing."""

    duration_factor: tuple[float, float] = (0.7, 1.5)
    """Smallest and largest ratio of the assumed duration to the true one; the ratio is log-uniform.
    Searches of short light curves measure durations less precisely than searches of Kepler's
    light curves."""

    epoch_error: float = Field(0.07, ge=0, le=1)
    """Standard deviation of the error of the epoch [durations], which is less precise, too."""

    fine: float = Field(0.5, ge=0, le=1)
    """Fraction of the degraded events whose global view is not averaged near the transit, within
    two durations of it. All other views are rebinned from such views, because they are made from
    the points of the light curve and not from wide bins."""

    @model_validator(mode="after")
    def _limits_are_ordered(self) -> Self:
        limits = (("bins", 3), ("snr", 1e-6), ("smearing", 1e-6), ("duration_factor", 0.1))
        for name, least in limits:
            low, high = getattr(self, name) or (least, least)
            if not least <= low <= high:
                raise ValueError(
                    f"{name} = [{low}, {high}] is not a range from at least {least}; give the "
                    "smaller limit first"
                )
        return self
