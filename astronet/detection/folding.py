"""Fast folding of single-event statistics at many periods (Staelin 1969; Morello et al. 2020).

The numerator of an event is in the upper 16 bits of an integer and its weight in the lower 16 bits,
so that one addition adds both. The sum of the numerators must be less than 2¹⁵ and the sum of the
weights less than 2¹⁶.
"""

import numpy as np
from numpy.typing import NDArray

from astronet.lightcurves.arrays import Floats
from astronet.lightcurves.kernels import kernel

Packed = NDArray[np.int32]
"""Numerators and weights in one array."""

Singles = NDArray[np.float32]

_FAST = {"nnan", "nsz", "reassoc", "contract", "arcp"}

FEW_EVENTS = 8
"""Number of events up to which each trial period is folded separately, without its best event."""

_LEAST_EVENTS = 2.2
"""Minimum sum of the weights, in units of a typical event; smaller sums count as this one."""

_LEAST_REMAINING = 1.2


def pack(statistic: Floats, weight: Floats, scale: float) -> Packed:
    """Return single-event statistics and relative weights [n] as packed integers [n].

    Args:
        statistic: Single-event statistics [n], clipped.
        weight: Weights relative to a typical event [n].
        scale: Factor of the numerators; the weights are multiplied by its square.
    """
    numerator = np.rint(statistic * np.sqrt(weight) * scale).astype(np.int32)
    return (numerator << 16) + np.rint(weight * scale**2).astype(np.int32)


@kernel()
def fold_periods(
    packed: Packed,
    scales: Floats,
    first: int,
    last: int,
    origin: float,
    width: float,
    best: Singles,
    period: Floats,
) -> None:
    """Fold events at all periods, and keep the best statistic in each interval of log period.

    Args:
        packed: Packed events for each number of levels of the tree [levels, n].
        scales: Factor with which the numerators were packed [levels].
        first: Shortest base period [samples].
        last: Longest base period [samples].
        origin: Logarithm of the shortest period of the first interval [samples].
        width: Width of the intervals in log period.
        best: Output array [intervals], updated: largest squared statistic.
        period: Output array [intervals], updated: period of the largest statistic [samples].
    """
    n = packed.shape[1]
    size = 2 * (n + last) + 64
    rows, spare = np.empty(size, np.int32), np.empty(size, np.int32)
    sums, values = np.empty(last + 2, np.int32), np.empty(last + 2, np.float32)
    found = np.empty(2 * (n // first + 2), np.float32)
    bits = values.view(np.int32)
    for base in range(first, last + 1):
        events = (n + base - 1) // base
        level = 0
        while (1 << level) < events:
            level += 1
        least = _LEAST_EVENTS * scales[level] ** 2
        if events <= FEW_EVENTS:
            count = events
            _fold_few(packed[level], base, events, rows, spare, least, found, values, bits)
        else:
            count = 1 << level
            _fold_tree(packed[level], base, count, rows, spare, least, found, sums, values, bits)
        start = np.log(base) - origin
        for row in range(count):
            # Drift of the events per period, relative to the base period
            drift = row / count / base if events <= FEW_EVENTS else row / (count - 1) / base
            if events <= FEW_EVENTS:
                place, trial = start + np.log1p(drift), base * (1 + drift)
            else:
                place, trial = start - np.log1p(-drift), base / (1 - drift)
            k = int(place / width)
            if 0 <= k < len(best) and place >= 0 and found[row] > best[k]:
                best[k], period[k] = found[row], trial


@kernel()
def _fold_tree(
    packed: Packed,
    base: int,
    count: int,
    rows: Packed,
    spare: Packed,
    least: float,
    found: Singles,
    sums: Packed,
    values: Singles,
    bits: Packed,
) -> None:
    """Fold with the fast folding algorithm, and write the best squared statistic of each row.

    Row s of the result drifts by s samples over all `count` rows of `base` samples. Because the
    columns wrap around, its period is base² / (base − s / (count − 1)).
    """
    rows[: len(packed)] = packed
    rows[len(packed) : count * base] = 0
    block = 1
    while 2 * block < count:
        for start in range(0, count, 2 * block):
            for shift in range(2 * block):
                _add_shifted(
                    rows,
                    (start + (shift >> 1)) * base,
                    (start + block + (shift >> 1)) * base,
                    ((shift + 1) >> 1) % base,
                    base,
                    spare,
                    (start + shift) * base,
                )
        rows, spare = spare, rows
        block *= 2
    for shift in range(count):
        _add_shifted(
            rows,
            (shift >> 1) * base,
            (block + (shift >> 1)) * base,
            ((shift + 1) >> 1) % base,
            base,
            sums,
            0,
        )
        _square_statistics(sums, base, least, values)
        found[shift] = _largest(values, bits, base)


@kernel()
def _add_shifted(
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


@kernel(fastmath=_FAST, checks_division=False)
def _square_statistics(sums: Packed, n: int, least: float, values: Singles) -> None:
    """Write the signed square of numerator / √weight for packed sums [n] to `values` [n]."""
    floor = np.float32(least)
    for column in range(n):
        c = np.uint32(column)
        numerator = np.float32(np.int32(sums[c] >> np.int32(16)))
        weight = np.float32(np.int32(sums[c] & np.int32(0xFFFF)))
        weight = weight if weight > floor else floor
        values[c] = numerator * abs(numerator) / weight


@kernel()
def _largest(values: Singles, bits: Packed, n: int) -> float:
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
def _fold_few(
    packed: Packed,
    base: int,
    events: int,
    sums: Packed,
    strongest: Packed,
    least: float,
    found: Singles,
    values: Singles,
    bits: Packed,
) -> None:
    """Fold few events at each period, and write the best squared statistic of each one.

    The statistic is the smaller of two: that of all events, and that without the strongest event,
    scaled to the information of all events. Therefore, a single glitch does not make a signal.
    """
    n = len(packed)
    for shift in range(events):
        for column in range(base):
            sums[column], strongest[column] = 0, -2147483648
        for row in range(events):
            start = row * base + int(np.rint(row * shift / events))
            if start < n:
                _add_row(packed, start, min(base, n - start), sums, strongest)
        _square_robust_statistics(sums, strongest, base, least, values)
        found[shift] = _largest(values, bits, base)


@kernel()
def _add_row(packed: Packed, start: int, n: int, sums: Packed, strongest: Packed) -> None:
    """Add a row of n columns to the sums, and keep the strongest event of each column."""
    a = np.uint32(start)
    for column in range(n):
        c = np.uint32(column)
        value = packed[a + c]
        sums[c] = sums[c] + value
        strongest[c] = value if value > strongest[c] else strongest[c]


@kernel(fastmath=_FAST, checks_division=False)
def _square_robust_statistics(
    sums: Packed, strongest: Packed, n: int, least: float, values: Singles
) -> None:
    """Write the smaller squared statistic [n]: of all events, or without the strongest one."""
    floor = np.float32(least)
    lowest = np.float32(least * (_LEAST_REMAINING / _LEAST_EVENTS))
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
