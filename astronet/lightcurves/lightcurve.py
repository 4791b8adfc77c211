"""One star's brightness over time."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike

from astronet.errors import LightCurveError
from astronet.lightcurves.arrays import Bools, Floats, Ints

GAP_DAYS = 0.75
"""A longer gap ends a segment [d] (the original's gap_width; S&V 2018, §3.2)."""


@dataclass(frozen=True, eq=False)
class LightCurve:
    """Brightness of one star, cut into segments without long gaps.

    Points whose time or flux is not finite are dropped, and segments are split again where
    the time jumps by more than 0.75 d, so that every LightCurve holds only finite points and
    numbers its segments 0, 1, 2 … in the order of its points.

    Attributes:
        star: The star's number in its catalogue (KIC, TIC, EPIC) or its name.
        time: Times [n] in days (Kepler, TESS: BKJD = BJD − 2454833), rising within a segment.
        flux: Fluxes [n], in any unit (Kepler: e-/s); about 1 after flattening.
        segment: The stretch [n] that a point belongs to; given as the number of its file or
            quarter, by default all one.

    Raises:
        LightCurveError: The arrays differ in length or shape, no point is finite, or time runs
            backwards within a segment.
    """

    star: int | str
    time: Floats
    flux: Floats
    segment: Ints

    def __init__(
        self, star: int | str, time: ArrayLike, flux: ArrayLike, segment: ArrayLike | None = None
    ) -> None:
        times, fluxes = _floats(star, "time", time), _floats(star, "flux", flux)
        files = np.zeros(times.shape, np.int64) if segment is None else np.asarray(segment)
        if times.ndim != 1 or not times.shape == fluxes.shape == files.shape:
            raise LightCurveError(
                f"star {star}: time {times.shape}, flux {fluxes.shape} and segment {files.shape} "
                "must be one-dimensional and of one length"
            )
        finite = np.isfinite(times) & np.isfinite(fluxes)
        if not finite.any():
            raise LightCurveError(
                f"star {star}: not one point has a finite time and flux; "
                "try another flux column, or leave this star out"
            )
        if not finite.all():
            times, fluxes, files = times[finite], fluxes[finite], files[finite]
        step, same_file = np.diff(times), files[1:] == files[:-1]
        if (backwards := np.flatnonzero(same_file & (step < 0))).size:
            raise LightCurveError(
                f"star {star}: time runs backwards at {times[backwards[0] + 1]:.6f} d; "
                "sort the points by time first"
            )
        starts = np.flatnonzero(~same_file | (step > GAP_DAYS)) + 1
        lengths = np.diff(starts, prepend=0, append=len(times))
        object.__setattr__(self, "star", star)
        object.__setattr__(self, "time", times)
        object.__setattr__(self, "flux", fluxes)
        object.__setattr__(self, "segment", np.repeat(np.arange(len(lengths)), lengths))

    def __len__(self) -> int:
        return len(self.time)

    @property
    def segment_starts(self) -> Ints:
        """Indices [segments + 1] where segments begin, and, last, the number of points."""
        inner = np.flatnonzero(np.diff(self.segment)) + 1
        return np.concatenate([[0], inner, [len(self)]]).astype(np.int64)

    def where(self, keep: Bools) -> Self:
        """The curve with only the points [n] where `keep` is true.

        A hole of more than 0.75 d that this leaves ends a segment.

        Raises:
            LightCurveError: `keep` is true nowhere.
        """
        return type(self)(self.star, self.time[keep], self.flux[keep], self.segment[keep])


def _floats(star: int | str, name: str, values: ArrayLike) -> Floats:
    """Plain doubles [n]; what is masked becomes NaN.

    Raises:
        LightCurveError: The values are not real numbers, or bear a unit other than ours.
    """
    unit = str(getattr(values, "unit", None) or "")
    if name == "time" and unit not in ("", "d", "day", "days"):
        raise LightCurveError(f"star {star}: the times are in {unit}; convert them to days")
    masked = np.ma.asanyarray(values) if np.ma.isMaskedArray(values) else None
    try:
        array = np.asarray(values if masked is None else masked.filled(0))
        if array.dtype.kind not in "iuf":
            raise TypeError
        plain = array.astype(np.float64)
    except (TypeError, ValueError):
        raise LightCurveError(
            f"star {star}: the {name} is not an array of real numbers; give it as plain numbers"
        ) from None
    if masked is not None:
        plain[np.ma.getmaskarray(masked)] = np.nan
    return plain
