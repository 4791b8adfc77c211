"""Parts of an unfinished store: what is saved of prepared stars, and the store made of all parts.

See `astronet.execution.parts` for how parts make a preparation resumable.
"""

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from astronet.dataset.centroid_statistics import CENTROID, with_measured
from astronet.dataset.measured import MEASURED, Bits, joined_masks, packed, write_measured
from astronet.dataset.prepared_files import SKIPPED, SOURCES
from astronet.dataset.store import ViewStore
from astronet.errors import Command, StoreError, commonest
from astronet.execution.parts import Content, Parts
from astronet.lightcurves.arrays import Ints, Views
from astronet.lightcurves.view_specs import ViewSpec

if TYPE_CHECKING:
    from astronet.stars.prepared import PreparedStar  # imports numba

EVENTS = "events"
"""Name of the table in each part with one row per event."""

_SOURCES = "sources"
"""Name of the table in each part with one row per light-curve file."""

_MASKS = MEASURED.removesuffix(".npy")
"""Name of the array in a part with the masks of the measured bins; see `measured`."""

_COLUMNS = {
    "row": np.int64,
    "prepared": np.bool_,
    "reason": str,
    "warning": str,
    "no_files": np.bool_,
    CENTROID: np.float64,
}
"""Columns of the table of events of a part, with their types."""

_SKIPPED_COLUMNS = ["star", "number", "period_days", "epoch_bkjd", "duration_days"]

_ROWS_AT_ONCE = 512


def content_of(stars: "Sequence[PreparedStar]") -> Content:
    """Return the content of a part: views, events with the reasons of failures, and source files.

    Args:
        stars: Prepared stars of the part.
    """
    prepared = [event for star in stars for event in star.events]
    rows: list[dict[str, Any]] = [
        dict(
            zip(
                _COLUMNS,
                (
                    *(event.row, event.views is not None, event.reason),
                    event.views.warning if event.views else "",
                    *(event.no_files, event.centroid),
                ),
                strict=True,
            )
        )
        for event in prepared
    ]
    sources = [
        {"star": star.star, "file": file.path, "bytes": file.size, "crc32c": file.crc32c}
        for star in stars
        for file in star.sources
    ]
    seen = [event.views for event in prepared if event.views is not None]
    arrays: dict[str, Any] = {
        name: np.stack([each.views[name] for each in seen])
        for name in (seen[0].views if seen else ())
    }
    masks = [event.measured for event in seen if event.measured is not None]
    if masks and not np.all(masks):
        arrays[_MASKS] = packed(np.stack(masks))
    return {EVENTS: rows, _SOURCES: sources}, arrays


def assemble(
    parts: Parts,
    out: Path,
    table: pd.DataFrame,
    views: Mapping[str, ViewSpec],
    provenance: Mapping[str, Any],
    *,
    overwrite: bool = False,
    download: Command | None = None,
) -> ViewStore:
    """Write a store from its parts, and return it; its rows are in the order of the event table.

    If no event could be prepared, the parts are deleted, and no store is written.

    Args:
        parts: Parts of all stars.
        out: Path of the store.
        table: Event table from which the parts were prepared.
        views: Specifications of the views by name.
        provenance: Description of the source of the events.
        overwrite: Whether to replace an existing store.
        download: Command that downloads the light curves, for the error message if there are none;
            None if they cannot be downloaded.

    Raises:
        RunError: A part is corrupt.
        StoreError: No event could be prepared, or the store cannot be written (see
            `ViewStore.create`).
    """
    numbers = parts.numbers
    events = pd.concat(
        [_events(parts, number, len(table)).assign(part=k) for k, number in enumerate(numbers)],
        ignore_index=True,
    )
    prepared = events[events["prepared"]]
    if prepared.empty:
        parts.delete()
        raise _nothing_prepared(events, download)
    place = prepared.groupby("part").cumcount()
    order = np.argsort(prepared["row"].to_numpy(), kind="stable")
    prepared, place = prepared.iloc[order], place.iloc[order]
    index = table.iloc[prepared["row"]].reset_index(drop=True)
    index["warning"] = prepared["warning"].to_numpy()
    index = with_measured(index, prepared[CENTROID].to_numpy(np.float64))
    part, places = (np.asarray(column, np.int64) for column in (prepared["part"], place))
    skipped = events[~events["prepared"]].sort_values("row", kind="stable")
    frame = table.iloc[skipped["row"]][_SKIPPED_COLUMNS].assign(reason=skipped["reason"].to_numpy())
    attached: dict[str, Callable[[Path], Any]] = {
        SKIPPED: partial(frame.to_csv, index=False),
        SOURCES: partial(_write_sources, parts),
    }
    if any(parts.has_array(number, _MASKS) for number in numbers):
        bins = views["global"].bins
        masks = joined_masks(
            [_masks(parts, number, bins) for number in numbers], bins, part, places
        )
        attached[MEASURED] = lambda path: write_measured(path, masks, len(part), bins)
    return ViewStore.create(
        out,
        index,
        _blocks(parts, list(views), part, places),
        views,
        provenance,
        attached=attached,
        overwrite=overwrite,
    )


def _events(parts: Parts, number: int, rows: int) -> pd.DataFrame:
    """Return the table of the events of a part.

    Args:
        parts: Parts of all stars.
        number: Number of the part.
        rows: Number of events of all parts.

    Raises:
        RunError: The table is missing or corrupt.
    """
    records = parts.rows(number, EVENTS)
    try:
        frame = pd.DataFrame(records)[list(_COLUMNS)].astype(_COLUMNS)
    except (ValueError, TypeError, KeyError, OverflowError):
        raise parts.corrupt(number, f"{EVENTS}.jsonl") from None
    if not frame["row"].between(0, rows - 1).all():
        raise parts.corrupt(number, f"{EVENTS}.jsonl")
    return frame


def _masks(parts: Parts, number: int, bins: int) -> Bits | None:
    """Return the packed masks of a part [n, bins / 8]; None if all bins are measured.

    Raises:
        RunError: The file is corrupt.
    """
    if not parts.has_array(number, _MASKS):
        return None
    bits = parts.array(number, _MASKS)
    if bits.dtype != np.uint8 or bits.shape[1:] != (-(-bins // 8),):
        raise parts.corrupt(number, MEASURED)
    return bits


def _blocks(
    parts: Parts, names: Sequence[str], part: Ints, place: Ints
) -> Iterator[dict[str, Views]]:
    """Yield the views of k rows at a time: arrays by name, float32 [k, bins].

    Args:
        parts: Parts of all stars.
        names: Names of the views.
        part: Index [n] in `parts.numbers` of the part that contains each row of the store.
        place: Index [n] of each row of the store in the arrays of its part.
    """
    numbers = parts.numbers
    for begin in range(0, len(part), _ROWS_AT_ONCE):
        chosen = part[begin : begin + _ROWS_AT_ONCE].tolist()
        places = place[begin : begin + _ROWS_AT_ONCE].tolist()
        block: dict[str, Views] = {}
        for name in names:
            maps = {k: parts.array(numbers[k], name) for k in set(chosen)}
            try:
                block[name] = np.stack([maps[k][i] for k, i in zip(chosen, places, strict=True)])
            except (IndexError, ValueError):
                raise parts.corrupt(numbers[chosen[0]], f"{name}.npy") from None
        yield block


def _write_sources(parts: Parts, path: Path) -> None:
    """Write the table of the light-curve files that were read."""
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.DictWriter(
            file, ["star", "file", "bytes", "crc32c"], lineterminator="\n", extrasaction="ignore"
        )
        rows.writeheader()
        for number in parts.numbers:
            rows.writerows(parts.rows(number, _SOURCES))


def _nothing_prepared(events: pd.DataFrame, download: Command | None) -> StoreError:
    """Return the error if no event could be prepared; the message gives the most common reason.

    Args:
        events: Events [n] with the columns reason and no_files.
        download: Command that downloads the light curves; None if they cannot be downloaded.
    """
    reason, count = commonest(events["reason"].tolist())
    message = (
        f"no event could be prepared ({len(events)} tried; reason for {count} of them: "
        f"{reason}); correct the cause, and prepare the store again"
    )
    if download is None or not events["no_files"][events["reason"] == reason].any():
        return StoreError(message)
    return StoreError(f"{message}; this command downloads the light curves", command=download)
