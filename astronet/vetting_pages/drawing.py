"""Functions that several figures of a vetting page share."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from astronet.lightcurves.arrays import Floats
from astronet.vetting.vetting import Vetting

_REACH = 1.5
"""Half of the width of the interval around a transit that is drawn [durations]."""


def model_of(vetting: Vetting, depth: float) -> tuple[Floats, Floats]:
    """Return times since mid-transit [d] and the fitted flux [ppm]."""
    signal, reach = vetting.measured.signal, reach_of(vetting)
    template = vetting.measured.shape.template(signal.exposure, signal.ephemeris.period)
    time = np.linspace(-reach, reach, 201)
    grid = np.arange(len(template.values)) * template.step
    return time, -1e6 * depth * np.interp(np.abs(time), grid, template.values, right=0.0)


def reach_of(vetting: Vetting) -> float:
    """Return half of the width of the interval around a transit that is drawn [d]."""
    event = vetting.measured.signal.ephemeris
    return float(min(_REACH * event.duration, event.period / 2))


def limit_range(drawn: Any, values: Floats, always: Sequence[float] = ()) -> None:
    """Set the vertical range to that of the values without extreme outliers, and of some others."""
    low, high = np.nanquantile(values, [0.002, 0.998])
    low, high = min([low, *always]), max([high, *always])
    margin = 0.12 * max(high - low, 1e-9)
    drawn.y_range.start, drawn.y_range.end = float(low - margin), float(high + margin)


def sentence(statement: str) -> str:
    """Return a statement of a check as a sentence."""
    return f"{statement[:1].upper()}{statement[1:]}."
