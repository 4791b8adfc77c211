"""Decision thresholds: scores that give a chosen precision or recall on held-out stars."""

from typing import Self

import numpy as np
from numpy.typing import ArrayLike
from pydantic import BaseModel, ConfigDict, Field

from astronet.lightcurves.arrays import Floats

REJECTED = "rejected"
"""Decision for an event whose score is below all thresholds."""


class Thresholds(BaseModel):
    """Lowest scores of three decisions, fitted to labelled events.

    A threshold is None if it cannot be reached on these events.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    precision_99: float | None = Field(ge=0, le=1)
    """Lowest score above which at least 99 % of the events are planets."""

    precision_95: float | None = Field(ge=0, le=1)
    """Lowest score above which at least 95 % of the events are planets."""

    recall_95: float | None = Field(ge=0, le=1)
    """Highest score above which there are at least 95 % of the planets."""

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
        planets = int(y.sum())
        if not planets:
            return cls(
                precision_99=None, precision_95=None, recall_95=None, events=len(y), planets=0
            )
        from sklearn.metrics import precision_recall_curve  # slow to import

        precision, recall, threshold = precision_recall_curve(y, p)

        def lowest(wanted: float) -> float | None:
            enough = precision[:-1] >= wanted  # the last point has no threshold
            return float(threshold[enough].min()) if enough.any() else None

        return cls(
            precision_99=lowest(0.99),
            precision_95=lowest(0.95),
            recall_95=float(threshold[recall[:-1] >= 0.95].max()),
            events=len(y),
            planets=planets,
        )

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
                decisions[scores >= limit] = name
        decisions[~np.isfinite(scores)] = ""
        return decisions.tolist()
