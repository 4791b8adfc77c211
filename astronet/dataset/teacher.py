"""Soft targets: labels mixed with the scores of a teacher ensemble (knowledge distillation).

See Hinton, Vinyals & Dean 2015 (arXiv:1503.02531), §2; the temperature is 1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from astronet.dataset.settings import Teacher
from astronet.errors import StoreError, one_line
from astronet.files.csv_files import read_plain_csv
from astronet.lightcurves.arrays import Floats

if TYPE_CHECKING:
    import pandas as pd


def softened(targets: Floats, index: pd.DataFrame, teacher: Teacher) -> Floats:
    """Return soft targets [n]: the targets mixed with a teacher's scores.

    If the table has several scores for an event, their mean is used. The target of an unlabelled
    event or of an event without a score is unchanged.

    Args:
        targets: Targets [n]: 1, 0 or NaN (no label).
        index: Events [n] with star and number.
        teacher: Settings of the teacher: path of the table of scores, and weight of the scores.

    Raises:
        StoreError: The table is missing or corrupt, lacks a column, contains a score outside 0 to
            1, or contains no score for any of the events.
    """
    import pandas as pd  # slow to import

    try:
        table = read_plain_csv(teacher.scores, usecols=["star", "number", "score"])
    except FileNotFoundError:
        raise StoreError(
            f"data.teacher.scores: {teacher.scores} does not exist; correct the path, or "
            "create the table from out-of-fold scores of the training events"
        ) from None
    except (ValueError, OSError) as error:
        reason = one_line(error)
        raise StoreError(
            f"data.teacher.scores: {teacher.scores} cannot be read ({reason}); give a table with "
            "columns star, number and score"
        ) from None
    scores = pd.to_numeric(table["score"], errors="coerce")
    if not scores.dropna().between(0, 1).all():
        raise StoreError(
            f"data.teacher.scores: {teacher.scores} contains scores outside the range 0 to 1; "
            "give probabilities"
        )
    keys = [table["star"].astype(str), table["number"]]
    known = (
        pd.Series(scores.to_numpy(), pd.MultiIndex.from_arrays(keys)).groupby(level=[0, 1]).mean()
    )
    events = pd.MultiIndex.from_arrays([index["star"].astype(str), index["number"]])
    teacher_scores = known.reindex(events).to_numpy(np.float64)
    if not np.isfinite(teacher_scores).any():
        raise StoreError(
            f"data.teacher.scores: {teacher.scores} contains no scores for the events of the "
            "store; give a table with scores for them"
        )
    mixed = (1 - teacher.weight) * targets + teacher.weight * teacher_scores
    return np.where(np.isfinite(teacher_scores), mixed, targets)
