"""Decisions from scores: thresholds fitted to held-out stars, and scores that are unsure.

An event meets a criterion if its score is above the threshold. A score is unsure if errors were
frequent among events with similar scores, or if the networks disagree.
"""

import math
from typing import Self

import numpy as np
from numpy.typing import ArrayLike
from pydantic import BaseModel, ConfigDict, Field

from astronet.lightcurves.arrays import Floats

REJECTED = "rejected"
"""Decision for an event whose score is above no threshold."""

UNDECIDED, DISAGREEING = "undecided score", "networks disagree"
"""Reasons why a score is unsure; see `Thresholds.unsure`."""

DECIDED = 0.9
"""Fraction of the events that have a decided score: those with the most certain classification."""

AGREEING = 0.95
"""Fraction of the events for which the networks count as agreeing."""


class Thresholds(BaseModel):
    """Thresholds of three decisions and limits of unsure scores, fitted to labelled events.

    A threshold is None if it cannot be reached on these events, and a limit if it was not fitted.
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

    undecided: tuple[float, float] | None = None
    """Scores between which a score is undecided: those of the tenth of the events whose
    classification is least certain (see `astronet.evaluation.abstention`)."""

    spread: float | None = None
    """Standard deviation of the networks' scores above which they disagree. It is exceeded by 5 %
    of the events."""

    @classmethod
    def fit(
        cls,
        scores: ArrayLike,
        targets: ArrayLike,
        spreads: ArrayLike | None = None,
        threshold: float = 0.5,
    ) -> Self:
        """Fit the thresholds to events, and return them.

        Args:
            scores: Scores [n] of events whose stars are not in the training set.
            targets: Targets [n]: 1 for planets, 0 for the rest.
            spreads: Standard deviation [n] of the networks' scores; None or NaN if there is only
                one network.
            threshold: Score above which an event is classified as a planet.
        """
        p, y = np.asarray(scores, np.float64), np.asarray(targets, np.float64)
        # Importing scikit-learn takes a second and is not needed to apply the thresholds.
        from astronet.evaluation.abstention import RiskCoverage
        from astronet.evaluation.metrics import threshold_at_precision, threshold_at_recall

        found = {
            "precision_99": threshold_at_precision(p, y, 0.99),
            "precision_95": threshold_at_precision(p, y, 0.95),
            "recall_95": threshold_at_recall(p, y, 0.95),
        }
        known = {name: None if np.isnan(limit) else limit for name, limit in found.items()}
        spread = np.empty(0) if spreads is None else np.asarray(spreads, np.float64)
        return cls(
            **known,
            events=len(y),
            planets=int(y.sum()),
            undecided=RiskCoverage(p, y, threshold).scores_beyond(DECIDED),
            spread=float(np.quantile(spread, AGREEING)) if np.isfinite(spread).any() else None,
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
                decisions[scores > limit] = name
        decisions[~np.isfinite(scores)] = ""
        return decisions.tolist()

    def unsure(self, scores: Floats, spreads: Floats) -> list[str]:
        """Return why each score [n] is unsure, separated by "; "; "" if it is not.

        A score between those of `undecided` is an "undecided score". If the spread is above
        `spread`, the "networks disagree".

        Args:
            scores: Scores [n].
            spreads: Standard deviations [n] of the networks' scores; NaN if there is one network.
        """
        low, high = self.undecided or (math.inf, -math.inf)
        near = (scores >= low) & (scores <= high)
        apart = spreads > (math.inf if self.spread is None else self.spread)
        apart &= np.isfinite(scores)
        return [
            "; ".join([UNDECIDED] * bool(one) + [DISAGREEING] * bool(other))
            for one, other in zip(near, apart, strict=True)
        ]
