"""A store: the views of many events on disk, memory-mapped, with a table of the events."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from tokenize import TokenError
from typing import Any, Literal, Self

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict

from astronet.dataset.index import Kind, complete_index, kinds, read_index, write_index
from astronet.dataset.writing import DESCRIPTION, check_name, new_folder, write_views
from astronet.errors import StoreError
from astronet.files.checksums import sha256_of
from astronet.files.provenance import commit
from astronet.lightcurves.arrays import Views
from astronet.lightcurves.view_specs import ViewSpec


class Description(BaseModel):
    """What store.json says."""

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
    """How the views were cut, where that is known."""

    columns: dict[str, Kind]
    """What every column of index.csv holds, in order."""

    sha256: dict[str, str]
    """Hashes of the other files."""

    provenance: dict[str, Any]
    """Where the events come from."""


@dataclass(frozen=True, eq=False)
class ViewStore:
    """Views of events and what is known about each event.

    On disk a store is a folder: store.json (`description`), index.csv (`index`) and one
    `<view>.npy`, float32 [n, bins], for each view.

    Attributes:
        path: The folder.
        index: One row an event: star, number (which of the star's), period_days, epoch_bkjd,
            duration_days (NaN = unknown), label, split ("" = none), flat (a view has no dip),
            then the source's own columns.
        views: Memory maps by name, each float32 [n, bins], rows as in the index.
        specs: How each view was cut, where that is known.
        description: store.json.
    """

    path: Path
    index: pd.DataFrame
    views: Mapping[str, Views]
    specs: dict[str, ViewSpec]
    description: dict[str, Any]

    def __len__(self) -> int:
        return len(self.index)

    @property
    def bins(self) -> dict[str, int]:
        """Length of every view, by name: what `NetworkSpec.build` takes."""
        return {name: view.shape[1] for name, view in self.views.items()}

    @property
    def holding(self) -> str:
        """The views and their lengths in words."""
        return ", ".join(f"'{view}' [{n} bins]" for view, n in self.bins.items())

    @property
    def digest(self) -> str:
        """A sha256 that changes when anything in the store does."""
        return _sha256(self.path / DESCRIPTION)

    def require(self, wanted: Mapping[str, int | None]) -> dict[str, int]:
        """The lengths of the views that a network wants, in its order.

        Args:
            wanted: Names of views, each with its number of bins or, if any will do, None.

        Raises:
            StoreError: The store has no such view, or one of another length.
        """
        for name, bins in wanted.items():
            if name not in self.bins or bins not in (None, self.bins[name]):
                length = f" [{bins} bins]" if bins else ""
                raise StoreError(
                    f"the network wants the view '{name}'{length}, the store {self.path} holds "
                    f"{self.holding}; give the network views that the store holds, or prepare "
                    "another store"
                )
        return {name: self.bins[name] for name in wanted}

    def verify(self) -> None:
        """Reads every file again and compares it with its hash.

        Raises:
            StoreError: A file has changed since the store was made.
        """
        for name, expected in self.description["sha256"].items():
            if _sha256(self.path / name) != expected:
                raise StoreError(
                    f"{self.path / name} has changed since the store was made; make it again"
                )

    @classmethod
    def open(cls, path: Path | str) -> Self:
        """Opens a store; checks shapes and lengths, but not hashes (see `verify`).

        Raises:
            StoreError: The folder is no store, or a file is missing, corrupt or short.
        """
        path = Path(path)
        description = _read_description(path)
        index = read_index(path / "index.csv", description.columns)
        if len(index) != description.rows:
            raise StoreError(
                f"{path / 'index.csv'} has {len(index)} rows, not {description.rows}; "
                "make the store again"
            )
        views = {
            name: _mapped(path / f"{name}.npy", (description.rows, bins))
            for name, bins in description.bins.items()
        }
        specs = {name: description.specs[name] for name in views if name in description.specs}
        return cls(path, index, views, specs, description.model_dump(mode="json"))

    @classmethod
    def create(
        cls,
        path: Path | str,
        index: pd.DataFrame | Callable[[], pd.DataFrame],
        chunks: Iterable[Mapping[str, Views]],
        specs: Mapping[str, ViewSpec | None],
        provenance: Mapping[str, Any],
        *,
        attached: Mapping[str, Callable[[Path], object]] | None = None,
        overwrite: bool = False,
    ) -> Self:
        """Writes a store, streaming the views: a whole one, or, when anything fails, none.

        Args:
            path: The new folder.
            index: The events [n], at least star and number; a function when they are known only
                after the last chunk, because some events failed.
            chunks: Blocks of rows by view, float32 [k, bins]. A chunk need not hold every view,
                but each view's blocks come in row order.
            specs: The views' names, each with how it was cut or, where that is unknown, None.
            provenance: Where the events come from: anything that JSON can hold.
            attached: Further files by name, each with the function that writes it at a path.
            overwrite: Replace a store that is there already.

        Raises:
            StoreError: The path is taken, or the events and the views do not fit together.
        """
        path = Path(path)
        with new_folder(path, overwrite) as folder:
            bins, flat = write_views(folder, chunks, specs)
            frame = complete_index(index() if callable(index) else index, flat)
            write_index(frame, folder / "index.csv")
            for name, write in (attached or {}).items():
                write(folder / name)
            names = ["index.csv", *(f"{name}.npy" for name in bins), *(attached or {})]
            description = Description(
                astronet=version("astronet"),
                commit=commit(),
                rows=len(frame),
                bins=bins,
                specs={name: spec for name, spec in specs.items() if spec},
                columns=kinds(frame),
                sha256={name: _sha256(folder / name) for name in names},
                provenance=dict(provenance),
            )
            content = description.model_dump(mode="json")
            text = json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False)
            (folder / DESCRIPTION).write_text(text + "\n", encoding="utf-8")
        return cls.open(path)

    @classmethod
    def import_arrays(
        cls,
        npz: Path | str,
        path: Path | str,
        table: pd.DataFrame | None = None,
        *,
        catalog: Mapping[str, str] | None = None,
        overwrite: bool = False,
    ) -> "ViewStore":
        """Makes a store from an .npz of views; see `astronet.dataset.importing`."""
        from astronet.dataset.importing import import_arrays

        return import_arrays(npz, path, table, catalog=catalog, overwrite=overwrite)

    @classmethod
    def import_tfrecords(
        cls,
        folder: Path | str,
        path: Path | str,
        table: pd.DataFrame | None = None,
        *,
        catalog: Mapping[str, str] | None = None,
        overwrite: bool = False,
    ) -> "ViewStore":
        """Makes a store from a folder of TFRecords; see `astronet.dataset.importing`."""
        from astronet.dataset.importing import import_tfrecords

        return import_tfrecords(folder, path, table, catalog=catalog, overwrite=overwrite)


def _read_description(path: Path) -> Description:
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


def _mapped(path: Path, shape: tuple[int, int]) -> Views:
    try:
        view = np.lib.format.open_memmap(path, mode="r")
    except FileNotFoundError:
        raise StoreError(f"{path} is missing; make the store again") from None
    except (ValueError, EOFError, OSError, SyntaxError, TokenError, OverflowError, MemoryError):
        raise StoreError(f"{path} is corrupt or cut short; make the store again") from None
    if view.shape != shape or view.dtype != np.dtype("<f4") or not view.flags.c_contiguous:
        raise StoreError(
            f"{path} holds {view.dtype} {list(view.shape)}, not float32 {list(shape)}; "
            "make the store again"
        )
    if path.stat().st_size != view.offset + view.nbytes:
        raise StoreError(f"{path} is longer than its {shape[0]} rows; make the store again")
    return view


def _sha256(path: Path) -> str:
    try:
        return sha256_of(path)
    except OSError as error:
        raise StoreError(
            f"{path} cannot be read ({error.strerror}); make the store again"
        ) from None
