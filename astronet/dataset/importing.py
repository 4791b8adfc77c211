"""Readers of views made by other programs, from .npz files or AstroNet's TFRecords."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from astronet.dataset.description import check_name
from astronet.dataset.index import check_unique
from astronet.dataset.normalisation import counted_chunks
from astronet.dataset.npz import BLOCK_ROWS, Member, read_members
from astronet.dataset.splits import SPLITS
from astronet.dataset.tfrecords import Feature, parse_example, read_records
from astronet.errors import CatalogError, StoreError
from astronet.files.checksums import sha256_of
from astronet.lightcurves.arrays import Views
from astronet.lightcurves.view_specs import KNOWN_VIEWS, ViewSpec
from astronet.missions.tables import canonical

SUFFIX = "_view"
"""Suffix of the names of view arrays in .npz files and TFRecords, as in `global_view`."""

_NUMBERED = re.compile(r"(.+)-\d{5}-of-(\d{5})")
_SHARD = re.compile(r".-\d{5}-of-\d{5}$|\.tfrecords?$")


class ImportedViews(NamedTuple):
    """Views made by other programs: the positional arguments of `ViewStore.create` after `path`.

    Attributes:
        events: Events [n], or a function that returns them once all chunks have been read.
        chunks: Chunks of rows, each a mapping from the name of a view to an array, float32
            [k, bins]. A chunk is read from the files only when it is requested.
        specs: Specification of each view by name; None if it is unknown.
        provenance: Description of the source of the views. If `events` is a function, the
            description is incomplete until the function has been called.
    """

    events: pd.DataFrame | Callable[[], pd.DataFrame]
    chunks: Iterable[Mapping[str, Views]]
    specs: Mapping[str, ViewSpec | None]
    provenance: Mapping[str, Any]


def read_arrays(
    npz: Path, table: pd.DataFrame | None, catalog: Mapping[str, str] | None
) -> ImportedViews:
    """Return the content of an .npz file.

    The views are loaded only when the chunks are requested.

    Args:
        npz: Path of the file; see `ViewStore.import_arrays`.
        table: Event table with canonical columns, joined by star and number; None if there is none.
        catalog: Name and SHA-256 hash of the table's file, for the provenance; None if there is no
            such file.

    Raises:
        StoreError: The file is missing or corrupt, kepid or the views are missing, an array is
            invalid, the arrays differ in length, the table lacks the column star or number, or an
            event occurs twice in the file or the table.
    """
    members = read_members(npz)
    views = {
        member.name.removesuffix(SUFFIX): member
        for member in members.values()
        if member.name.endswith(SUFFIX)
    }
    columns = {name: m for name, m in members.items() if not name.endswith(SUFFIX)}
    _check_members(npz, columns, views)
    size = columns["kepid"].shape[0]
    used = {name: m for name, m in columns.items() if m.shape == (size,) and m.kind in "iufbUS"}
    events = _canonical(npz, pd.DataFrame({name: m.read() for name, m in used.items()}))
    index, missing = _joined(events, table)
    provenance = {
        "kind": "arrays",
        "catalog": dict(catalog or {}),
        "source": npz.name,
        "sha256": sha256_of(npz),
        "left_out": sorted(columns.keys() - used.keys()),
        "events_without_table_row": missing,
    }
    chunks = ({name: block} for name, member in views.items() for block in member.blocks())
    specs = {name: _known_spec(name, member.shape[1]) for name, member in views.items()}
    return ImportedViews(index, counted_chunks(npz, chunks), specs, provenance)


def read_tfrecords(
    folder: Path, table: pd.DataFrame | None, catalog: Mapping[str, str] | None
) -> ImportedViews:
    """Return the content of a folder of AstroNet's TFRecords.

    Only the first record, which defines the names and lengths of the views, is decoded immediately.
    The others are decoded when the chunks are requested, so errors in them are raised later. The
    rows are in the order of the shards and their records.

    Args:
        folder: Folder of the shards; see `ViewStore.import_tfrecords`.
        table: Event table with canonical columns, joined by star and number; None if there is none.
        catalog: Name and SHA-256 hash of the table's file, for the provenance; None if there is no
            such file.

    Raises:
        StoreError: The folder contains no shards, or the first record cannot be read or has no
            views.
    """
    shards = _shards(folder)
    records = _Records(shards)
    provenance: dict[str, Any] = {
        "kind": "tfrecords",
        "catalog": dict(catalog or {}),
        "source": {shard.name: sha256_of(shard) for shard in shards},
        "missing_shards": _missing_shards(shards),
    }

    def index() -> pd.DataFrame:  # complete only after all records have been read
        events = _canonical(folder, records.frame())
        joined, provenance["events_without_table_row"] = _joined(events, table)
        provenance["left_out"] = sorted(records.left_out)
        return joined

    specs = {name: _known_spec(name, bins) for name, bins in records.bins.items()}
    chunks = counted_chunks(folder, records.chunks())
    return ImportedViews(index, chunks, specs, provenance)


def _check_members(npz: Path, columns: Mapping[str, Member], views: Mapping[str, Member]) -> None:
    found = ", ".join([*columns, *(view.name for view in views.values())]) or "no arrays"
    if "kepid" not in columns:
        raise StoreError(
            f"{npz} has no array kepid (arrays found: {found}); save the KIC numbers [n] as kepid"
        )
    if not views:
        raise StoreError(
            f"{npz} has no views (arrays found: {found}); save each view [n, bins] as `<view>_view`"
        )
    for name, column in columns.items():
        if column.dtype.hasobject:
            raise StoreError(f"{npz}: {name} contains Python objects; save it as text or numbers")
    for name in ("kepid", "tce_plnt_num"):
        if name in columns and (columns[name].kind not in "iu" or len(columns[name].shape) != 1):
            raise StoreError(
                f"{npz}: {name} is not an array of integers [n]; convert it to integers"
            )
    for name, view in views.items():
        check_name(name)
        if len(view.shape) != 2 or view.kind not in "fiu":
            type_found = f"{view.dtype} {list(view.shape)}"
            raise StoreError(
                f"{npz}: {view.name} is {type_found}; save it as a numeric array [n, bins]"
            )
    known = {"kepid", "tce_plnt_num", "label", "split"} & columns.keys()
    lengths = {name: columns[name].shape[0] if columns[name].shape else 0 for name in sorted(known)}
    lengths |= {view.name: view.shape[0] for view in views.values()}
    if len(set(lengths.values())) > 1:
        counts = ", ".join(f"{name} {length}" for name, length in lengths.items())
        raise StoreError(f"{npz}: the arrays differ in length ({counts}); save one row per event")


def _shards(folder: Path) -> list[Path]:
    files = sorted(folder.iterdir()) if folder.is_dir() else []
    shards = [file for file in files if _SHARD.search(file.name)]
    if not shards:
        raise StoreError(
            f"{folder} contains no TFRecords; give a folder with files named like "
            "train-00000-of-00008"
        )
    return shards


def _missing_shards(shards: list[Path]) -> int:
    """Return the number of missing shards, inferred from the names of the existing shards."""
    numbered = [match for shard in shards if (match := _NUMBERED.fullmatch(shard.name))]
    announced = {match.group(1, 2) for match in numbered}
    return sum(int(count) for _, count in announced) - len(numbered)


class _Records:
    """Records of several shards: `chunks` yields the views and collects the other features."""

    def __init__(self, shards: list[Path]) -> None:
        self.shards = shards
        self.left_out: set[str] = set()
        self._rows: list[dict[str, Any]] = []
        first = next(self._examples())[1]
        self.bins = {name: len(view) for name, view in _views_of(first).items()}
        if not self.bins:
            where = f"{shards[0]}: record 0"
            raise StoreError(
                f"{where} has no feature named `<view>_view`; use TFRecords in AstroNet's format"
            )

    def chunks(self) -> Iterator[dict[str, Views]]:
        """Yield the views of k records at a time: arrays by name, float32 [k, bins]."""
        block: list[dict[str, Views]] = []
        for where, example in self._examples():
            views = _views_of(example)
            if (bins := {name: len(view) for name, view in views.items()}) != self.bins:
                raise StoreError(
                    f"{where} has the views {bins}, but the first record has {self.bins}; "
                    "use records with the same views"
                )
            self._rows.append(self._row(where, example))
            block.append(views)
            if len(block) == BLOCK_ROWS:
                yield {name: np.stack([views[name] for views in block]) for name in self.bins}
                block = []
        if block:
            yield {name: np.stack([views[name] for views in block]) for name in self.bins}

    def frame(self) -> pd.DataFrame:
        """Return a table of the records that `chunks` has read so far, one row per record.

        The columns are the split, taken from the name of the shard, and the single-valued features,
        named as in the records, except that tce_duration is renamed to duration_days.
        """
        # tce_duration is in days in the records, but in hours in the archive's TCE tables.
        return pd.DataFrame(self._rows).rename(columns={"tce_duration": "duration_days"})

    def _examples(self) -> Iterator[tuple[str, dict[str, Feature]]]:
        for shard in self.shards:
            for number, record in enumerate(read_records(shard)):
                where = f"{shard}: record {number}"
                try:
                    yield where, parse_example(record)
                except StoreError as error:
                    raise StoreError(f"{where} is {error}") from None

    def _row(self, where: str, example: Mapping[str, Feature]) -> dict[str, Any]:
        if not isinstance(kepid := example.get("kepid"), np.ndarray) or len(kepid) != 1:
            raise StoreError(f"{where} has no kepid; use TFRecords in AstroNet's format")
        split = Path(where.partition(": record ")[0]).name.split("-")[0]
        row: dict[str, Any] = {"split": split if split in SPLITS else ""}
        for name, values in example.items():
            if not name.endswith(SUFFIX):
                if len(values) == 1:
                    row[name] = _scalar(values[0])
                elif len(values) > 1:
                    self.left_out.add(name)
        return row


def _views_of(example: Mapping[str, Feature]) -> dict[str, Views]:
    return {
        name.removesuffix(SUFFIX): values
        for name, values in sorted(example.items())
        if name.endswith(SUFFIX) and isinstance(values, np.ndarray) and values.dtype == np.float32
    }


def _scalar(value: Any) -> int | float | str:
    """Return a feature's value as an int, float or str; bytes are decoded as Latin-1.

    A float32 becomes the float with the same shortest decimal form, for example 0.1.
    """
    if isinstance(value, bytes):
        return value.decode("latin-1")
    return int(value) if isinstance(value, np.integer) else float(str(value))


def _known_spec(name: str, bins: int) -> ViewSpec | None:
    spec = KNOWN_VIEWS.get(name)
    return spec if spec and spec.bins == bins else None


def _canonical(source: Path, frame: pd.DataFrame) -> pd.DataFrame:
    """Return the events with canonical columns.

    If `canonical` added an empty column label or name, this column is dropped again, so that
    `_joined` can add it from the event table.
    """
    names = {"kepid": "star", "tce_plnt_num": "number"}
    try:
        if names.keys() <= set(frame.columns):
            check_unique(frame[list(names)].dropna().rename(columns=names))
        events = canonical(frame, require=("star",))
    except (CatalogError, StoreError) as error:
        raise StoreError(f"{source}: {error}") from None
    added = [name for name in ("label", "name") if name not in frame and (events[name] == "").all()]
    return events.drop(columns=added)


def _joined(events: pd.DataFrame, table: pd.DataFrame | None) -> tuple[pd.DataFrame, int]:
    """Return the events with columns added from the table, and the number without a table row."""
    if table is None:
        return events, 0
    if missing := [name for name in ("star", "number") if name not in table.columns]:
        raise StoreError(
            f"the table has no column '{missing[0]}'; read the table with read_catalog"
        )
    keys = pd.MultiIndex.from_frame(events[["star", "number"]])
    rows = table.set_index(["star", "number"])
    rows = rows[rows.index.isin(keys)]
    check_unique(rows.index.to_frame(index=False))
    others = rows[[name for name in rows.columns if name not in events.columns]]
    joined = pd.concat([events, others.reindex(keys).reset_index(drop=True)], axis=1)
    return joined, int((~keys.isin(rows.index)).sum())
