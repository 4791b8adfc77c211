"""Streaming writer of stores: memory use is bounded, and a failed write leaves no files behind."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from glob import escape
from pathlib import Path
from typing import BinaryIO

import numpy as np

from astronet.dataset.description import DESCRIPTION, check_name
from astronet.errors import StoreError, counted
from astronet.files.atomic import replacing_folder
from astronet.files.deletion import input_inside, other_content
from astronet.lightcurves.arrays import Bools, Views
from astronet.lightcurves.view_specs import ViewSpec

_HEADER_BYTES = 128
"""Length of the header of a .npy file with a two-dimensional array [bytes]."""

AUDITS = ("audit.csv", "audit-*.csv")
"""Patterns of the names of the tables that audits write to the folder of a store."""


@contextmanager
def new_folder(path: Path, overwrite: bool) -> Iterator[Path]:
    """Yield a temporary folder for a store, and move it to `path` if the `with` block succeeds.

    Args:
        path: Path of the store.
        overwrite: Whether to replace an existing store.

    Raises:
        StoreError: `path` must not be replaced (see `check_replaceable`), or the store cannot be
            written.
    """
    check_replaceable(path, overwrite)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing_folder(path) as folder:
            yield folder
    except OSError as error:
        cause = f"the store {path} could not be written ({error.strerror or error})"
        remedy = "check the permissions and the free space, or choose another folder"
        raise StoreError(f"{cause}; {remedy}") from None


def write_views(
    folder: Path,
    chunks: Iterable[Mapping[str, Views]],
    specs: Mapping[str, ViewSpec | None],
) -> tuple[dict[str, int], Bools]:
    """Write each view to `<name>.npy`, chunk by chunk.

    Args:
        folder: Folder in which the files are created.
        chunks: Chunks of rows, each a mapping from the name of a view to an array (block), float32
            [k, bins]. A chunk can omit views, but the rows of each view must be in order.
        specs: Specification of each view by name; None if it is unknown.

    Returns:
        Number of bins of each view by name, and a mask [n] of the events for which at least one
        view has no dip.

    Raises:
        StoreError: A view's name is not safe as a file name or is not in `specs`, a block has the
            wrong shape, a value is not finite, the views have different numbers of rows, or there
            are no rows.
    """
    for name in specs:
        check_name(name)
    files = {name: _GrowingView(folder, name, spec) for name, spec in specs.items()}
    try:
        for chunk in chunks:
            for name, block in chunk.items():
                if name not in files:
                    raise StoreError(f"the view '{name}' has no spec; add it to the specs")
                files[name].append(block)
    finally:
        for file in files.values():
            file.close()
    rows = {name: file.rows for name, file in files.items()}
    if len(set(rows.values())) > 1:
        counts = ", ".join(f"{name} {n}" for name, n in rows.items())
        raise StoreError(
            f"the views have different numbers of rows ({counts}); add the missing rows"
        )
    if not max(rows.values(), default=0):
        raise StoreError("there are no events to store; give a source that contains events")
    flat = np.logical_or.reduce([np.concatenate(file.flat) for file in files.values()])
    return {name: file.bins for name, file in files.items()}, flat


class _GrowingView:
    """A .npy file of a view [n, bins], written block by block; the header is written last."""

    def __init__(self, folder: Path, name: str, spec: ViewSpec | None) -> None:
        self.name, self.spec = name, spec
        self.rows, self.bins = 0, spec.bins if spec else 0
        self.flat: list[Bools] = []
        self._file: BinaryIO = (folder / f"{name}.npy").open("wb")
        self._file.seek(_HEADER_BYTES)

    def append(self, block: Views) -> None:
        """Append a block of rows [k, bins].

        Raises:
            StoreError: The block has the wrong shape, or contains NaN or infinite values.
        """
        if block.ndim != 2 or block.shape[1] != (self.bins or max(block.shape[1], 1)):
            raise StoreError(
                f"a block of the view '{self.name}' has the shape {block.shape}; "
                f"give blocks of shape [rows, {self.bins or 'bins'}]"
            )
        self.bins = self.bins or block.shape[1]
        with np.errstate(over="ignore"):  # overflow gives infinite values, which are rejected below
            block = np.ascontiguousarray(block, dtype="<f4")
        if len(bad := np.flatnonzero(~np.isfinite(block).all(axis=1)) + self.rows):
            rows = ", ".join(map(str, bad[:5])) + (" …" if len(bad) > 5 else "")
            raise StoreError(
                f"the view '{self.name}' has NaN or infinite values in {counted(len(bad), 'row')} "
                f"({rows}; counted from 0); remove these events"
            )
        # AstroNet's views have median 0 and minimum −1, so a view without values < 0 has no dip.
        # For a view of unknown specification, only constant values are recognised as no dip.
        floor = block.max(axis=1, initial=-np.inf) if self.spec is None else 0.0
        if self.spec is not None and self.spec.centre == "secondary":
            floor = np.inf  # never flat, because most stars have no secondary eclipse
        self.flat.append(block.min(axis=1, initial=np.inf) >= floor)
        self.rows += len(block)
        self._file.write(block.data)

    def close(self) -> None:
        """Write the header, which contains the number of rows, and close the file."""
        header = {"descr": "<f4", "fortran_order": False, "shape": (self.rows, self.bins)}
        with self._file:
            self._file.seek(0)
            np.lib.format.write_array_header_1_0(self._file, header)
            if self._file.tell() != _HEADER_BYTES:
                raise StoreError(
                    f"numpy {np.__version__} writes .npy headers of an unexpected length; install "
                    "another version of numpy"
                )


def check_replaceable(path: Path, overwrite: bool, inputs: Sequence[Path] = ()) -> None:
    """Raise an error if a store must not be written to a path.

    Args:
        path: Path of the store.
        overwrite: Whether to replace an existing store with its audits.
        inputs: Files and folders that must not be deleted.

    Raises:
        StoreError: `path` is a store and `overwrite` is false; `path` exists and is neither a store
            nor an empty folder; or the store to replace contains an input or other files.
    """
    if path.is_dir() and not any(path.iterdir()):
        return
    if (path / DESCRIPTION).is_file() and not overwrite:
        raise StoreError(
            f"{path} is already a store; choose another folder, or overwrite it",
            arguments=("overwrite",),
        )
    if not (path.exists() or path.is_symlink()):
        return
    files = _files_of_store(path)
    if not files or path.is_symlink():
        raise StoreError(f"{path} exists and is not a store; choose another folder")
    if found := input_inside(path, inputs):
        raise StoreError(
            f"overwriting {path} would delete the input {found}; choose another folder"
        )
    if other := other_content(path, files):
        raise StoreError(
            f"{path} contains {other.relative_to(path)}, which is not part of the store; move it, "
            "or choose another folder"
        )


def _files_of_store(path: Path) -> list[str]:
    """Return the patterns of the names of a store's files; empty if store.json is not one of ours.

    The store may be corrupt or of another version; only the table of hashes is used.
    """
    try:
        hashes = json.loads((path / DESCRIPTION).read_text(encoding="utf-8"))["sha256"]
        names = [str(name) for name in hashes if Path(name).name == name]
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return []
    return [DESCRIPTION, *map(escape, names), *AUDITS] if "index.csv" in names else []
