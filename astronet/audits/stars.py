"""Check for stars with events in several splits, because a network can memorise such stars."""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from astronet.audits.findings import Finding, rows_table
from astronet.lightcurves.arrays import Bools


def stars_in_two_splits(index: pd.DataFrame, splits: Sequence[str]) -> Iterator[Finding]:
    """Yield a finding for events whose star also has events in an earlier split.

    Args:
        index: Events with star, number, split and label.
        splits: Names of the splits, from the earliest to the latest.
    """
    kind = "star in two splits"
    star, split = index["star"].to_numpy(), index["split"].to_numpy()
    summaries, rows, others = [], [], []
    for later in range(1, len(splits)):
        members = np.flatnonzero(split == splits[later])
        found: Bools = np.zeros(len(members), dtype=np.bool_)
        for earlier in splits[:later]:
            known = np.flatnonzero(split == earlier)
            first = pd.Series(known, index=star[known]).groupby(level=0).first()
            shared = np.isin(star[members], first.index)
            if shared.any():
                count = f"{shared.sum()} of {len(members)} {splits[later]} events"
                summaries.append(f"{count} ({shared.mean():.0%}) share a star with {earlier}")
            new = members[shared & ~found]
            rows.append(new)
            others.append(first.loc[star[new]].to_numpy(np.int64))
            found |= shared
    if summaries:
        table = rows_table(kind, "leak", index, np.concatenate(rows), np.concatenate(others))
        remedy = (
            "split by star (data.split.kind=star), or evaluate separately the events of stars that "
            "have no training events"
        )
        yield Finding(kind, "leak", "; ".join(summaries), remedy, table)
