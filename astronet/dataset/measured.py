"""Mask of the measured bins of a store's global views: the file global.measured.npy.

A bin of a global view without points contains a fill value, which must not contribute to the views
that are rebinned from the global view. The file contains one bit per bin, uint8 [n, bins / 8]. It
is missing if all bins of all events are measured, and in imported stores, for which it is not known
which bins are empty.
"""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from astronet.errors import StoreError
from astronet.files.arrays import read_array
from astronet.lightcurves.arrays import Bools, Ints

MEASURED = "global.measured.npy"
"""File name of the mask; the names of views contain no dot."""

_ROWS_AT_ONCE = 512

Bits = NDArray[np.uint8]
"""Packed mask [n, bins / 8]."""


def packed(measured: Bools) -> Bits:
    """Return a mask [bins] or [n, bins] with eight bins per byte."""
    return np.packbits(measured, axis=-1)


def unpacked(bits: Bits, bins: int) -> Bools:
    """Return the mask [bins] or [n, bins] of packed bits."""
    return np.unpackbits(bits, axis=-1, count=bins).astype(np.bool_)


def write_measured(path: Path, blocks: Iterable[Bits], rows: int, bins: int) -> None:
    """Write the packed masks of all events to a file.

    Args:
        path: Path of the file.
        blocks: Packed masks of k events at a time, in the order of the store, uint8 [k, bins / 8].
        rows: Number of events.
        bins: Number of bins of the global view.
    """
    shape = (rows, -(-bins // 8))
    file = np.lib.format.open_memmap(path, mode="w+", dtype=np.uint8, shape=shape)
    row = 0
    for block in blocks:
        file[row : row + len(block)] = block
        row += len(block)
    file.flush()


def open_measured(path: Path, rows: int, bins: int) -> Bits | None:
    """Return the packed masks of a store [n, bins / 8] as a memory map; None if there is no file.

    Raises:
        StoreError: The file is corrupt, or does not fit the store.
    """
    if not path.exists():
        return None
    bits = read_array(path)
    if bits is None or bits.shape != (rows, -(-bins // 8)) or bits.dtype != np.uint8:
        raise StoreError(f"{path} is corrupt or truncated; recreate the store")
    return bits


def joined_masks(
    masks: Sequence[Bits | None], bins: int, part: Ints, place: Ints
) -> Iterator[Bits]:
    """Yield the packed masks of the measured bins of k rows at a time, joined from several parts.

    Args:
        masks: Packed masks of each part; None if all bins of its events are measured.
        bins: Number of bins of the global view.
        part: Index [n] in `masks` of the part that contains each row of the store.
        place: Index [n] of each row of the store in the masks of its part.

    Raises:
        StoreError: A part has too few masks.
    """
    everything = packed(np.ones(bins, np.bool_))
    for begin in range(0, len(part), _ROWS_AT_ONCE):
        rows = slice(begin, begin + _ROWS_AT_ONCE)
        block = []
        for k, i in zip(part[rows].tolist(), place[rows].tolist(), strict=True):
            own = masks[k]
            if own is not None and i >= len(own):
                raise StoreError("a part has too few masks; delete the parts, and prepare again")
            block.append(everything if own is None else own[i])
        yield np.stack(block)
