"""Light curve of one star."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from astronet.errors import LightCurveError
from astronet.lightcurves.arrays import Bools, Floats, Ints, plain_values
from astronet.lightcurves.centroid_columns import (
    fractions,
    orientations,
    pixel_columns,
    rows_of,
)
from astronet.lightcurves.clock import (
    BKJD_ZERO,
    UNIT_DAYS,
    ZERO_POINTS,
    Clock,
    Unit,
    bkjd_of,
    check_dates,
    check_declaration,
    check_digits,
    check_precision,
    check_system,
    is_time,
)
from astronet.lightcurves.columns import floats, fluxes
from astronet.lightcurves.flux_units import linear_flux
from astronet.lightcurves.sentinels import drop_sentinels
from astronet.lightcurves.time_checks import GAP_DAYS as GAP_DAYS
from astronet.lightcurves.time_checks import check_span, drop_placeholders
from astronet.lightcurves.time_units import check_unit


@dataclass(frozen=True, eq=False)
class LightCurve:
    """Light curve of one star, divided into segments without long gaps.

    Points whose time or flux is not finite are dropped, and so are placeholders for missing times
    (see `astronet.lightcurves.time_checks.drop_placeholders`), with a warning. A new segment begins
    after each gap of more than 0.75 d, and when the argument `segment` changes. Segments are
    numbered 0, 1, 2 … in the order of the points.

    Attributes:
        star: Catalogue number (KIC, TIC, EPIC) or name of the star.
        time: Times [n] [d], in ascending order within each segment. All readers of the package
            return BKJD = BJD − 2454833.
        flux: Fluxes [n] in any linear unit (Kepler: e-/s); close to 1 after detrending. Magnitudes
            with an astropy unit are converted to relative fluxes; see
            `astronet.lightcurves.flux_units.linear_flux`.
        segment: Segment number of each point [n]. The constructor's argument with this name is the
            file or quarter number of each point [n]; None means that all points are from one file.
        centroid: Column and row of the flux-weighted centroid [n, 2] [pixel]; NaN if missing. None
            if the files have no such columns or they were not requested.
        position: Offset of the star's image [n, 2] [pixel] that pointing and focus cause; as
            `centroid`.
        part: Number of the file (quarter, campaign or sector) of each segment [segments], in the
            order of the points.
        orientation: Matrices [parts, 2, 2] [arcsec/pixel] that convert a displacement in column and
            row to one toward east and north; NaN if unknown, None if unknown for all parts. The
            constructor's argument contains one matrix per value of its argument `segment`.
        crowding: Fraction of the flux in the aperture that comes from the star [parts]; NaN if
            unknown, None if unknown for all parts. The constructor's argument contains one fraction
            per value of its argument `segment`.

    Raises:
        LightCurveError: The arrays are not one-dimensional arrays of numbers with the same length,
            or `centroid` or `position` does not have shape [n, 2],
            the times have a unit other than days, the fluxes have a unit that is neither linear nor
            mag, no point has a finite time and flux, the times decrease within a file or span more
            than 20,000 d, or most points share their time because the times lost digits.

    Examples:
        >>> import numpy as np
        >>> import astronet
        >>> time = np.concatenate([np.arange(0, 30, 0.02), np.arange(31, 60, 0.02)])
        >>> curve = astronet.LightCurve("my star", time, np.ones_like(time))
        >>> len(curve), curve.segment.max()
        (2950, np.int64(1))
    """

    star: int | str
    time: Floats
    flux: Floats
    segment: Ints
    centroid: Floats | None
    position: Floats | None
    part: Ints
    orientation: Floats | None
    crowding: Floats | None

    def __init__(
        self,
        star: int | str,
        time: ArrayLike,
        flux: ArrayLike,
        segment: ArrayLike | None = None,
        *,
        centroid: ArrayLike | None = None,
        position: ArrayLike | None = None,
        orientation: Mapping[int, ArrayLike] | None = None,
        crowding: Mapping[int, float] | None = None,
    ) -> None:
        if is_time(time):
            raise LightCurveError(
                f"star {star}: the times are an astropy Time, which states its time system; use "
                "LightCurve.from_arrays with the argument clock, LightCurve.from_lightkurve, or "
                "astronet.lightcurves.conversion.light_curve_of"
            )
        times = floats(star, "time", time)
        values = fluxes(star, flux)
        files = np.zeros(times.shape, np.int64) if segment is None else np.asarray(segment)
        if times.ndim != 1 or not times.shape == values.shape == files.shape:
            raise LightCurveError(
                f"star {star}: time {times.shape}, flux {values.shape} and segment {files.shape} "
                "must be one-dimensional and have the same length"
            )
        pixels = pixel_columns(star, len(times), centroid=centroid, position=position)
        times = drop_placeholders(f"star {star}", times)
        finite = np.isfinite(times) & np.isfinite(values)
        if not finite.any():
            raise LightCurveError(
                f"star {star}: no point has a finite time and flux; "
                "try another flux column, or exclude this star"
            )
        if not finite.all():
            times, values, files = times[finite], values[finite], files[finite]
            pixels = {name: rows_of(column, finite) for name, column in pixels.items()}
        check_span(star, times)
        step, same_file = np.diff(times), files[1:] == files[:-1]
        if (backwards := np.flatnonzero(same_file & (step < 0))).size:
            raise LightCurveError(
                f"star {star}: the times are not in increasing order (at "
                f"{times[backwards[0] + 1]:.6f} d); sort the points by time"
            )
        check_digits(star, int((same_file & (step == 0)).sum()), len(times))
        starts = np.flatnonzero(~same_file | (step > GAP_DAYS)) + 1
        lengths = np.diff(starts, prepend=0, append=len(times))
        object.__setattr__(self, "star", star)
        object.__setattr__(self, "time", times)
        object.__setattr__(self, "flux", values)
        object.__setattr__(self, "segment", np.repeat(np.arange(len(lengths)), lengths))
        object.__setattr__(self, "centroid", pixels["centroid"])
        object.__setattr__(self, "position", pixels["position"])
        new = np.concatenate([[True], ~same_file])
        object.__setattr__(self, "part", np.cumsum(new)[np.concatenate([[0], starts])] - 1)
        object.__setattr__(self, "orientation", orientations(star, files[new], orientation))
        object.__setattr__(self, "crowding", fractions(star, files[new], crowding))

    @classmethod
    def from_arrays(
        cls,
        star: int | str,
        time: ArrayLike,
        flux: ArrayLike,
        segment: ArrayLike | None = None,
        *,
        clock: Clock,
        unit: Unit = "d",
    ) -> Self:
        """Return a light curve built from arrays, with the times converted to BKJD [d].

        Placeholders for missing fluxes, such as 0 or 9999, are dropped with a warning; see
        `astronet.lightcurves.sentinels.find_sentinels`.

        Args:
            star: Number or name of the star.
            time: Barycentric times [n], as numbers, a `Quantity` or an astropy `Time`.
            flux: Fluxes [n] in any linear unit, or magnitudes with the unit mag; NaN if missing.
            segment: Segment numbers [n] (sectors, nights or quarters); None means that the light
                curve is split only at gaps.
            clock: Time system of the times: "bkjd", "btjd" or "bjd".
            unit: Unit of the times: "d", "h", "min" or "s".

        Raises:
            ConfigError: The time system or the unit is unknown.
            LightCurveError: The times have a unit or time system other than the declared one, are
                not plausible in the declared time system and unit, or are in single precision
                although that is too coarse; or the arrays are not valid (see `LightCurve`).

        Examples:
            >>> import astronet
            >>> curve = astronet.LightCurve.from_arrays("mine", [1400, 1401], [1, 1], clock="btjd")
            >>> curve.time
            array([3567., 3568.])
        """
        check_declaration(clock, unit)
        measured = drop_sentinels(f"star {star}", fluxes(star, flux))
        if is_time(time):
            check_system(star, time, clock, unit)
            return cls(star, bkjd_of(f"star {star}", time), measured, segment)
        check_unit(star, time, unit, clock)
        check_precision(f"star {star}", time, UNIT_DAYS[unit])
        values = floats(star, "time", plain_values(time) if hasattr(time, "unit") else time)
        days = drop_placeholders(f"star {star}", values * UNIT_DAYS[unit], values)
        if np.isfinite(days).any():
            check_dates(star, float(np.nanmedian(days)), clock, unit)
        cls(star, days, measured, segment)  # raises if the arrays are invalid
        return cls(star, days + (ZERO_POINTS[clock.upper()] - BKJD_ZERO), measured, segment)

    @classmethod
    def from_lightkurve(cls, star: int | str, curve: Any, flux: str = "flux") -> Self:
        """Convert a light curve from lightkurve, and return it with times in BKJD [d].

        Magnitudes become relative fluxes, and placeholders for missing fluxes, such as 0 or 9999,
        are dropped with a warning.

        Args:
            star: Number or name of the star.
            curve: The `lightkurve.LightCurve` to convert.
            flux: Name of the flux column.

        Raises:
            LightCurveError: The object is not a light curve, the times are not barycentric (TDB),
                the flux column is missing, or the arrays are not valid (see `LightCurve`).
        """
        if not hasattr(curve, "colnames"):
            raise LightCurveError(
                f"star {star}: a {type(curve).__name__} is not a light curve; give a lightkurve "
                "LightCurve"
            )
        if flux not in curve.colnames:
            raise LightCurveError(
                f"star {star}: the light curve has no column {flux}; "
                f"choose one of {', '.join(curve.colnames)}"
            )
        measured = floats(star, "flux", linear_flux(f"star {star}", curve[flux]))
        return cls(
            star, bkjd_of(f"star {star}", curve.time), drop_sentinels(f"star {star}", measured)
        )

    def __len__(self) -> int:
        return len(self.time)

    def where(self, keep: Bools) -> Self:
        """Return a light curve of the points for which `keep` [n] is True.

        A segment is split if the removal of points leaves a gap of more than 0.75 d.

        Raises:
            LightCurveError: `keep` is False for all points.
        """
        return type(self)(
            self.star,
            self.time[keep],
            self.flux[keep],
            self.part[self.segment[keep]],
            centroid=rows_of(self.centroid, keep),
            position=rows_of(self.position, keep),
            **self._by_part(),
        )

    def with_flux(self, flux: ArrayLike) -> Self:
        """Return a light curve with other fluxes [n] at the same times."""
        return type(self)(
            self.star,
            self.time,
            flux,
            self.part[self.segment],
            centroid=self.centroid,
            position=self.position,
            **self._by_part(),
        )

    def _by_part(self) -> dict[str, Any]:
        """Return the constructor's arguments that have one value per part."""
        columns = {"orientation": self.orientation, "crowding": self.crowding}
        return {
            name: None if column is None else dict(enumerate(column))
            for name, column in columns.items()
        }
