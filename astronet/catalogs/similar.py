"""Nearly equal ephemerides within a table."""

import numpy as np
import pandas as pd

from astronet.lightcurves.arrays import Ints

PERIODS = 1e-3
"""Maximum relative difference between the periods of nearly equal ephemerides."""

TRANSITS_DAYS = 0.1
"""Maximum difference between the transit times of nearly equal ephemerides [d]."""


def similar_pairs(table: pd.DataFrame, keys: list[str]) -> tuple[Ints, Ints]:
    """Return the pairs of rows with equal keys and nearly equal ephemerides.

    Args:
        table: Events [n] with the columns `keys`, period_days and epoch_bkjd. Rows without a period
            or an epoch are in no pair.
        keys: Columns that must be equal, for example ["star"].

    Returns:
        Positions of the rows of each pair [m], the earlier row first.
    """
    group = table.groupby(keys, sort=False).ngroup().to_numpy()
    period, epoch = table["period_days"].to_numpy(), table["epoch_bkjd"].to_numpy()
    known = np.flatnonzero(np.isfinite(period) & np.isfinite(epoch))
    rows = known[np.lexsort((period[known], group[known]))]
    pairs = [np.empty((2, 0), np.int64)]
    first = np.arange(len(rows))  # the rows are compared with the next one, the one after that, …
    for step in range(1, len(rows)):
        first = first[first + step < len(rows)]
        one, two = rows[first], rows[first + step]
        near = (group[one] == group[two]) & (period[two] - period[one] < PERIODS * period[two])
        first, one, two = first[near], one[near], two[near]
        if not len(first):
            break
        cycles = (epoch[two] - epoch[one]) / period[two]
        together = np.abs(cycles - np.round(cycles)) * period[two] < TRANSITS_DAYS
        pairs.append(np.sort(np.stack([one[together], two[together]]), axis=0))
    earlier, later = np.concatenate(pairs, axis=1)
    return earlier, later


def numbered_groups(table: pd.DataFrame, keys: list[str]) -> Ints:
    """Return the number of each row's group of nearly equal ephemerides [n], 1 for the first.

    The groups of rows with equal keys are counted in row order. A row belongs to a group if its
    ephemeris nearly equals that of another row of the group. Rows without a period or an epoch
    belong to the group of the other rows with equal keys if these have only one, and otherwise form
    groups of their own.

    Args:
        table: Events [n], as for `similar_pairs`.
        keys: Columns that must be equal.
    """
    from scipy.sparse import coo_array  # slow to import
    from scipy.sparse.csgraph import connected_components

    size = len(table)
    earlier, later = similar_pairs(table, keys)
    links = coo_array((np.ones(len(earlier), np.int8), (earlier, later)), shape=(size, size))
    group = connected_components(links, directed=False)[1]
    frame = table[keys].assign(group=group)
    unknown = table[["period_days", "epoch_bkjd"]].isna().any(axis=1)
    of_others = frame["group"].mask(unknown).groupby([frame[key] for key in keys])
    single = of_others.transform("nunique") <= 1
    frame["group"] = frame["group"].mask(unknown & single, of_others.transform("min").fillna(-1))
    first = frame.groupby([*keys, "group"]).cumcount() == 0
    counted = first.groupby([frame[key] for key in keys]).cumsum()
    numbers = counted.where(first).groupby([frame[c] for c in (*keys, "group")]).transform("max")
    return numbers.to_numpy(np.int64)
