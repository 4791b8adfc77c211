"""Axes of explanation figures: phases of views, and scores on a logit scale."""

from dataclasses import dataclass

import numpy as np
from matplotlib.ticker import MaxNLocator

from astronet.explanations.event import Event, spans_period
from astronet.explanations.model import score_of
from astronet.lightcurves.arrays import Floats

_TAILS = [10.0**-k for k in range(1, 13)]
_SCORES = [*reversed(_TAILS), 0.5, *(1 - tail for tail in _TAILS[:6])]
_MAX_TICKS = 6


@dataclass(frozen=True)
class ScoreAxis:
    """Axis that shows logits, with ticks labelled by scores.

    Attributes:
        low: Lowest logit.
        high: Highest logit.
        ticks: Labels by logit.
    """

    low: float
    high: float
    ticks: dict[float, str]


def score_axis(low: float, high: float) -> ScoreAxis:
    """Return the axis for logits from `low` to `high`, with a margin."""
    margin = 0.08 * max(high - low, 0.2)
    low, high = low - margin, high + margin
    ticks = [float(np.log(p / (1 - p))) for p in _SCORES]
    ticks = [tick for tick in ticks if low <= tick <= high]
    ticks = ticks[:: int(np.ceil(len(ticks) / _MAX_TICKS)) or 1]
    if len(ticks) < 2:
        ticks = [float(t) for t in MaxNLocator(4).tick_values(low, high) if low <= t <= high]
    return ScoreAxis(low, high, {tick: _label(score_of(tick)) for tick in ticks})


def words(name: str) -> str:
    """Return the name of a view in words, for example "rebinned local"."""
    return name.replace("_", " ")


def view_name(name: str) -> str:
    """Return the name of a view at the start of a title, for example "Local view"."""
    text = words(name)
    return f"{text[:1].upper()}{text[1:]} view"


def view_title(event: Event, name: str) -> str:
    """Return the title of a view in figures, for example "Local view (201 bins)"."""
    return f"{view_name(name)} ({event.specs[name].bins} bins)"


@dataclass(frozen=True, eq=False)
class PhaseAxis:
    """Horizontal axis of a view.

    Attributes:
        label: Label with the unit.
        places: Bin centres [bins]: orbital phases if the view covers the full period, and
            otherwise times from the centre of the view [h].
        step: Width of a bin, in the unit of `places`.
        duration: Transit duration, in the unit of `places`.
    """

    label: str
    places: Floats
    step: float
    duration: float

    @property
    def half(self) -> float:
        """Half of the transit duration, but at least half a bin: the shaded interval."""
        return max(self.duration, self.step) / 2

    @property
    def hover(self) -> tuple[str, str]:
        """Name and value of the place under the pointer, as for `add_hover`."""
        name, _, unit = self.label.partition(" [")
        return name.lower(), "@x{+0.00} h" if unit else "@x{+0.0000}"

    @property
    def limits(self) -> tuple[float, float]:
        """Left edge of the first bin and right edge of the last bin."""
        return float(self.places[0] - self.step / 2), float(self.places[-1] + self.step / 2)

    def at(self, bins: float) -> float:
        """Return the place of a position [bins], where 0 is the centre of the first bin."""
        return float(self.places[0] + bins * self.step)


def phase_axis(event: Event, name: str) -> PhaseAxis:
    """Return the horizontal axis of a view."""
    whole = spans_period(event.specs[name])
    unit = event.ephemeris.period if whole else 1 / 24
    places = event.phases(name) / unit
    label = "Orbital phase" if whole else _time_label(event, name)
    step = float(places[1] - places[0])
    return PhaseAxis(label, places, step, event.ephemeris.duration / unit)


def phase_text(phase: float) -> str:
    """Return an orbital phase with its sign and three decimal places."""
    return f"{phase:+.3f}".replace("-", "−")


def _time_label(event: Event, name: str) -> str:
    if event.specs[name].centre == "transit":
        return "Time since mid-transit [h]"
    centre = event.centre_phase(name)
    if centre is None:
        return "Time since mid-eclipse of the secondary [h]"
    return f"Time since phase {phase_text(centre / event.ephemeris.period)} [h]"


def _label(score: float) -> str:
    return f"{score:.6g}" if score > 0.5 else f"{score:.3g}"
