"""Readers of views: TFRecords, .npz files, and stores."""

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import numpy as np

from astronet.dataset.examples import Examples
from astronet.dataset.importing import read_arrays, read_tfrecords
from astronet.dataset.prepared_files import SKIPPED, SOURCES, read_skipped, read_sources
from astronet.dataset.store import ViewStore
from astronet.dataset.tfrecords import read_records
from benchmarks.fuzzing import checks
from benchmarks.fuzzing.binary_mutations import framed, hashes, npz, records
from benchmarks.fuzzing.json_mutations import json_document
from benchmarks.fuzzing.model import Reader, Sample
from benchmarks.fuzzing.text_mutations import text_table

_BINS = {"global_view": 201, "local_view": 41}
"""Numbers of bins of the views in shortened records and arrays."""


def _tfrecord(kepid: int, views: Mapping[str, np.ndarray]) -> bytes:
    """Return a record in AstroNet's format: a protocol buffer of the type tf.train.Example."""

    def field(number: int, content: bytes) -> bytes:
        size, length = len(content), b""
        while size > 127:
            length, size = length + bytes([size & 127 | 128]), size >> 7
        return bytes([number << 3 | 2]) + length + bytes([size]) + content

    def integers(value: int) -> bytes:
        packed = b""
        while value > 127:
            packed, value = packed + bytes([value & 127 | 128]), value >> 7
        return field(3, field(1, packed + bytes([value])))

    entries = [(name, field(2, field(1, v.astype("<f4").tobytes()))) for name, v in views.items()]
    entries += [("kepid", integers(kepid)), ("tce_plnt_num", integers(1))]
    entries += [
        ("tce_period", field(2, field(1, np.float32(3.3).tobytes()))),
        ("av_training_set", field(1, field(1, b"PC"))),
    ]
    pairs = [field(1, field(1, name.encode()) + field(2, value)) for name, value in entries]
    return field(1, b"".join(pairs))


def _view(bins: int) -> np.ndarray:
    return np.linspace(-1, 0.1, bins, dtype=np.float32)


def _records(data: Path | None, folder: Path) -> list[Sample]:
    def read(path: Path) -> object:
        found = read_tfrecords(path.parent, None, None)
        chunks = list(found.chunks)
        return chunks, found.events() if callable(found.events) else found.events

    def store(path: Path) -> object:
        out = path.parent.with_name(f"{path.parent.name}-store")
        return ViewStore.import_tfrecords(path.parent, out, overwrite=True)

    own = b"".join(
        framed(_tfrecord(757450 + n, {name: _view(bins) for name, bins in _BINS.items()}))
        for n in range(3)
    )
    samples = [Sample("train-00000-of-00001", own, False, read, records, checks.is_records)]
    if data is not None:
        genuine = [record for _, record in zip(range(3), read_records(_shard(data)), strict=False)]
        for content in (framed(genuine[0]), b"".join(map(framed, genuine))):
            for one, weight in ((read, 4), (store, 0.1)):
                sample = Sample(
                    "train-00000-of-00008",
                    content,
                    True,
                    one,
                    records,
                    checks.is_records,
                    weight=weight,
                )
                samples.append(sample)
    return samples


def _shard(data: Path) -> Path:
    return data / "tfrecords" / "val-00000-of-00001"


def arrays(data: Path | None, rows: int = 5) -> tuple[dict[str, np.ndarray], bool]:
    """Return the arrays of a few events, and whether they are real."""
    path = None if data is None else data / "dr24" / "views_trainval.npz"
    if path is None or not path.is_file():
        views = {name: np.tile(_view(bins), (rows, 1)) for name, bins in _BINS.items()}
        stars = np.arange(757450, 757450 + rows)
        return {
            "kepid": stars, "tce_plnt_num": np.ones(rows, np.int64),
            "label": np.array(["PC"] * rows), "split": np.array(["train"] * rows), **views,
        }, False  # fmt: skip
    content = np.load(path)
    found = {name: content[name][:rows] for name in content.files}
    found["global_view"] = found["global_view"][:, :2001:10]
    found["rebinned_local_view"] = found["rebinned_local_view"][:, ::5]
    return found, True


def _npz(data: Path | None, folder: Path) -> list[Sample]:
    def read(path: Path) -> object:
        found = read_arrays(path, None, None)
        return list(found.chunks), found.events

    def store(path: Path) -> object:
        return ViewStore.import_arrays(path, path.parent / "store", overwrite=True)

    few, real = arrays(data)
    samples = []
    for write in (np.savez, np.savez_compressed):
        file = io.BytesIO()
        write(file, **cast(dict[str, Any], few))
        for one, weight in ((read, 1), (store, 0.1)):
            samples.append(
                Sample("views.npz", file.getvalue(), real, one, npz, checks.is_zip, weight=weight)
            )
    return samples


def small_store(data: Path | None, folder: Path) -> tuple[Path, bool]:
    """Write a store of a few events, and return its path and whether the events are real."""
    few, real = arrays(data)
    path = folder / "store"
    if not path.is_dir():
        source = folder / "views.npz"
        np.savez(source, **cast(dict[str, Any], few))
        ViewStore.import_arrays(source, path)
        described = path / "store.json"
        content = json.loads(described.read_text()) | {"commit": ""}  # same inputs at each commit
        described.write_text(json.dumps(content, indent=1))
    return path, real


_SKIPPED = b"""star,number,period_days,epoch_bkjd,duration_days,reason
757450,2,3.3,134.2,0.1,no point has a finite time and flux
"""
_SOURCES = b"""star,file,bytes,crc32c
757450,0007/000757450/kplr000757450-2009166043257_llc.fits,192960,0a1b2c3d
"""


def _stores(data: Path | None, folder: Path) -> list[Sample]:
    def read(path: Path) -> object:
        store = ViewStore.open(path.parent)
        sums = [float(np.nansum(view)) for view in store.views.values()]
        examples = Examples(store)
        known = read_skipped(store), read_sources(store)
        return sums, examples.targets, examples.rows("train"), store.mission, known

    path, real = small_store(data, folder)
    files = {one.name: one.read_bytes() for one in sorted(path.iterdir())}
    files |= {SKIPPED: _SKIPPED, SOURCES: _SOURCES}
    table, made = (text_table, checks.is_text_table), (SKIPPED, SOURCES)
    kinds = {
        "store.json": (json_document, checks.is_json, 3),
        "index.csv": (*table, 3),
        SKIPPED: (*table, 0.5),
        SOURCES: (*table, 0.5),
    }
    samples = []
    for name, content in files.items():
        mutate, check, weight = kinds.get(name, (hashes, checks.is_npy, 1))
        others = {other: files[other] for other in files if other != name}
        samples.append(
            Sample(f"store/{name}", content, real and name not in made, read, mutate, check,
                   {f"store/{o}": c for o, c in others.items()}, weight=weight)
        )  # fmt: skip
    return samples


READERS = (
    Reader("tfrecords", _records),
    Reader("npz", _npz),
    Reader("stores", _stores),
)
