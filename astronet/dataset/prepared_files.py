"""Tables that a preparation adds to its store: skipped events and source files."""

import pandas as pd

from astronet.dataset.store import ViewStore
from astronet.errors import StoreError
from astronet.files.csv_files import read_plain_csv

SKIPPED = "skipped.csv"
"""File name of a store's table of events that could not be prepared, with the reasons."""

SOURCES = "sources.csv"
"""File name of a store's table of source files: columns star, file, bytes and crc32c."""


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
