"""Catalogue scalars: properties of an event or star that a network reads in addition to views."""

from __future__ import annotations

import difflib
import logging
from collections.abc import Iterable, Mapping, Sequence
from numbers import Real
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Discriminator, Tag

from astronet.catalogs.context import CONTEXT, with_context
from astronet.errors import ConfigError, RunError, StoreError
from astronet.lightcurves.arrays import Bools, Floats, Views

if TYPE_CHECKING:
    import pandas as pd

    from astronet.lightcurves.ephemeris import Ephemeris

_logger = logging.getLogger("astronet")

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
"""Names of the predefined scalars."""


class Scalar(BaseModel):
    """Scalar of an event, computed from one or two columns of a store's index or an event table."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    column: str
    """Name of the column; the canonical name if the archives use different names."""

    over: str | None = None
    """Name of the column by which `column` is divided; None means no division. The scalar is NaN
    unless the divisor is positive."""

    scale: Literal["linear", "log", "asinh"] = "linear"
    """Scale: linear, log10 (NaN unless the value of `column` is positive), or inverse hyperbolic
    sine, which is logarithmic for large values of either sign."""

    def __str__(self) -> str:
        return " / ".join(self.columns)

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns from which the scalar is computed."""
        return (self.column,) if self.over is None else (self.column, self.over)

    def of(self, index: pd.DataFrame) -> Floats:
        """Return the values [n] of the scalar for the n rows of an index; NaN if unknown."""
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
"""Predefined scalars by name. Their units and meanings are listed in docs/catalogs.md, and the
archives' column names in the layouts of the missions."""

TAGS = ("a scalar's name", "a column's scalar")
"""Tags that pydantic adds to the location of an error, one for each form of `AnyScalar`."""

AnyScalar = Annotated[
    Annotated[ScalarName, Tag(TAGS[0])] | Annotated[Scalar, Tag(TAGS[1])],
    Discriminator(lambda given: TAGS[not isinstance(given, str)]),
]
"""Scalar, given by the name of a predefined scalar or by its definition."""

ALWAYS = ("period_days", "duration_days", "number", *CONTEXT)
"""Columns that are available in every catalogue: period, duration, event number and context."""

COLUMNS = tuple(dict.fromkeys(name for scalar in SCALARS.values() for name in scalar.columns))
"""Columns from which the predefined scalars are computed."""


def scalars_of(index: pd.DataFrame, names: Iterable[AnyScalar]) -> Views:
    """Return the scalars of events, float32 [n, k]; NaN if unknown or not finite.

    Args:
        index: Events [n]: the index of a store, or a table from `read_catalog`.
        names: Scalars [k]; a scalar is NaN for all events if one of its columns is missing.

    Raises:
        ConfigError: A name is unknown.
    """
    scalars = [_made(name) for name in names]
    values = np.empty((len(index), len(scalars)), np.float32)
    for column, scalar in enumerate(scalars):
        with np.errstate(over="ignore", divide="ignore"):
            values[:, column] = scalar.of(index)
    values[~np.isfinite(values)] = np.nan
    return values


def columns_of(names: Iterable[AnyScalar]) -> list[str]:
    """Return the names of the columns from which scalars are computed, without duplicates.

    Raises:
        ConfigError: The name of a scalar is unknown.
    """
    return list(dict.fromkeys(column for name in names for column in _made(name).columns))


def event_table(
    ephemeris: Ephemeris,
    known: Mapping[str, float] = MappingProxyType({}),
    names: Iterable[AnyScalar] = (),
) -> pd.DataFrame:
    """Return a one-row event table, from which the scalars of a single event can be computed.

    Args:
        ephemeris: Ephemeris of the event.
        known: Values of other catalogue columns by name; None or NaN if unknown.
        names: Scalars that the network reads. `known` may contain their columns and those of the
            predefined scalars.

    Raises:
        RunError: A key of `known` is not a catalogue column used by any scalar, or a value is not a
            real number.
        ConfigError: The name of a scalar is unknown.
    """
    import pandas as pd  # slow to import

    columns = columns_of([*SCALARS, *names])
    if wrong := sorted(set(known) - set(columns)):
        raise RunError(
            f"known: {wrong[0]!r} is not a catalogue column used by any scalar; choose from "
            f"{', '.join(columns)}"
        )
    for name, value in known.items():
        _check_value(name, value)
    return pd.DataFrame([dict(known) | _own_columns(ephemeris)])


def _own_columns(ephemeris: Ephemeris) -> dict[str, float]:
    return {
        "period_days": ephemeris.period,
        "epoch_bkjd": ephemeris.epoch,
        "duration_days": ephemeris.duration,
    }


def _check_value(name: str, value: object) -> None:
    """Raise an error if a value is not a real number, and log a warning if it is not plausible."""
    if value is None:
        return
    if not isinstance(value, Real) or isinstance(value, bool):
        units = "; convert it to the unit of the column" if hasattr(value, "unit") else ""
        raise RunError(
            f"known: the value of {name} is {value!r}, not a real number{units}; give a plain "
            "number, for example a float"
        )
    if name == "depth_ppm" and 0 < float(value) < 1:
        _logger.warning(
            "known: depth_ppm is %.6g, which is probably a fraction; multiply it by 1e6 to give "
            "the depth in ppm",
            value,
        )


def events_of_star(
    ephemerides: Sequence[Ephemeris],
    known: Mapping[str, float] = MappingProxyType({}),
    names: Iterable[AnyScalar] = (),
) -> pd.DataFrame:
    """Return the event table of one star, from which the scalars of its events can be computed.

    If there are several events, they are numbered in the given order, and the columns of their
    context are added (see `astronet.catalogs.context`).

    Args:
        ephemerides: Ephemerides of the events.
        known: Values of other catalogue columns by name, the same for all events.
        names: Scalars that the network reads; see `event_table`.

    Raises:
        RunError: There are no events, a key of `known` is not a catalogue column used by any
            scalar, or a value is not a real number.
    """
    import pandas as pd  # slow to import

    if not ephemerides:
        raise RunError("the list of events is empty; give at least one ephemeris")
    first = event_table(ephemerides[0], known, names)
    if len(ephemerides) == 1:
        return first
    own = pd.DataFrame([_own_columns(e) for e in ephemerides])
    events = with_context(own.assign(star=0, number=range(1, len(own) + 1)))
    return events.assign(**{name: value for name, value in known.items() if name not in own})


def has_numbers(index: pd.DataFrame, columns: Iterable[str]) -> Bools:
    """Return a mask [n] of the events that have a finite number in every given column.

    Raises:
        StoreError: A column is missing.
    """
    known = np.ones(len(index), np.bool_)
    for column in columns:
        if column not in index:
            close = difflib.get_close_matches(column, map(str, index.columns), n=1)
            meant = f"did you mean {close[0]}?" if close else "see the header of its index.csv"
            raise StoreError(f"data.requires: the store's index has no column {column}; {meant}")
        known &= np.isfinite(_numbers(index, column))
    return known


def remark_on(index: pd.DataFrame, names: Iterable[AnyScalar]) -> str:
    """Return a message if no optional scalar of a network is known for any event, otherwise "".

    Scalars computed only from the columns in ALWAYS are not optional. The message is also "" if the
    network reads no optional scalars.

    Args:
        index: Events [n].
        names: Scalars that the network reads.
    """
    wanted = [name for name in names if not set(_made(name).columns) <= set(ALWAYS)]
    if not wanted or np.isfinite(scalars_of(index, wanted)).any():
        return ""
    columns = ", ".join(_made(name).column for name in wanted)
    return (
        f"the network also reads {columns}, but no event has these values, so the scores may be "
        "less accurate; use an event table with these columns if the values are known"
    )


def _numbers(index: pd.DataFrame, column: str) -> Floats:
    """Return a column as float64 [n], with NaN for values that are not numbers.

    If the column is missing, all values are NaN.
    """
    import pandas as pd  # slow to import

    if column not in index:
        return np.full(len(index), np.nan)
    found: pd.DataFrame | pd.Series[Any] = index[column]
    if isinstance(found, pd.DataFrame):  # several columns have this name
        found = found.iloc[:, 0]
    # Other types are converted to strings first; otherwise pandas would convert dates and booleans
    # to numbers.
    values = found if found.dtype.kind in "iuf" else found.astype(str)
    return pd.to_numeric(values, errors="coerce").to_numpy(np.float64, na_value=np.nan)


def _usable(values: Floats, above_zero: bool) -> Floats:
    """Return the values [n], with NaN for infinite values and, if `above_zero`, for values ≤ 0."""
    return np.where(np.isfinite(values) & ((values > 0) | (not above_zero)), values, np.nan)


def _made(name: AnyScalar) -> Scalar:
    if isinstance(name, Scalar):
        return name
    if name not in SCALARS:
        raise ConfigError(f"unknown scalar {name!r}; choose from {', '.join(SCALARS)}")
    return SCALARS[name]
