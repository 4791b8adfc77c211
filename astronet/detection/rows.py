"""Sums of rows of packed events, and the statistics that follow from them.

Unsigned indices let the loops compile to vector instructions.
"""

import numpy as np
from numpy.typing import NDArray

from astronet.lightcurves.kernels import kernel

Packed = NDArray[np.int32]
"""Numerators and weights in one array: in the upper and lower 16 bits of an integer."""

Singles = NDArray[np.float32]

LEAST_EVENTS = 2.2
"""Minimum sum of the weights, in units of a typical event; smaller sums count as this one."""

_LEAST_REMAINING = 1.2
"""The same without the strongest event."""

_FAST = {"nnan", "nsz", "reassoc", "contract", "arcp"}


@kernel()
def merge(
    rows: Packed, result: Packed, start: int, block: int, base: int, upper: int, lower: int
) -> int:
    """Fold two adjacent blocks of rows into one, and return its number of different rows.

    If only the first of 2ⁿ rows of a block contain events, some of its results are equal. Each one
    is stored once: result k is in row k · rows / 2ⁿ, rounded down.

    Args:
        rows: Rows of all blocks.
        result: Output array.
        start: First row of the first block.
        block: Number of rows of a block, a power of two.
        base: Number of columns.
        upper: Number of different rows of the first block; 0 if it contains no events.
        lower: The same for the second block.
    """
    if not lower:
        place, stop = start * base, (start + upper) * base
        result[place:stop] = rows[place:stop]
        return upper
    halvings, others = repetitions(block, upper), repetitions(block, lower)
    for k in range(block):
        first, second = start + (k >> halvings), start + block + (k >> others)
        drift, place = (k if k < base else k % base), (start + 2 * k) * base
        if upper:
            _add_twice(rows, first * base, second * base, drift, base, result, place)
        else:
            _copy_shifted(rows, second * base, drift, base, result, place)
            _copy_shifted(rows, second * base, (drift + 1) % base, base, result, place + base)
    return 2 * block


@kernel()
def repetitions(block: int, rows: int) -> int:
    """Return how many times a number of different rows has to be doubled to fill a block."""
    doublings = 0
    while rows and rows << doublings < block:
        doublings += 1
    return doublings


@kernel()
def _add_twice(
    rows: Packed, upper: int, lower: int, shift: int, base: int, result: Packed, place: int
) -> None:
    """Add two rows of `base` columns, the second one shifted cyclically to the left.

    The second row of the result has the shift + 1.
    """
    one, end = np.uint32(1), np.uint32(base - shift - 1)
    a, b, wrapped = np.uint32(upper), np.uint32(lower + shift), np.uint32(lower)
    out, following = np.uint32(place), np.uint32(place + base)
    for column in range(end):
        c = np.uint32(column)
        result[out + c] = rows[a + c] + rows[b + c]
        result[following + c] = rows[a + c] + rows[b + c + one]
    result[out + end] = rows[a + end] + rows[b + end]
    result[following + end] = rows[a + end] + rows[wrapped]
    a, out, following = a + end + one, out + end + one, following + end + one
    for column in range(shift):
        c = np.uint32(column)
        result[out + c] = rows[a + c] + rows[wrapped + c]
        result[following + c] = rows[a + c] + rows[wrapped + c + one]


@kernel()
def add_shifted(
    rows: Packed, upper: int, lower: int, shift: int, base: int, result: Packed
) -> None:
    """Add two rows of `base` columns, the second one shifted cyclically to the left."""
    split = np.uint32(base - shift)
    a, b = np.uint32(upper), np.uint32(lower + shift)
    for column in range(split):
        c = np.uint32(column)
        result[c] = rows[a + c] + rows[b + c]
    a, b = np.uint32(upper + split), np.uint32(lower)
    for column in range(shift):
        c = np.uint32(column)
        result[split + c] = rows[a + c] + rows[b + c]


@kernel()
def _copy_shifted(
    rows: Packed, start: int, shift: int, base: int, result: Packed, place: int
) -> None:
    """Copy a row of `base` columns, shifted cyclically to the left."""
    split = base - shift
    result[place : place + split] = rows[start + shift : start + base]
    result[place + split : place + base] = rows[start : start + shift]


@kernel(fastmath=_FAST, checks_division=False)
def square_statistics(sums: Packed, n: int, least: float, values: Singles) -> None:
    """Write the signed square of numerator / √weight for packed sums [n] to `values` [n]."""
    floor = np.float32(least)
    for column in range(n):
        c = np.uint32(column)
        numerator = np.float32(np.int32(sums[c] >> np.int32(16)))
        weight = np.float32(np.int32(sums[c] & np.int32(0xFFFF)))
        weight = weight if weight > floor else floor
        values[c] = numerator * abs(numerator) / weight


@kernel()
def largest(values: Singles, bits: Packed, n: int) -> float:
    """Return the largest of the values [n], or 0 if none is positive.

    Positive floating-point numbers have the same order as their bits, whose comparison compiles to
    vector instructions.

    Args:
        values: Values [n + 1]; the last one is overwritten.
        bits: The same memory, as integers.
        n: Number of values.
    """
    largest = np.int32(0)
    for column in range(n):
        value = bits[np.uint32(column)]
        largest = value if value > largest else largest
    bits[n] = largest
    return values[n]  # type: ignore[no-any-return]


@kernel()
def add_row(packed: Packed, start: int, n: int, sums: Packed, strongest: Packed) -> None:
    """Add a row of n columns to the sums, and keep the strongest event of each column."""
    a = np.uint32(start)
    for column in range(n):
        c = np.uint32(column)
        value = packed[a + c]
        sums[c] = sums[c] + value
        strongest[c] = value if value > strongest[c] else strongest[c]


@kernel(fastmath=_FAST, checks_division=False)
def square_robust_statistics(
    sums: Packed, strongest: Packed, n: int, least: float, values: Singles
) -> None:
    """Write the smaller squared statistic [n]: of all events, or without the strongest one."""
    floor = np.float32(least)
    lowest = np.float32(least * (_LEAST_REMAINING / LEAST_EVENTS))
    for column in range(n):
        c = np.uint32(column)
        rest = sums[c] - strongest[c]
        numerator = np.float32(np.int32(sums[c] >> np.int32(16)))
        weight = np.float32(np.int32(sums[c] & np.int32(0xFFFF)))
        others = np.float32(np.int32(rest >> np.int32(16)))
        other_weight = np.float32(np.int32(rest & np.int32(0xFFFF)))
        weight = weight if weight > floor else floor
        other_weight = other_weight if other_weight > lowest else lowest
        together = numerator * abs(numerator) / weight
        without = others * abs(others) * weight / (other_weight * other_weight)
        values[c] = together if together < without else without
