"""A store: the views of many events on disk, memory-mapped, with a table of the events."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from tokenize import TokenError
from typing import Any, Self

import numpy as np
import pandas as pd

from astronet.dataset.description import DESCRIPTION, Description, read_description
from astronet.dataset.index import complete_index, kinds, read_index, write_index
from astronet.dataset.writing import new_folder, write_views
from astronet.errors import StoreError
from astronet.files.checksums import sha256_of
from astronet.files.provenance import commit
from astronet.lightcurves.arrays import Views
from astronet.lightcurves.view_specs import ViewSpec


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
        description = read_description(path)
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
    ) -> Self:
        """Write a store of the views in an .npz file.

        Args:
            npz: A file with kepid [n] and one array [n, bins] per view, named `<view>_view`;
                tce_plnt_num, label, split and other columns [n] if they are known.
            path: The new store.
            table: Canonical events, joined by star and number, for columns that the file lacks.
                Events that are not in the table have no ephemeris; the provenance counts them.
            catalog: Name and SHA-256 of the table's file, for the provenance.
            overwrite: Replace an existing store.

        Raises:
            StoreError: The path is taken, the file is corrupt, or its arrays do not fit together.
        """
        from astronet.dataset.importing import read_arrays

        content = read_arrays(Path(npz), table, catalog)
        return cls.create(path, *content, overwrite=overwrite)

    @classmethod
    def import_tfrecords(
        cls,
        folder: Path | str,
        path: Path | str,
        table: pd.DataFrame | None = None,
        *,
        catalog: Mapping[str, str] | None = None,
        overwrite: bool = False,
    ) -> Self:
        """Write a store of AstroNet's TFRecords, in order of shard and record.

        Args:
            folder: Shards named `<split>-00000-of-00008`; every column in them is kept.
            path: The new store.
            table: Canonical events, joined by star and number, for columns that the records lack.
            catalog: Name and SHA-256 of the table's file, for the provenance.
            overwrite: Replace an existing store.

        Raises:
            StoreError: The path is taken, a shard is truncated or corrupt, or a record differs
                from the first one in its views.
        """
        from astronet.dataset.importing import read_tfrecords

        content = read_tfrecords(Path(folder), table, catalog)
        return cls.create(path, *content, overwrite=overwrite)


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
