"""Stores: memory-mapped views of many events on disk, with a table of the events."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd

from astronet.dataset.description import DESCRIPTION, Description, read_description
from astronet.dataset.index import complete_index, kinds, read_index, write_index
from astronet.dataset.measured import MEASURED, Bits, open_measured
from astronet.dataset.writing import new_folder, write_views
from astronet.errors import StoreError
from astronet.files.arrays import read_array
from astronet.files.checksums import sha256_of
from astronet.files.provenance import commit
from astronet.lightcurves.arrays import Views
from astronet.lightcurves.view_specs import ViewSpec


@dataclass(frozen=True, eq=False)
class ViewStore:
    """Views of many events on disk, with a table of the events.

    A store is a folder that contains store.json (`description`), index.csv (`index`) and, for each
    view, an array in `<name of the view>.npy`, float32 [n, bins]. A store written by `astronet
    prepare` also contains skipped.csv and sources.csv (see `astronet.dataset.parts`) and, if bins
    of the global views are empty, global.measured.npy (see `astronet.dataset.measured`).

    Attributes:
        path: Folder of the store.
        index: Table with one row per event: star, number (event number of the star), period_days,
            epoch_bkjd, duration_days (NaN if unknown), label, split ("" if none), flat (whether any
            view has no dip), then the other columns of the source.
        views: Memory maps by name, float32 [n, bins], in the row order of `index`.
        specs: Specifications of the views by name, without views of unknown specification.
        description: Content of store.json.
        measured: Packed mask of the measured bins of the global views; None if all are measured, or
            if it is unknown (see `astronet.dataset.measured`).
    """

    path: Path
    index: pd.DataFrame
    views: Mapping[str, Views]
    specs: dict[str, ViewSpec]
    description: dict[str, Any]
    measured: Bits | None = None

    def __len__(self) -> int:
        return len(self.index)

    @property
    def bins(self) -> dict[str, int]:
        """Number of bins of each view by name, in the form that `NetworkSpec.build` expects."""
        return {name: view.shape[1] for name, view in self.views.items()}

    @property
    def view_summary(self) -> str:
        """Names of the views with their numbers of bins, formatted for messages."""
        return ", ".join(f"'{view}' [{n} bins]" for view, n in self.bins.items())

    @property
    def mission(self) -> str | None:
        """Mission that observed the stars; None if it was not recorded, as in imported stores."""
        mission = self.description["provenance"].get("mission")
        return None if mission is None else str(mission)

    @property
    def digest(self) -> str:
        """SHA-256 hash of store.json, which contains the hashes of the other files."""
        return _sha256(self.path / DESCRIPTION)

    def require(self, wanted: Mapping[str, int | None]) -> None:
        """Raise an error unless the store contains the required views.

        Args:
            wanted: Required number of bins of each view by name; None accepts any number.

        Raises:
            StoreError: A view is missing or has a different number of bins.
        """
        for name, bins in wanted.items():
            if name not in self.bins or bins not in (None, self.bins[name]):
                length = f" [{bins} bins]" if bins else ""
                raise StoreError(
                    f"the network needs the view '{name}'{length}, but the store {self.path} "
                    f"contains {self.view_summary}; use views of this store in the config, or "
                    "prepare a store with the required views"
                )

    def verify(self) -> None:
        """Verify the SHA-256 hashes of all files that are listed in store.json.

        Raises:
            StoreError: A file cannot be read, or has changed since the store was created.
        """
        for name, expected in self.description["sha256"].items():
            if _sha256(self.path / name) != expected:
                raise StoreError(
                    f"{self.path / name} has changed since the store was created; recreate the "
                    "store"
                )

    @classmethod
    def open(cls, path: Path | str) -> Self:
        """Open a store, and return it.

        The numbers of rows and bins and the sizes of the view files are verified, but not the
        hashes; see `verify`.

        Raises:
            StoreError: The folder is not a store, a file is missing, corrupt or truncated, or the
                store contains no events.

        Examples:
            >>> import astronet
            >>> store = astronet.ViewStore.open("data/stores/dr24")
            >>> store.bins
            {'global': 2001, 'local': 201}
            >>> store.index.columns[:3].tolist()
            ['star', 'number', 'period_days']
            >>> store.views["local"][0].shape
            (201,)
        """
        path = Path(path)
        description = read_description(path)
        index = read_index(path / "index.csv", description.columns)
        if len(index) != description.rows:
            raise StoreError(
                f"{path / 'index.csv'} has {len(index)} rows instead of {description.rows}; "
                "recreate the store"
            )
        if index.empty:
            raise StoreError(f"the store {path} contains no events; recreate the store")
        views = {
            name: _mapped(path / f"{name}.npy", (description.rows, bins))
            for name, bins in description.bins.items()
        }
        specs = {name: description.specs[name] for name in views if name in description.specs}
        whole = description.bins.get("global", 0)
        measured = open_measured(path / MEASURED, description.rows, whole)
        return cls(path, index, views, specs, description.model_dump(mode="json"), measured)

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
        """Write a store chunk by chunk, then open and return it.

        If an error occurs, no files are left behind, and an existing store is not changed.

        Args:
            path: Folder of the new store.
            index: Events [n] with at least star and number, or a function that returns these
                events and is called after the last chunk has been written.
            chunks: Chunks of rows, each a mapping from the name of a view to an array, float32
                [k, bins]. A chunk can omit views, but the rows of each view must be in the order
                of `index`.
            specs: Specification of each view by name; None if it is unknown.
            provenance: Description of the source of the events; it must be serialisable as JSON.
            attached: Functions by file name, each of which writes an additional file to a given
                path.
            overwrite: Whether to replace an existing store.

        Raises:
            StoreError: The path must not be replaced (see `check_replaceable`) or cannot be
                written, the views or the events are invalid, or the events do not match the views.
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
        """Write a store from the views in an .npz file, then open and return it.

        Args:
            npz: Path of a file with kepid [n] and one array [n, bins] per view, named
                `<view>_view`. It can also contain tce_plnt_num, label, split and other columns [n].
            path: Folder of the new store.
            table: Event table with canonical columns, joined by star and number, which adds the
                columns that the file lacks; None adds no columns. The number of events that are
                not in the table is recorded in the provenance.
            catalog: Name and SHA-256 hash of the table's file, for the provenance.
            overwrite: Whether to replace an existing store.

        Raises:
            StoreError: The path must not be replaced (see `check_replaceable`) or cannot be
                written, the file is missing or corrupt, kepid or the views are missing, an array is
                invalid, the arrays differ in length, the table lacks the column star or number, or
                an event occurs twice.
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
        """Write a store from AstroNet's TFRecords, then open and return it.

        The rows are in the order of the shards and their records.

        Args:
            folder: Folder of shards, named for example `train-00000-of-00008`. The single-valued
                features of the records become columns, and the first word of a shard's name becomes
                the split of its events if it is train, val or test.
            path: Folder of the new store.
            table: Event table with canonical columns, joined by star and number, which adds the
                columns that the records lack; None adds no columns. The number of events that are
                not in the table is recorded in the provenance.
            catalog: Name and SHA-256 hash of the table's file, for the provenance.
            overwrite: Whether to replace an existing store.

        Raises:
            StoreError: The path must not be replaced (see `check_replaceable`) or cannot be
                written, the folder contains no shards, a shard is truncated or corrupt, a record
                has no kepid or no views, the views of a record differ in name or length from those
                of the first record, a value of a view is not finite, the table lacks the column
                star or number, or an event occurs twice.
        """
        from astronet.dataset.importing import read_tfrecords

        content = read_tfrecords(Path(folder), table, catalog)
        return cls.create(path, *content, overwrite=overwrite)


def _mapped(path: Path, shape: tuple[int, int]) -> Views:
    try:
        view = read_array(path)
    except FileNotFoundError:
        raise StoreError(f"{path} is missing; recreate the store") from None
    if view is None:
        raise StoreError(f"{path} is corrupt or truncated; recreate the store")
    if view.shape != shape or view.dtype != np.dtype("<f4") or not view.flags.c_contiguous:
        raise StoreError(
            f"{path} contains {view.dtype} {list(view.shape)} instead of float32 {list(shape)}; "
            "recreate the store"
        )
    if path.stat().st_size != view.offset + view.nbytes:
        raise StoreError(f"{path} is larger than expected for {shape[0]} rows; recreate the store")
    return view


def _sha256(path: Path) -> str:
    try:
        return sha256_of(path)
    except OSError as error:
        raise StoreError(
            f"{path} cannot be read ({error.strerror}); check its permissions, or recreate the "
            "store"
        ) from None
