"""Index of a store: the table of its events, one row per event in the row order of the views."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from astronet.errors import StoreError, one_line
from astronet.files.csv_files import read_plain_csv
from astronet.lightcurves.arrays import Bools

FIRST_COLUMNS = (
    *("star", "number", "period_days", "epoch_bkjd", "duration_days"),
    *("label", "split", "flat"),
)
"""First columns of every index, in this order."""

Kind = Literal["integer", "number", "text", "boolean"]
"""Data type of a column: int64, float64 (NaN if unknown), str ("" if empty) or bool."""

_TEXT = ("label", "split", "name", "official_split", "flags")
_DTYPES: Mapping[Kind, Any] = {
    "integer": np.int64,
    "number": np.float64,
    "text": str,
    "boolean": np.bool_,
}


def complete_index(frame: pd.DataFrame, flat: Bools) -> pd.DataFrame:
    """Return a complete index: FIRST_COLUMNS, then the other columns, with the types of `Kind`.

    Args:
        frame: Events [n] with at least star and number. Other columns of FIRST_COLUMNS that are
            missing are filled with NaN (ephemeris) or "" (label and split). An existing column
            flat is replaced.
        flat: Whether each event [n] has a view without a dip.

    Raises:
        StoreError: The column star or number is missing, the column number contains values that
            are not integers, an event occurs twice, two columns have the same name, or `frame` and
            `flat` differ in length.
    """
    frame = frame.reset_index(drop=True).drop(columns="flat", errors="ignore")
    frame.columns = frame.columns.map(str)
    if missing := [name for name in ("star", "number") if name not in frame.columns]:
        raise StoreError(f"the event table has no column '{missing[0]}'; add it")
    if (repeated := frame.columns[frame.columns.duplicated()]).size:
        raise StoreError(f"the event table has two columns named '{repeated[0]}'; rename one")
    if len(frame) != len(flat):
        raise StoreError(
            f"the event table has {len(frame)} rows, but the views have {len(flat)}; give one row "
            "per event, in the same order"
        )
    unknown = {"period_days": np.nan, "epoch_bkjd": np.nan, "duration_days": np.nan}
    columns = unknown | {"label": "", "split": ""} | dict(frame.items()) | {"flat": flat}
    order = [*FIRST_COLUMNS, *(name for name in frame.columns if name not in FIRST_COLUMNS)]
    index = pd.DataFrame({name: columns[name] for name in order}, index=frame.index)
    index = pd.DataFrame({name: _plain(index[name]) for name in order})
    if not pd.api.types.is_integer_dtype(index["number"]):
        raise StoreError(
            "the column 'number' contains values that are not integers; number the events of "
            "each star 1, 2, 3 …"
        )
    check_unique(index)
    return index


def check_unique(index: pd.DataFrame) -> None:
    """Raise an error if a (star, number) pair occurs in more than one row.

    Raises:
        StoreError: A pair occurs more than once; the message names up to three such pairs.
    """
    repeated = index[index.duplicated(["star", "number"])]
    if len(repeated):
        events = [f"star {e.star}, event {e.number}" for e in repeated.head(3).itertuples()]
        more = "" if len(repeated) <= 3 else f" and {len(repeated) - 3} more"
        raise StoreError(
            f"there are several rows for {'; '.join(events)}{more}; keep one row per event"
        )


def kinds(index: pd.DataFrame) -> dict[str, Kind]:
    """Return the data type of each column of a complete index, by name."""
    return {str(name): _kind(index[name]) for name in index.columns}


def write_index(index: pd.DataFrame, path: Path) -> None:
    """Write a complete index as CSV.

    Numbers are written with full precision, and unknown numbers as empty values.
    """
    index.to_csv(path, index=False, lineterminator="\n", encoding="utf-8")


def read_index(path: Path, columns: Mapping[str, Kind]) -> pd.DataFrame:
    """Return an index read from a CSV file.

    Args:
        path: Path of the file.
        columns: Data type of each column by name, from `kinds`.

    Raises:
        StoreError: The file is missing or corrupt, or its columns differ from `columns`.
    """
    try:
        index = read_plain_csv(
            path,
            dtype={name: _DTYPES[kind] for name, kind in columns.items()},
            keep_default_na=False,  # a star may be named NA
            na_values={name: [""] for name, kind in columns.items() if kind == "number"},
            float_precision="round_trip",
            encoding="utf-8",
            skip_blank_lines=False,
            index_col=False,
        )
    except FileNotFoundError:
        raise StoreError(f"{path} is missing; recreate the store") from None
    except (ValueError, OSError, OverflowError) as error:
        cause = one_line(error)
        raise StoreError(f"{path} is corrupt ({cause}); recreate the store") from None
    if set(index.columns) != set(columns):
        raise StoreError(f"{path} is corrupt (its columns have changed); recreate the store")
    return index


def _plain(values: pd.Series) -> pd.Series:
    """Return a column converted to int64, float64 or bool if possible, otherwise to str.

    The columns in _TEXT are always converted to str. In the strings, missing values become "", and
    control characters become spaces.
    """
    if values.name not in _TEXT:
        values = values.infer_objects()
        if pd.api.types.is_bool_dtype(values) and not values.hasnans:
            return values.astype(np.bool_)
        if pd.api.types.is_integer_dtype(values) and not values.hasnans:
            return values.astype(np.int64)
        if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
            return values.astype(np.float64)
    texts = values.astype(object).where(values.notna(), "").map(str)
    # Line breaks in comments would spread an event over several lines of the CSV file.
    return texts.str.replace(r"[\x00-\x1f\x7f]", " ", regex=True)


def _kind(values: pd.Series) -> Kind:
    if pd.api.types.is_bool_dtype(values):
        return "boolean"
    if pd.api.types.is_integer_dtype(values):
        return "integer"
    return "number" if pd.api.types.is_float_dtype(values) else "text"
