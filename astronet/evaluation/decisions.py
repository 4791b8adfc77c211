"""Decision thresholds: scores that give a chosen precision or recall on held-out stars.

An event meets a criterion if its score is above the threshold.
"""

from typing import Self

import numpy as np
from numpy.typing import ArrayLike
from pydantic import BaseModel, ConfigDict, Field

from astronet.lightcurves.arrays import Floats

REJECTED = "rejected"
"""Decision for an event whose score is above no threshold."""


class Thresholds(BaseModel):
    """Thresholds of three decisions, fitted to labelled events.

    A threshold is None if it cannot be reached on these events.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    precision_99: float | None = Field(ge=0, le=1)
    """Threshold above which at least 99 % of the events are planets, with the highest recall."""

    precision_95: float | None = Field(ge=0, le=1)
    """Threshold above which at least 95 % of the events are planets, with the highest recall."""

    recall_95: float | None = Field(ge=0, le=1)
    """Highest threshold above which there are at least 95 % of the planets."""

    events: int = Field(ge=0)
    """Number of events to which the thresholds were fitted."""

    planets: int = Field(ge=0)
    """Number of planets among these events."""

    @classmethod
    def fit(cls, scores: ArrayLike, targets: ArrayLike) -> Self:
        """Fit the thresholds to events, and return them.

        Args:
            scores: Scores [n] of events whose stars are not in the training set.
            targets: Targets [n]: 1 for planets, 0 for the rest.
        """
        p, y = np.asarray(scores, np.float64), np.asarray(targets, np.float64)
        # Importing scikit-learn takes a second and is not needed to apply the thresholds.
        from astronet.evaluation.metrics import threshold_at_precision, threshold_at_recall

        found = {
            "precision_99": threshold_at_precision(p, y, 0.99),
            "precision_95": threshold_at_precision(p, y, 0.95),
            "recall_95": threshold_at_recall(p, y, 0.95),
        }
        known = {name: None if np.isnan(limit) else limit for name, limit in found.items()}
        return cls(**known, events=len(y), planets=int(y.sum()))

    def decide(self, scores: Floats) -> list[str]:
        """Return the decision for each score [n]: the strictest criterion that it meets.

        The decisions are "precision 0.99", "precision 0.95", "recall 0.95" and "rejected", in this
        order. The decision is "" for a score that is NaN.
        """
        criteria = (
            ("precision 0.99", self.precision_99),
            ("precision 0.95", self.precision_95),
            ("recall 0.95", self.recall_95),
        )
        decisions = np.full(len(scores), REJECTED, dtype=object)
        for name, limit in reversed(criteria):
            if limit is not None:
                decisions[scores > limit] = name
        decisions[~np.isfinite(scores)] = ""
        return decisions.tolist()
