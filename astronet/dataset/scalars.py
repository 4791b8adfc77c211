"""What a catalogue knows about an event besides its light curve, as numbers for a network."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Discriminator, Tag

from astronet.catalogs.context import CONTEXT
from astronet.errors import ConfigError, StoreError
from astronet.lightcurves.arrays import Bools, Floats, Views

if TYPE_CHECKING:
    import pandas as pd

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


class Scalar(BaseModel):
    """One number of an event, made of a column of the store's index or of the events' table."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    column: str
    """The column; of those that archives name differently, by our name (`astronet.catalogs`)."""

    over: str | None = None
    """A column by which the first is divided before; unknown where that is not above 0."""

    scale: Literal["linear", "log", "asinh"] = "linear"
    """As it is, its log10 (unknown where it is not above 0), or its inverse hyperbolic sine, which
    is a logarithm of large numbers of either sign."""

    def __str__(self) -> str:
        return " / ".join(self.columns)

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that it needs."""
        return (self.column,) if self.over is None else (self.column, self.over)

    def of(self, index: pd.DataFrame) -> Floats:
        """Its values [n]; NaN where they are unknown."""
        values = _usable(_numbers(index, self.column), self.scale == "log")
        if self.over is not None:
            values = values / _usable(_numbers(index, self.over), True)
        if self.scale == "linear":
            return values
        return np.log10(values) if self.scale == "log" else np.arcsinh(values)


def _log(column: str, over: str | None = None) -> Scalar:
    return Scalar(column=column, over=over, scale="log")


SCALARS: Mapping[ScalarName, Scalar] = MappingProxyType(
    {
        "log_period": _log("period_days"),
        "log_duration_ratio": _log("duration_days", over="period_days"),
        "log_depth": _log("depth_ppm"),
        "log_snr": _log("snr"),
        "impact": Scalar(column="impact"),
        "log_planet_radius": _log("radius_earth"),
        "log_star_radius": _log("star_radius_sun"),
        "star_teff": Scalar(column="star_teff_k"),
        "star_logg": Scalar(column="star_logg"),
        "log_number": _log("number"),
        "log_star_events": _log("star_events"),
        "log_resonance": _log("resonance"),
        "log_stars_at_ephemeris": _log("stars_at_ephemeris"),
    }
)
"""How each scalar is made. The archives' names of the columns are in the missions' layouts; units
and meanings are in docs/catalogs.md."""

TAGS = ("a scalar's name", "a column's scalar")
"""What pydantic puts into the place of an error, to say which of the two a scalar is."""

AnyScalar = Annotated[
    Annotated[ScalarName, Tag(TAGS[0])] | Annotated[Scalar, Tag(TAGS[1])],
    Discriminator(lambda given: TAGS[not isinstance(given, str)]),
]
"""A scalar by its name, or how it is made of a column."""

ALWAYS = ("period_days", "duration_days", "number", *CONTEXT)
"""Columns that every table of events has, or that are made from its rows."""

COLUMNS = tuple(dict.fromkeys(name for scalar in SCALARS.values() for name in scalar.columns))
"""Every column that some scalar is made of."""


def scalars_of(index: pd.DataFrame, names: Iterable[AnyScalar]) -> Views:
    """The scalars of events, float32 [n, k]; NaN where one is unknown.

    Args:
        index: The events [n]: a store's index or a table as `read_catalog` gives it.
        names: The scalars [k]. One whose column the table lacks is unknown for all events.

    Raises:
        ConfigError: There is no such scalar.
    """
    scalars = [_made(name) for name in names]
    values = np.empty((len(index), len(scalars)), np.float32)
    for column, scalar in enumerate(scalars):
        with np.errstate(over="ignore", divide="ignore"):
            values[:, column] = scalar.of(index)
    values[~np.isfinite(values)] = np.nan
    return values


def columns_of(names: Iterable[AnyScalar]) -> list[str]:
    """Every column that some scalars are made of, each once."""
    return list(dict.fromkeys(column for name in names for column in _made(name).columns))


def has_numbers(index: pd.DataFrame, columns: Iterable[str]) -> Bools:
    """Whether each event [n] has a finite number in every one of these columns.

    Raises:
        StoreError: There is no such column.
    """
    known = np.ones(len(index), np.bool_)
    for column in columns:
        if column not in index:
            close = difflib.get_close_matches(column, map(str, index.columns), n=1)
            meant = f"did you mean {close[0]}?" if close else "see the heading of its index.csv"
            raise StoreError(f"data.requires: the store's index has no column {column}; {meant}")
        known &= np.isfinite(_numbers(index, column))
    return known


def remark_on(index: pd.DataFrame, names: Iterable[AnyScalar]) -> str:
    """One line on the columns that would help, where events have an ephemeris at most; else "".

    Args:
        index: The events.
        names: The scalars that the network reads.
    """
    wanted = [name for name in names if not set(_made(name).columns) <= set(ALWAYS)]
    if not wanted or np.isfinite(scalars_of(index, wanted)).any():
        return ""
    columns = ", ".join(_made(name).column for name in wanted)
    return (
        f"the network also reads {columns}, of which the events here have nothing; "
        "a table with these columns would help it"
    )


def _numbers(index: pd.DataFrame, column: str) -> Floats:
    """A column as float64 [n]; NaN where it holds no number, or is not there."""
    import pandas as pd  # slow to import

    if column not in index:
        return np.full(len(index), np.nan)
    values = index[[column]].iloc[:, 0]  # a table may have it twice, in other letters
    # As text, dates and other things that pandas would count as numbers are none.
    values = values if values.dtype.kind in "iuf" else values.astype(str)
    return pd.to_numeric(values, errors="coerce").to_numpy(np.float64, na_value=np.nan)


def _usable(values: Floats, above_zero: bool) -> Floats:
    """The values [n], NaN where they are not finite or, if that is needed, not above 0."""
    return np.where(np.isfinite(values) & ((values > 0) | (not above_zero)), values, np.nan)


def _made(name: AnyScalar) -> Scalar:
    if isinstance(name, Scalar):
        return name
    if name not in SCALARS:
        raise ConfigError(f"there is no scalar {name!r}; choose of {', '.join(SCALARS)}")
    return SCALARS[name]
