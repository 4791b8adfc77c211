"""Range of the features of the training events, outside of which scores are extrapolated."""

from typing import Self

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, model_validator

from astronet.lightcurves.arrays import Bools, Floats, Ints

TAIL = 0.001
"""Fraction of the training events below the range of a feature, and above it."""

USUAL = 0.99
"""Fraction of the training events that count as usual."""


class FeatureRange(BaseModel):
    """Range of each feature of the views, and the number of features that may be outside.

    Most features of an event from another search or mission are within their ranges even if its
    light curve differs from those of the training set, for example because its views are coarser.
    Therefore the features outside are counted.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    low: tuple[FiniteFloat, ...]
    """Lower end of the range of each feature [k]."""

    high: tuple[FiniteFloat, ...]
    """Upper end of the range of each feature [k]."""

    most: int = Field(ge=0)
    """Number of features outside of their ranges that 99 % of the training events do not exceed."""

    @model_validator(mode="after")
    def _has_pairs(self) -> Self:
        if len(self.low) != len(self.high):
            raise ValueError("low and high must have the same number of features")
        return self

    @classmethod
    def fit(cls, features: Floats) -> Self:
        """Return the range of the features [n, k] of n training events.

        A feature that is unknown for all events may have any value.
        """
        known = np.isfinite(features).any(axis=0)
        low, high = np.full((2, features.shape[1]), np.finfo(np.float64).max)
        low *= -1
        low[known], high[known] = np.nanquantile(features[:, known], (TAIL, 1 - TAIL), axis=0)
        counts = _outside(features, low, high)
        most = int(np.quantile(counts, USUAL, method="higher"))
        return cls(low=tuple(low.tolist()), high=tuple(high.tolist()), most=most)

    def unusual(self, features: Floats) -> Bools:
        """Return a mask [n] of the events with too many features [n, k] outside of their ranges.

        Unknown features (NaN) are not counted.
        """
        counts = _outside(features, np.array(self.low), np.array(self.high))
        return np.asarray(counts > self.most, np.bool_)


def _outside(features: Floats, low: Floats, high: Floats) -> Ints:
    """Return the number of features of each event [n] outside of their ranges."""
    with np.errstate(invalid="ignore"):
        return np.asarray(((features < low) | (features > high)).sum(axis=1), np.int64)
