"""Layouts of tables of events: their columns under our names, and the conversions of units.

The missions have the layouts of their archives' tables; a table of your own has the generic one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from astronet.lightcurves.clock import BKJD_ZERO

if TYPE_CHECKING:
    import pandas as pd

TEXT = ("label", "name", "official_split")
FIRST = ("star", "number", "period_days", "epoch_bkjd", "duration_days", "label", "name")
"""The columns that come first, in this order."""

TAP = "https://exoplanetarchive.ipac.caltech.edu/TAP"
"""The NASA Exoplanet Archive's service of tables, for remedies."""

if TYPE_CHECKING:
    Convert = Callable[[pd.Series], pd.Series]


@dataclass(frozen=True)
class Layout:
    """One kind of table.

    Attributes:
        name: What the table is called in messages.
        columns: For each of our columns, the archive's names for it, newest first.
        cure: The remedy for a missing column.
    """

    name: str
    columns: Mapping[str, tuple[tuple[str, Convert], ...]]
    cure: str

    def found(self, present: Mapping[str, str]) -> dict[str, tuple[str, Convert]]:
        """Our name -> (the table's own name, conversion), for the columns that are present."""
        found = {}
        for ours in dict.fromkeys([*FIRST, *self.columns, "official_split"]):
            itself = (ours, text if ours in TEXT else number)
            for theirs, convert in (itself, *self.columns.get(ours, ())):
                if theirs in present:
                    found[ours] = (present[theirs], convert)
                    break
        return found


def text(values: pd.Series) -> pd.Series:
    """Text, "" where there is none."""
    return values.fillna("").astype(str).str.strip()


def number(values: pd.Series) -> pd.Series:
    """float64, NaN where there is no number."""
    import pandas as pd  # slow to import

    return pd.to_numeric(values, errors="coerce").astype("float64")


def hours(values: pd.Series) -> pd.Series:
    """Hours to days."""
    return number(values) / 24.0


def bjd(values: pd.Series) -> pd.Series:
    """BJD to BKJD [d]."""
    return number(values) - BKJD_ZERO


def percent(values: pd.Series) -> pd.Series:
    """Per cent to parts per million."""
    return number(values) * 1e4


def digits(values: pd.Series) -> pd.Series:
    """The first whole number of names such as `EPIC 211822797` or `000757450-01`."""
    return number(values.astype(str).str.extract(r"(\d+)", expand=False))


def last_digits(values: pd.Series) -> pd.Series:
    """The last whole number of names such as `000757450-01`."""
    return number(values.astype(str).str.extract(r"(\d+)\D*$", expand=False))


def after_the_point(values: pd.Series) -> pd.Series:
    """1000.02 to 2: the event's number in a TOI."""
    return (number(values) % 1 * 100).round()


def toi_name(values: pd.Series) -> pd.Series:
    """1000.1 to `TOI-1000.10`."""
    names = "TOI-" + number(values).map("{:.2f}".format)
    return names.where(values.notna(), "")


def named(*names: str) -> tuple[tuple[str, Convert], ...]:
    """Return columns that number stars, by their names in lower case."""
    return tuple((name, digits) for name in names)


def generic_layout(star_columns: Iterable[str]) -> Layout:
    """Return the layout of a table of your own.

    Args:
        star_columns: The archives' names of columns of stars, which such a table may have too.
    """
    return Layout(
        "table of your own",
        {"star": named(*star_columns)},
        "give columns star, period_days, epoch_bkjd (BJD − 2454833) and duration_days",
    )
