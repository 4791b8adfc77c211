"""The table of a store's events: one row an event, in the order of its views."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from astronet.errors import StoreError
from astronet.lightcurves.arrays import Bools

FIRST_COLUMNS = (
    *("star", "number", "period_days", "epoch_bkjd", "duration_days"),
    *("label", "split", "flat"),
)
"""Columns that every index has, in this order."""

Kind = Literal["integer", "number", "text", "boolean"]
"""What a column holds: int64, float64 (NaN = unknown), str ("" = none) or bool."""

_TEXT = ("label", "split", "name", "official_split")
_DTYPES: Mapping[Kind, Any] = {
    "integer": np.int64,
    "number": np.float64,
    "text": str,
    "boolean": np.bool_,
}


def complete_index(frame: pd.DataFrame, flat: Bools) -> pd.DataFrame:
    """The same rows with every column of FIRST_COLUMNS, plain types and a RangeIndex.

    Args:
        frame: At least star and number; unknown ephemerides become NaN, unknown texts "".
        flat: Which events [n] have a view without a dip.

    Raises:
        StoreError: star or number is missing, an event stands twice, or two columns have one name.
    """
    frame = frame.reset_index(drop=True).drop(columns="flat", errors="ignore")
    frame.columns = frame.columns.map(str)
    if missing := [name for name in ("star", "number") if name not in frame.columns]:
        raise StoreError(f"the table of events has no column {missing[0]}; every event needs one")
    if (twice := frame.columns[frame.columns.duplicated()]).size:
        raise StoreError(f"the table of events has two columns '{twice[0]}'; rename one")
    if len(frame) != len(flat):
        raise StoreError(
            f"the table of events has {len(frame)} rows, the views have {len(flat)}; "
            "give one row an event, in the same order"
        )
    unknown = {"period_days": np.nan, "epoch_bkjd": np.nan, "duration_days": np.nan}
    columns = unknown | {"label": "", "split": ""} | dict(frame.items()) | {"flat": flat}
    order = [*FIRST_COLUMNS, *(name for name in frame.columns if name not in FIRST_COLUMNS)]
    whole = pd.DataFrame({name: columns[name] for name in order}, index=frame.index)
    whole = pd.DataFrame({name: _plain(whole[name]) for name in order})
    if not pd.api.types.is_integer_dtype(whole["number"]):
        raise StoreError(
            "the column number holds more than whole numbers; number a star's events 1, 2, 3 …"
        )
    check_unique(whole)
    return whole


def check_unique(index: pd.DataFrame) -> None:
    """Refuses an event, that is a star and a number, that stands in two rows.

    Raises:
        StoreError: It does; the message names up to three such events.
    """
    again = index[index.duplicated(["star", "number"])]
    if len(again):
        events = [f"star {e.star} number {e.number}" for e in again.head(3).itertuples()]
        more = "" if len(again) <= 3 else f" and {len(again) - 3} more"
        raise StoreError(f"{', '.join(events)}{more} stand in several rows; leave one row an event")


def kinds(index: pd.DataFrame) -> dict[str, Kind]:
    """What every column of a completed index holds."""
    return {str(name): _kind(index[name]) for name in index.columns}


def write_index(index: pd.DataFrame, path: Path) -> None:
    """Writes a completed index as csv: numbers keep every digit, unknown ones are empty."""
    index.to_csv(path, index=False, lineterminator="\n", encoding="utf-8")


def read_index(path: Path, columns: Mapping[str, Kind]) -> pd.DataFrame:
    """The index as it was written.

    Raises:
        StoreError: The file is missing, corrupt or has other columns.
    """
    try:
        index = pd.read_csv(
            path,
            dtype={name: _DTYPES[kind] for name, kind in columns.items()},
            keep_default_na=False,  # a star named NA is a text
            na_values={name: [""] for name, kind in columns.items() if kind == "number"},
            float_precision="round_trip",
            encoding="utf-8",
            skip_blank_lines=False,
            index_col=False,
        )
    except FileNotFoundError:
        raise StoreError(f"{path} is missing; make the store again") from None
    except (ValueError, OSError, OverflowError) as error:
        cause = " ".join(str(error).split())
        raise StoreError(f"{path} is corrupt ({cause}); make the store again") from None
    if set(index.columns) != set(columns):
        raise StoreError(f"{path} is corrupt (its columns changed); make the store again")
    return index


def _plain(values: pd.Series) -> pd.Series:
    """A column as int64, float64, bool or str."""
    if values.name not in _TEXT:
        values = values.infer_objects()
        if pd.api.types.is_bool_dtype(values) and not values.hasnans:
            return values.astype(np.bool_)
        if pd.api.types.is_integer_dtype(values) and not values.hasnans:
            return values.astype(np.int64)
        if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
            return values.astype(np.float64)
    texts = values.astype(object).where(values.notna(), "").map(str)
    # One event is one line of the csv, whatever a table's comments hold.
    return texts.str.replace(r"[\x00-\x1f\x7f]", " ", regex=True)


def _kind(values: pd.Series) -> Kind:
    if pd.api.types.is_bool_dtype(values):
        return "boolean"
    if pd.api.types.is_integer_dtype(values):
        return "integer"
    return "number" if pd.api.types.is_float_dtype(values) else "text"
