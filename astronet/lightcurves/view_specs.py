"""Which views there are: how each is cut from a folded light curve."""

from collections.abc import Mapping
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from astronet.lightcurves.ephemeris import Ephemeris


class ViewSpec(BaseModel):
    """How a view is cut from the folded curve: which phases, how many bins, how wide."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    bins: int = Field(2001, ge=2)
    """Number of bins, that is the length of the view."""

    durations: float | None = Field(None, gt=0)
    """Half width of the window in transit durations; without it the view spans the period."""

    bin_width: float | None = Field(None, gt=0)
    """Width of a bin in transit durations, so that bins may overlap; needs `durations`."""

    rebinned_from: int | None = Field(None, ge=2)
    """Cut this view from a global view of so many bins, instead of the folded curve."""

    centre: Literal["transit", "secondary"] = "transit"
    """Where the window lies: around the transit, or around the deepest dip away from it, which is
    the secondary eclipse if there is one; `astronet.lightcurves.views.recut` finds it."""

    @model_validator(mode="after")
    def _window_is_whole(self) -> Self:
        if (self.durations is None) != (self.bin_width is None):
            raise ValueError("durations and bin_width belong together: give both or neither")
        if self.rebinned_from is not None and self.durations is None:
            raise ValueError("a view rebinned from the global one needs durations and bin_width")
        if self.centre == "secondary" and self.rebinned_from is None:
            raise ValueError("a secondary is looked for in a global view: give rebinned_from too")
        return self

    def window(self, ephemeris: Ephemeris) -> tuple[float, float, float]:
        """First phase, last phase and bin width [d], from the centre (S&V 2018, §3.3)."""
        half = ephemeris.period / 2
        if self.durations is None or self.bin_width is None:
            return -half, half, ephemeris.period / self.bins
        reach = min(half, self.durations * ephemeris.duration)
        return -reach, reach, self.bin_width * ephemeris.duration


GLOBAL = ViewSpec(bins=2001)
"""The whole period in 2001 bins side by side (S&V 2018, §3.3)."""

LOCAL = ViewSpec(bins=201, durations=4, bin_width=0.16)
"""Four durations either side of the transit, in 201 overlapping bins (S&V 2018, §3.3)."""

REBINNED_LOCAL = ViewSpec(bins=201, durations=4, bin_width=0.16, rebinned_from=2001)
"""The local window cut from the bins of the global view, for data that has nothing finer."""

SECONDARY = ViewSpec(bins=201, durations=4, bin_width=0.16, rebinned_from=2001, centre="secondary")
"""Four durations either side of the deepest dip away from the transit, in the transit's depths."""

KNOWN_VIEWS: Mapping[str, ViewSpec] = {
    "global": GLOBAL,
    "local": LOCAL,
    "rebinned_local": REBINNED_LOCAL,
    "secondary": SECONDARY,
}
