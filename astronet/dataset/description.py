"""Description of a store: the file store.json."""

import json
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from astronet.dataset.index import Kind
from astronet.errors import StoreError
from astronet.lightcurves.view_specs import ViewSpec

DESCRIPTION = "store.json"
"""The file that makes a folder a store."""


class Description(BaseModel):
    """Content of store.json."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = 1
    """Version of the layout on disk."""

    astronet: str
    """Version of astronet that wrote the store."""

    commit: str = ""
    """The commit of the checkout that wrote it, `-dirty` where files differed; "" if installed."""

    rows: int
    """Number of events."""

    bins: dict[str, int]
    """Length of every view, by name."""

    specs: dict[str, ViewSpec]
    """Recipes of the views, if known."""

    columns: dict[str, Kind]
    """Kind of every column of index.csv, in order."""

    sha256: dict[str, str]
    """Hashes of the other files."""

    provenance: dict[str, Any]
    """Source of the events."""


def read_description(path: Path) -> Description:
    """Read the description of the store in a folder.

    Raises:
        StoreError: The folder is not a store, or its description is corrupt or of another format.
    """
    file = path / DESCRIPTION
    if not file.is_file():
        raise StoreError(
            f"{path} is not a store (it has no {DESCRIPTION}); make one with `astronet import` or "
            "`astronet prepare`"
        )
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        if isinstance(content, dict) and content.get("format", 1) != 1:
            raise StoreError(
                f"{file} is of format {content['format']}, this astronet reads format 1; "
                "update astronet"
            )
        description = Description.model_validate(content)
        for name in description.bins:
            check_name(name)
        if any(Path(name).name != name for name in description.sha256):
            raise ValueError("a hash of a file that is not in the store")
        return description
    except StoreError:
        raise
    except (ValueError, RecursionError, OSError):
        raise StoreError(f"{file} is corrupt; make the store again") from None


def check_name(name: str) -> None:
    """Raise if a view's name is not safe as the name of a file.

    Raises:
        StoreError: It is not.
    """
    letters = name.replace("_", "").replace("-", "")
    if not (letters.isascii() and letters.isalnum()):
        raise StoreError(f"'{name}' cannot name a view; use letters, digits, _ and - only")
