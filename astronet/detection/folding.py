"""Fast folding of single-event statistics at many periods (Staelin 1969; Morello et al. 2020).

The numerator of an event is in the upper 16 bits of an integer and its weight in the lower 16 bits,
so that one addition adds both. The sum of the numerators must be less than 2¹⁵ and the sum of the
weights less than 2¹⁶.
"""

import numpy as np

from astronet.detection.rows import (
    LEAST_EVENTS,
    Packed,
    Singles,
    add_row,
    add_shifted,
    largest,
    merge,
    repetitions,
    square_robust_statistics,
    square_statistics,
)
from astronet.lightcurves.arrays import Floats, Ints
from astronet.lightcurves.kernels import kernel

FEW_EVENTS = 8
"""Number of events up to which each trial period is folded separately, without its best event."""


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
        packed: Packed events for each number of levels of the tree, followed by `last` zeros
            [levels, n + last].
        scales: Factor with which the numerators were packed [levels].
        first: Shortest base period [samples].
        last: Longest base period [samples].
        origin: Logarithm of the shortest period of the first interval [samples].
        width: Width of the intervals in log period.
        best: Output array [intervals], updated: largest squared statistic.
        period: Output array [intervals], updated: period of the largest statistic [samples].
    """
    n = packed.shape[1] - last
    size = 2 * (n + last) + 64
    rows, spare = np.empty(size, np.int32), np.empty(size, np.int32)
    sums, values = np.empty(last + 2, np.int32), np.empty(last + 2, np.float32)
    found = np.empty(n // first + 2, np.float32)
    bits = values.view(np.int32)
    counted = np.zeros(packed.shape[1] + 1, np.int32)
    counted[1:] = np.cumsum(packed[-1] != 0)
    height = np.empty(2 * (n // first + 2), np.int64)
    for base in range(first, last + 1):
        events = (n + base - 1) // base
        level = 0
        while (1 << level) < events:
            level += 1
        count = 1 << level
        least = LEAST_EVENTS * scales[level] ** 2
        if events <= FEW_EVENTS:
            _fold_few(packed[level], base, events, rows, spare, least, found, values, bits)
        else:
            height[events:count] = 0
            for row in range(events):
                height[row] = counted[(row + 1) * base] > counted[row * base]
            _fold_tree(
                packed[level],
                base,
                count,
                events,
                height,
                rows,
                spare,
                least,
                found,
                sums,
                values,
                bits,
            )
        start = np.log(base) - origin
        k = int(np.floor(start / width))
        border = -np.inf
        for trial in range(events):
            # Drift of the events per period, relative to the base period
            if events <= FEW_EVENTS:
                drift = trial / events / base
            else:
                drift = _shift(trial, count, events) / (count - 1) / base
            while drift >= border:  # the next interval
                distance = (k + 1) * width - start
                border = np.expm1(distance) if events <= FEW_EVENTS else -np.expm1(-distance)
                k += drift >= border
            if 0 <= k < len(best) and found[trial] > best[k]:
                best[k] = found[trial]
                period[k] = base * (1 + drift) if events <= FEW_EVENTS else base / (1 - drift)


@kernel()
def _shift(trial: int, count: int, events: int) -> int:
    """Return the shift [samples over `count` rows] of a trial period.

    Only the first `events` rows contain data. Their shift increases by about one sample from each
    trial period to the next one.
    """
    return (trial * (count - 1) + (events - 1) // 2) // (events - 1)


@kernel()
def _fold_tree(
    packed: Packed,
    base: int,
    count: int,
    events: int,
    height: Ints,
    rows: Packed,
    spare: Packed,
    least: float,
    found: Singles,
    sums: Packed,
    values: Singles,
    bits: Packed,
) -> None:
    """Fold with the fast folding algorithm, and write the best squared statistic of each trial.

    A trial period with the shift s drifts by s samples over all `count` rows of `base` samples.
    Because the columns wrap around, it is base² / (base − s / (count − 1)).

    Args:
        packed: Packed events, followed by zeros [n + base].
        base: Number of columns.
        count: Number of rows, a power of two.
        events: Number of rows that contain data, and of trial periods.
        height: Whether each row contains events [count], overwritten. Others are not added, as
            between two sectors of TESS that are years apart.
        rows: Memory for the rows [count · base].
        spare: The same.
        least: Minimum sum of the weights.
        found: Output array [events].
        sums: Memory for one row [base].
        values: The same, as floating-point numbers.
        bits: The memory of `values`, as integers.
    """
    source, block = packed, 1
    while 2 * block < count:
        for start in range(0, count, 2 * block):
            upper, lower = height[start], height[start + block]
            if upper or lower:
                height[start] = merge(source, rows, start, block, base, upper, lower)
        source = rows
        rows, spare = spare, rows
        block *= 2
    for row in (0, block):
        if not height[row]:
            source[row * base : (row + 1) * base] = 0
            height[row] = 1
    halvings, others = repetitions(block, height[0]), repetitions(block, height[block])
    for trial in range(events):
        shift = _shift(trial, count, events)
        first = (shift >> 1 >> halvings) * base
        second = (block + (shift >> 1 >> others)) * base
        add_shifted(source, first, second, ((shift + 1) >> 1) % base, base, sums)
        square_statistics(sums, base, least, values)
        found[trial] = largest(values, bits, base)


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
                add_row(packed, start, min(base, n - start), sums, strongest)
        square_robust_statistics(sums, strongest, base, least, values)
        found[shift] = largest(values, bits, base)
