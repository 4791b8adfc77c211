"""Layouts of tables of events: column names and unit conversions.

Each mission defines the layouts of its archive's tables; custom tables have the generic layout.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from astronet.errors import CatalogError
from astronet.lightcurves.clock import BKJD_ZERO

if TYPE_CHECKING:
    import pandas as pd

_logger = logging.getLogger("astronet")

TEXT = ("label", "name", "official_split", "flags")
"""Canonical columns that contain text; all others are numeric."""

FIRST = ("star", "number", "period_days", "epoch_bkjd", "duration_days", "label", "name")
"""Canonical columns that come first, in this order."""

_NUMBERS = (
    *("depth_ppm", "snr", "impact", "radius_earth"),
    *("star_teff_k", "star_logg", "star_radius_sun"),
)
"""Optional canonical columns that contain numbers."""

TAP = "https://exoplanetarchive.ipac.caltech.edu/TAP"
"""Address of the NASA Exoplanet Archive's TAP service, for error messages."""

STAR_CATALOGS = ("KIC", "TIC", "EPIC")
"""Catalogues that can precede a star number: those of the missions' star numbers."""

_STAR = rf"^({'|'.join(STAR_CATALOGS)})?[ _-]*(\d+)$"
"""Pattern of a star number as text, optionally after its catalogue, in capital letters."""

_EXPONENT = r"^\s*(\d)(?:\.(\d*))?[eE]\+?(\d+)\s*$"
"""Pattern of a number in exponent notation."""

if TYPE_CHECKING:
    Convert = Callable[[pd.Series], pd.Series]


@dataclass(frozen=True)
class Layout:
    """Layout of one kind of table of events.

    Attributes:
        name: Name of this kind of table in messages.
        columns: Names in the archive, by canonical column name. The names are in lower case and in
            order of preference, each paired with the function that converts the values. A column
            without such names can only have its canonical name.
        remedy: Advice in the error message if a column is missing.
    """

    name: str
    columns: Mapping[str, tuple[tuple[str, Convert], ...]]
    remedy: str

    def found(self, present: Mapping[str, str]) -> dict[str, tuple[str, Convert]]:
        """Return the canonical columns that a table contains.

        A column with the canonical name takes precedence over columns with names of the archive.

        Args:
            present: Column names of the table, by lower-case name without surrounding spaces.

        Returns:
            Column name in the table and conversion function of each column, by canonical name.
        """
        found = {}
        for ours in dict.fromkeys([*FIRST, *self.columns, *TEXT]):
            itself = (ours, text if ours in TEXT else star_number if ours == "star" else number)
            for theirs, convert in (itself, *self.columns.get(ours, ())):
                if theirs in present:
                    found[ours] = (present[theirs], convert)
                    break
        return found


def text(values: pd.Series) -> pd.Series:
    """Convert values to strings without surrounding spaces; missing values become ""."""
    texts = values.astype(object)
    return texts.where(texts.notna(), "").astype(str).str.strip()


def number(values: pd.Series) -> pd.Series:
    """Convert values to float64; values that are not numbers become NaN.

    Time differences are converted to days. Dates are not numbers.
    """
    import pandas as pd  # slow to import

    if isinstance(values.dtype, pd.CategoricalDtype):
        values = values.astype(object)
    if values.dtype.kind == "m":
        days: pd.Series = values.dt.total_seconds() / 86400.0
        return days
    if values.dtype.kind == "M":
        return pd.Series(float("nan"), values.index, name=values.name)
    return pd.to_numeric(values, errors="coerce").astype("float64")


def hours(values: pd.Series) -> pd.Series:
    """Convert durations from hours to days; time differences have a unit of their own."""
    return number(values) / (1.0 if values.dtype.kind == "m" else 24.0)


def bjd(values: pd.Series) -> pd.Series:
    """Convert epochs from BJD to BKJD [d]."""
    return number(values) - BKJD_ZERO


def percent(values: pd.Series) -> pd.Series:
    """Convert depths from per cent to parts per million."""
    return number(values) * 1e4


def star_number(values: pd.Series) -> pd.Series:
    """Convert whole numbers, optionally after KIC, TIC or EPIC, to float64; missing ones to NaN.

    Raises:
        CatalogError: An entry is something else, such as the name of a planet host, or a rounded
            number.
    """
    values = values.astype(str) if values.dtype.kind == "b" else values
    check_digits(values)
    if len(names := star_catalogs(values)) > 1:
        _logger.warning(
            "column %s lists stars of several catalogues (%s), and equal numbers are taken as the "
            "same star; make one table per catalogue",
            values.name,
            ", ".join(names),
        )
    numbers = number(values)
    given = numbers.isna() & values.notna()
    entries = values[given].astype(str).str.strip()
    found = entries.str.upper().str.extract(_STAR)[1]
    if (wrong := found.isna() & (entries != "")).any():
        place = given.to_numpy().nonzero()[0][wrong.to_numpy().argmax()]
        raise CatalogError(
            f"column {values.name}, row {place + 1}: {str(values.iloc[place]).strip()!r} is not a "
            "star number; give a whole number, optionally after KIC, TIC or EPIC"
        )
    numbers[given] = number(found)
    return numbers


def star_catalogs(values: pd.Series) -> list[str]:
    """Return the catalogues (KIC, TIC or EPIC) that precede star numbers, in alphabetical order."""
    if values.dtype.kind in "iufb":
        return []
    prefixes = values.astype(str).str.strip().str.upper().str.extract(_STAR)[0]
    return sorted(prefixes.dropna().unique())


def check_digits(values: pd.Series) -> None:
    """Raise an error if a star number in exponent notation has too few digits, such as 1.14E+07.

    Spreadsheets round large numbers in this way, so that they become the numbers of other stars.

    Args:
        values: Star numbers, as text or as numbers [n]; only text is checked.
    """
    if values.dtype.kind in "iuf":
        return
    parts = values.astype(str).str.extract(_EXPONENT)
    rounded = parts[1].fillna("").str.len() < number(parts[2])
    if rounded.any():
        row = int(rounded.to_numpy().argmax())
        raise CatalogError(
            f"column {values.name}, row {row + 1}: {str(values.iloc[row]).strip()!r} is a rounded "
            "star number; give all digits"
        )


def digits(values: pd.Series) -> pd.Series:
    """Extract the first integer from names such as `000757450-01`."""
    return number(values.astype(str).str.extract(r"(\d+)", expand=False))


def last_digits(values: pd.Series) -> pd.Series:
    """Extract the last integer from names such as `000757450-01`."""
    return number(values.astype(str).str.extract(r"(?<!\d)(\d+)\D*$", expand=False))


def after_the_point(values: pd.Series) -> pd.Series:
    """Extract the event number from TOI numbers, for example 2 from 1000.02 or TOI-1000.02."""
    return (_toi(values) % 1 * 100).round()


def toi_name(values: pd.Series) -> pd.Series:
    """Convert TOI numbers to names, for example 1000.1 to `TOI-1000.10`; others become ""."""
    numbers = _toi(values)
    names = "TOI-" + numbers.map("{:.2f}".format)
    return names.where(numbers.notna(), "")


def _toi(values: pd.Series) -> pd.Series:
    return number(values.astype(str).str.extract(r"^\s*(?:TOI[- ]*)?(\d+(?:\.\d+)?)\s*$")[0])


def named(*names: str) -> tuple[tuple[str, Convert], ...]:
    """Return the lower-case names of a star column, each paired with `star_number`."""
    return tuple((name, star_number) for name in names)


def generic_layout(star_columns: Iterable[str]) -> Layout:
    """Return the layout of a custom table, whose columns have canonical names.

    Args:
        star_columns: Names of the archives' star columns, which are also valid in a custom table.
    """
    return Layout(
        "custom table",
        {"star": named(*star_columns), **dict.fromkeys(_NUMBERS, ())},
        "name the columns star, period_days, epoch_bkjd (BJD − 2454833) and duration_days",
    )
