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
    rows: Packed, result: Packed, start: int, block: int, base: int, upper: bool, lower: bool
) -> None:
    """Fold two adjacent blocks of rows into one.

    Args:
        rows: Rows of all blocks.
        result: Output array.
        start: First row of the first block.
        block: Number of rows of a block.
        base: Number of columns.
        upper: Whether the first block contains events.
        lower: Whether the second block contains events.
    """
    for shift in range(2 * block):
        first = (start + (shift >> 1)) * base
        second = first + block * base
        drift, place = ((shift + 1) >> 1) % base, (start + shift) * base
        if upper and lower:
            add_shifted(rows, first, second, drift, base, result, place)
        elif upper:
            result[place : place + base] = rows[first : first + base]
        else:
            _copy_shifted(rows, second, drift, base, result, place)


@kernel()
def add_shifted(
    rows: Packed, upper: int, lower: int, shift: int, base: int, result: Packed, place: int
) -> None:
    """Add two rows of `base` columns, the second one shifted cyclically to the left.

    Unsigned indices let the loops compile to vector instructions.
    """
    split = np.uint32(base - shift)
    a, b, out = np.uint32(upper), np.uint32(lower + shift), np.uint32(place)
    for column in range(split):
        c = np.uint32(column)
        result[out + c] = rows[a + c] + rows[b + c]
    a, b, out = np.uint32(upper + split), np.uint32(lower), np.uint32(place + split)
    for column in range(shift):
        c = np.uint32(column)
        result[out + c] = rows[a + c] + rows[b + c]


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
