"""Files of a preparation in addition to the store: skipped events, source files, and parts."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from astronet.dataset.centroid_statistics import CENTROID
from astronet.dataset.store import ViewStore
from astronet.errors import StoreError
from astronet.files.arrays import read_array
from astronet.files.csv_files import read_plain_csv

SKIPPED = "skipped.csv"
"""File name of a store's table of events that could not be prepared, with the reasons."""

SOURCES = "sources.csv"
"""File name of a store's table of source files: columns star, file, bytes and crc32c."""

EVENTS = "events.csv"
"""File name of the table of the events of a part."""


def read_sources(store: ViewStore) -> pd.DataFrame:
    """Return a store's table of source files, with the columns star, file, bytes and crc32c.

    Raises:
        StoreError: The store has no table of source files, or the table is corrupt.
    """
    file = store.path / SOURCES
    types = {"file": "str", "bytes": "int64", "crc32c": "str"}
    try:
        return read_plain_csv(file, dtype=types, keep_default_na=False)[["star", *types]]
    except FileNotFoundError:
        raise StoreError(
            f"{store.path} was imported and therefore has no list of source files to compare; "
            "audit it without light curves",
            arguments=("data",),
        ) from None
    except (OSError, ValueError, KeyError, OverflowError):
        raise StoreError(f"{file} is corrupt; recreate the store") from None


def read_skipped(store: ViewStore) -> pd.DataFrame:
    """Return a store's table of events that could not be prepared, with the reasons.

    The table of an imported store is empty.

    Raises:
        StoreError: The table is corrupt.
    """
    file = store.path / SKIPPED
    if not file.exists():
        return pd.DataFrame(columns=["star", "reason"])
    try:
        frame = read_plain_csv(file)
    except (OSError, ValueError, OverflowError):
        frame = pd.DataFrame()
    if not {"star", "reason"} <= set(frame.columns):
        raise StoreError(f"{file} is corrupt; recreate the store")
    return frame


def read_events(folder: Path) -> pd.DataFrame:
    """Return the table of the events of a part.

    Raises:
        StoreError: The table is missing or corrupt.
    """
    types = {"row": np.int64, "prepared": np.bool_, "reason": str, "warning": str}
    try:
        frame = read_plain_csv(
            folder / EVENTS, dtype={**types, "no_files": np.bool_}, keep_default_na=False
        )
        frame[CENTROID] = pd.to_numeric(frame[CENTROID])
        return frame[[*types, "no_files", CENTROID]]
    except (OSError, ValueError, KeyError, OverflowError):
        raise corrupt(folder / EVENTS) from None


def part_array(path: Path) -> NDArray[Any]:
    """Return an array of a part as a memory map.

    Raises:
        StoreError: The file is missing or corrupt.
    """
    found = read_array(path) if path.is_file() else None
    if found is None:
        raise corrupt(path)
    return found


def corrupt(path: Path) -> StoreError:
    """Return the error for a file of a part that is missing or corrupt."""
    return StoreError(
        f"{path} is missing or corrupt; delete the folder {path.parent}, and resume",
        arguments=("resume",),
    )
