"""Stars whose events stand in two splits: a network that knows the star knows its events."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from astronet.audits.findings import Finding, rows_table
from astronet.lightcurves.arrays import Bools

_SPLITS = ("train", "val", "test")


def stars_in_two_splits(index: pd.DataFrame) -> Iterator[Finding]:
    """Events whose star has events in an earlier split too (train before val before test).

    Args:
        index: star, number, split and label, a row an event.
    """
    kind = "star in two splits"
    star, split = index["star"].to_numpy(), index["split"].to_numpy()
    shares, rows, others = [], [], []
    for later in range(1, len(_SPLITS)):
        members = np.flatnonzero(split == _SPLITS[later])
        met: Bools = np.zeros(len(members), dtype=np.bool_)
        for earlier in _SPLITS[:later]:
            known = np.flatnonzero(split == earlier)
            first = pd.Series(known, index=star[known]).groupby(level=0).first()
            shared = np.isin(star[members], first.index)
            if shared.any():
                part = f"{shared.sum()} of {len(members)} {_SPLITS[later]} events"
                shares.append(f"{part} ({shared.mean():.0%}) share a star with {earlier}")
            new = members[shared & ~met]
            rows.append(new)
            others.append(first.loc[star[new]].to_numpy(np.int64))
            met |= shared
    if shares:
        table = rows_table(kind, "leak", index, np.concatenate(rows), np.concatenate(others))
        cure = "split by star (data.split.kind=star), or judge the events of new stars apart"
        yield Finding(kind, "leak", "; ".join(shares), cure, table)
