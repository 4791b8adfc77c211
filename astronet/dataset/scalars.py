"""What a catalogue knows about an event besides its light curve, as numbers for a network."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np
import pandas as pd

from astronet.catalogs.context import CONTEXT
from astronet.errors import ConfigError
from astronet.lightcurves.arrays import Floats, Views

ScalarName = Literal[
    "log_period",
    "log_duration_ratio",
    "log_depth",
    "log_snr",
    "impact",
    "log_planet_radius",
    "log_star_radius",
    "star_teff",
    "star_logg",
    "log_number",
    "log_star_events",
    "log_resonance",
    "log_stars_at_ephemeris",
]
"""The scalars that a network may ask for."""


@dataclass(frozen=True)
class Scalar:
    """One number of an event.

    Attributes:
        column: The column of the event table (`astronet.catalogs`) that it is made of.
        unit: The column's unit.
        log: Whether the number is the column's log10.
        over: A column of the same unit by which the first is divided before.
    """

    column: str
    unit: str
    log: bool = True
    over: str | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that it needs."""
        return (self.column,) if self.over is None else (self.column, self.over)

    def of(self, index: pd.DataFrame) -> Floats:
        """Its values [n]; NaN where a column is not finite or, under a log, not above 0."""
        values, *others = (_positive(_numbers(index, name), self.log) for name in self.columns)
        for other in others:
            values = values / other
        return np.log10(values) if self.log else values


SCALARS: Mapping[ScalarName, Scalar] = MappingProxyType(
    {
        "log_period": Scalar("period_days", "d"),
        "log_duration_ratio": Scalar("duration_days", "d", over="period_days"),
        "log_depth": Scalar("depth_ppm", "parts per million of the star's flux"),
        "log_snr": Scalar("snr", "1"),
        "impact": Scalar("impact", "stellar radii", log=False),
        "log_planet_radius": Scalar("radius_earth", "Earth radii"),
        "log_star_radius": Scalar("star_radius_sun", "solar radii"),
        "star_teff": Scalar("star_teff_k", "K", log=False),
        "star_logg": Scalar("star_logg", "log10 of cm s⁻²", log=False),
        "log_number": Scalar("number", "1; the event's place among its star's, 1 the strongest"),
        "log_star_events": Scalar("star_events", "1; events of its star"),
        "log_resonance": Scalar("resonance", "1; how far from a whole multiple of another period"),
        "log_stars_at_ephemeris": Scalar("stars_at_ephemeris", "1; stars with the same ephemeris"),
    }
)
"""How each scalar is made; the archives' names of the columns are in `catalogs.layouts`."""

ALWAYS = ("period_days", "duration_days", "number", *CONTEXT)
"""Columns that every table of events has, or that are made from its rows."""

COLUMNS = tuple(dict.fromkeys(name for scalar in SCALARS.values() for name in scalar.columns))
"""Every column that some scalar is made of."""


def scalars_of(index: pd.DataFrame, names: Iterable[ScalarName]) -> Views:
    """The scalars of events, float32 [n, k]; NaN where one is unknown.

    Args:
        index: The events [n]: a store's index or a table as `read_catalog` gives it.
        names: The scalars [k]. One whose column the table lacks is unknown for all events.

    Raises:
        ConfigError: There is no such scalar.
    """
    names = list(names)
    if wrong := [name for name in names if name not in SCALARS]:
        raise ConfigError(f"there is no scalar {wrong[0]!r}; choose of {', '.join(SCALARS)}")
    values = np.empty((len(index), len(names)), np.float32)
    for column, name in enumerate(names):
        with np.errstate(over="ignore", divide="ignore"):
            values[:, column] = SCALARS[name].of(index)
    values[~np.isfinite(values)] = np.nan
    return values


def remark_on(index: pd.DataFrame, names: Iterable[ScalarName]) -> str:
    """One line on the columns that would help, where events have an ephemeris at most; else "".

    Args:
        index: The events.
        names: The scalars that the network reads.
    """
    wanted = [name for name in names if not set(SCALARS[name].columns) <= set(ALWAYS)]
    if not wanted or np.isfinite(scalars_of(index, wanted)).any():
        return ""
    columns = ", ".join(SCALARS[name].column for name in wanted)
    return (
        f"remark: the network also reads {columns}, of which the events here have nothing; "
        "a table with these columns would help it"
    )


def _numbers(index: pd.DataFrame, column: str) -> Floats:
    """A column as float64 [n]; NaN where it holds no number, or is not there."""
    if column not in index:
        return np.full(len(index), np.nan)
    values = index[[column]].iloc[:, 0]  # a table may have it twice, in other letters
    # As text, dates and other things that pandas would count as numbers are none.
    values = values if values.dtype.kind in "iuf" else values.astype(str)
    return pd.to_numeric(values, errors="coerce").to_numpy(np.float64, na_value=np.nan)


def _positive(values: Floats, needed: bool) -> Floats:
    """The values [n], NaN where they are not finite or, if that is needed, not above 0."""
    usable = np.isfinite(values) & ((values > 0) | (not needed))
    return np.where(usable, values, np.nan)
