"""Table of events with their scores and the properties of the networks that computed them."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from astronet.dataset.centroid_statistics import CENTROID, SOURCE
from astronet.evaluation.decisions import Thresholds
from astronet.evaluation.predictions import predictions_table
from astronet.lightcurves.arrays import Bools, Floats
from astronet.runs.batches import Scores
from astronet.runs.scorer import Scorer

UNUSUAL = "unlike the training events"
"""Reason why a score is unsure: many features of the views are outside of their usual range."""


def table_of(
    scorer: Scorer,
    events: pd.DataFrame,
    scores: Scores,
    mission: str,
    *,
    seen: Bools | None = None,
    reasons: list[str] | None = None,
    warnings: list[str] | None = None,
) -> pd.DataFrame:
    """Return the table of predictions, with columns that describe the scores and the networks.

    Args:
        scorer: Networks that computed the scores.
        events: Table of events [n]; see `predictions_table`.
        scores: Scores [n] and their spread between networks.
        mission: Mission that observed the stars.
        seen: Mask [n] of the events whose stars are known to be in a training set, in addition to
            those that the networks know; None adds none.
        reasons: Reasons [n] why events have no score; see `predictions_table`.
        warnings: Reasons [n] why scores are unreliable; see `predictions_table`.
    """
    thresholds = scorer.thresholds
    known: Sequence[bool | None] = scorer.seen_in_training(events["star"].tolist(), mission)
    if seen is not None:
        known = [True if here else one for here, one in zip(seen, known, strict=True)]
    return predictions_table(
        events,
        scores.score,
        reasons,
        warnings,
        {
            "spread": scores.spread,
            "decision": thresholds.decide(scores.score) if thresholds else "",
            "unsure": unsure(scores, thresholds),
            "seen_in_training": known,
            "model": scorer.model,
        }
        | columns_of_stack(scores),
    )


def unsure(scores: Scores, thresholds: Thresholds | None) -> list[str]:
    """Return why each score [n] is unsure, separated by "; "; "" if it is not.

    Args:
        scores: Scores [n].
        thresholds: Limits of unsure scores; None if they are not known.
    """
    n = len(scores.score)
    reasons = [""] * n if thresholds is None else thresholds.unsure(scores.score, scores.spread)
    if scores.unusual is None:
        return reasons
    strange = scores.unusual & np.isfinite(scores.score)
    return [
        "; ".join(filter(None, [reason, UNUSUAL * bool(one)]))
        for reason, one in zip(reasons, strange, strict=True)
    ]


def columns_of_stack(scores: Scores) -> dict[str, Floats | list[str]]:
    """Return the columns of predictions that only a stack has, by name."""
    columns: dict[str, Floats | list[str]] = {}
    if scores.centroid is not None:
        columns |= {CENTROID: scores.centroid.statistic, SOURCE: scores.centroid.source}
    if scores.inputs is not None:
        columns |= {"inputs": scores.inputs}
    return columns
