"""Specifications of the views of a folded light curve."""

from collections.abc import Mapping
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from astronet.lightcurves.ephemeris import Ephemeris

MOST_BINS = 1_000_000
"""Maximum number of bins of a view; a year of light curves at 2 min cadence has 260,000 points."""


class ViewSpec(BaseModel):
    """Specification of a view: the phase window and the number and width of its bins.

    Examples:
        Two transit durations on either side of the transit, in 61 bins of 0.1 durations:

        >>> import astronet
        >>> spec = astronet.ViewSpec(bins=61, durations=2, bin_width=0.1)
        >>> spec.window(astronet.Ephemeris(period=10, epoch=0, duration=0.2))
        (-0.4, 0.4, 0.020000000000000004)
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    bins: int = Field(2001, ge=2, le=MOST_BINS)
    """Number of bins, which is the length of the view."""

    durations: float | None = Field(None, gt=0)
    """Half-width of the window in transit durations, limited to half a period. None means that the
    window is the whole period."""

    bin_width: float | None = Field(None, gt=0)
    """Bin width in transit durations; bins may overlap. It must be given if, and only if,
    `durations` is given; None means adjacent bins over the whole period."""

    rebinned_from: int | None = Field(None, ge=2, le=MOST_BINS)
    """Number of bins of the global view from which this view is rebinned. None means that this view
    is binned from the folded light curve."""

    centre: Literal["transit", "secondary"] = "transit"
    """Centre of the window: the transit, or the deepest dip away from the transit, which is the
    secondary eclipse if there is one (see `astronet.lightcurves.secondary.deepest_away`). The value
    "secondary" requires `rebinned_from`."""

    exclude_transit: float | None = Field(None, gt=0)
    """Half-width of an interval around mid-transit in transit durations. A view centred on the
    secondary does not use the bins in this interval, neither to find the secondary (see
    `astronet.lightcurves.secondary.deepest_outside`) nor for its values, which are interpolated
    there. None means that all bins are used."""

    @model_validator(mode="after")
    def _window_is_whole(self) -> Self:
        if (self.durations is None) != (self.bin_width is None):
            raise ValueError("durations and bin_width must be given together; give both or neither")
        if self.rebinned_from is not None and self.durations is None:
            raise ValueError(
                "a view with rebinned_from needs a window; give durations and bin_width"
            )
        if self.centre == "secondary" and self.rebinned_from is None:
            raise ValueError(
                "centre=secondary requires a global view in which to find the secondary eclipse; "
                "set rebinned_from to its number of bins"
            )
        if self.exclude_transit is not None and self.centre != "secondary":
            raise ValueError(
                "exclude_transit applies only to a view around the secondary; set centre=secondary"
            )
        return self

    def window(self, ephemeris: Ephemeris) -> tuple[float, float, float]:
        """Return the first and last phase of the window and the bin width, all three in days.

        Phases are times since the centre of the window (S&V 2018, §3.3).
        """
        half = ephemeris.period / 2
        if self.durations is None or self.bin_width is None:
            return -half, half, ephemeris.period / self.bins
        reach = min(half, self.durations * ephemeris.duration)
        return -reach, reach, self.bin_width * ephemeris.duration


GLOBAL = ViewSpec(bins=2001)
"""Global view: the whole period in 2001 adjacent bins (S&V 2018, §3.3)."""

LOCAL = ViewSpec(bins=201, durations=4, bin_width=0.16)
"""Local view: ±4 durations around the transit in 201 overlapping bins (S&V 2018, §3.3)."""

REBINNED_LOCAL = ViewSpec(bins=201, durations=4, bin_width=0.16, rebinned_from=2001)
"""Local view rebinned from the global view, for data sets without light curves."""

SECONDARY = ViewSpec(bins=201, durations=4, bin_width=0.16, rebinned_from=2001, centre="secondary")
"""Secondary view: ±4 durations around the deepest dip away from the transit.

Its values are in units of the transit depth.
"""

SECONDARY_OUTSIDE = ViewSpec(
    bins=201,
    durations=4,
    bin_width=0.16,
    rebinned_from=2001,
    centre="secondary",
    exclude_transit=1.5,
)
"""Secondary view without the bins within 1.5 durations of mid-transit; not read by the shipped
weights."""

KNOWN_VIEWS: Mapping[str, ViewSpec] = {
    "global": GLOBAL,
    "local": LOCAL,
    "rebinned_local": REBINNED_LOCAL,
    "secondary": SECONDARY,
}
"""Specifications of the predefined views by name."""
