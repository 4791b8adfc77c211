"""Description of a store: the file store.json."""

import json
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from astronet.dataset.index import Kind
from astronet.errors import StoreError
from astronet.lightcurves.view_specs import ViewSpec

DESCRIPTION = "store.json"
"""Name of the file that describes a store."""


class Description(BaseModel):
    """Description of a store: the content of store.json."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = 1
    """Version of the file format."""

    astronet: str
    """Version of astronet with which the store was written."""

    commit: str = ""
    """Git commit of the code that wrote the store; "" if unknown.

    The suffix `-dirty` marks uncommitted changes.
    """

    rows: int
    """Number of events."""

    bins: dict[str, int]
    """Number of bins of each view, by name."""

    specs: dict[str, ViewSpec]
    """Specifications of the views, by name; views with an unknown specification are omitted."""

    columns: dict[str, Kind]
    """Data types of the columns of index.csv, by column name."""

    sha256: dict[str, str]
    """SHA-256 hashes of the other files in the store, by file name."""

    provenance: dict[str, Any]
    """Origin of the events and views, such as the names and hashes of the input files."""


def read_description(path: Path) -> Description:
    """Return the description of the store in a folder.

    Raises:
        StoreError: The folder is not a store, or store.json is corrupt, has an unsupported format
            or contains an invalid view name.
    """
    file = path / DESCRIPTION
    if not file.is_file():
        raise StoreError(
            f"{path} is not a store (it has no {DESCRIPTION}); create one with `astronet import` "
            "or `astronet prepare`"
        )
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        if isinstance(content, dict) and content.get("format", 1) != 1:
            raise StoreError(
                f"{file} has format {content['format']}, but this version of astronet reads "
                "format 1; update astronet"
            )
        description = Description.model_validate(content)
        for name in description.bins:
            check_name(name)
        if any(Path(name).name != name for name in description.sha256):
            raise ValueError("the table of hashes contains a path outside the store")
        return description
    except StoreError:
        raise
    except (ValueError, RecursionError, OSError):
        raise StoreError(f"{file} is corrupt; recreate the store") from None


def check_name(name: str) -> None:
    """Raise an error if the name of a view is not a safe file name.

    Raises:
        StoreError: The name contains characters other than ASCII letters, digits, _ and -, or has
            neither letters nor digits.
    """
    letters = name.replace("_", "").replace("-", "")
    if not (letters.isascii() and letters.isalnum()):
        raise StoreError(
            f"'{name}' is not a valid name for a view; use only letters, digits, _ and -"
        )
