"""Labels softened by what an ensemble that did not learn from an event thinks of it.

Hinton, Vinyals & Dean 2015 (arXiv:1503.02531), §2, at a temperature of 1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from astronet.dataset.settings import Teacher
from astronet.errors import StoreError
from astronet.lightcurves.arrays import Floats

if TYPE_CHECKING:
    import pandas as pd


def softened(targets: Floats, index: pd.DataFrame, teacher: Teacher) -> Floats:
    """The targets [n] of a store's rows after a teacher's scores; as they were where it has none.

    Args:
        targets: 1, 0 or NaN (no label) [n].
        index: The events [n], with star and number.
        teacher: The scores.

    Raises:
        StoreError: The table is missing or damaged, lacks a column, or has none of the events.
    """
    import pandas as pd  # slow to import

    try:
        table = pd.read_csv(teacher.scores, usecols=["star", "number", "score"])
    except FileNotFoundError:
        raise StoreError(
            f"data.teacher.scores: {teacher.scores} is not there; score the training events first"
        ) from None
    except (ValueError, OSError) as error:
        reason = " ".join(str(error).split())
        raise StoreError(
            f"data.teacher.scores: {teacher.scores} cannot be read ({reason}); give a table with "
            "columns star, number and score"
        ) from None
    scores = pd.to_numeric(table["score"], errors="coerce")
    if not scores.dropna().between(0, 1).all():
        raise StoreError(f"data.teacher.scores: {teacher.scores} has scores outside 0 to 1")
    keys = [table["star"].astype(str), table["number"]]
    known = (
        pd.Series(scores.to_numpy(), pd.MultiIndex.from_arrays(keys)).groupby(level=[0, 1]).mean()
    )
    events = pd.MultiIndex.from_arrays([index["star"].astype(str), index["number"]])
    taught = known.reindex(events).to_numpy(np.float64)
    if not np.isfinite(taught).any():
        raise StoreError(
            f"data.teacher.scores: {teacher.scores} scores none of the store's events; give the "
            "table of this store"
        )
    mixed = (1 - teacher.weight) * targets + teacher.weight * taught
    return np.where(np.isfinite(taught), mixed, targets)
