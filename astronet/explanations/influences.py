"""Inputs that change the score of an event most, in one sentence."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from astronet.errors import LightCurveError
from astronet.explanations.event import Event
from astronet.explanations.removal import without
from astronet.lightcurves.arrays import Views

SMALL = 0.5
"""Change of the logit below which an input has little influence."""

_NEGLIGIBLE = 0.01
"""Score below which a change is not described."""

_LOWEST = 1e-4  # scores closer to 0 and 1 are treated as this score


@dataclass(frozen=True)
class Influence:
    """Score of an event without one of its inputs.

    Attributes:
        part: Description of the input, for example "the star's other events".
        score: Score without it; NaN if it could not be computed.
    """

    part: str
    score: float


def without_secondary(event: Event) -> Mapping[str, Views] | None:
    """Return the views of an event without its deepest dip out of transit.

    The result is None if there is no global view, or the views cannot be computed.
    """
    phase = event.secondary
    if phase is None:
        return None
    try:
        return without(event, phase).views
    except LightCurveError:
        return None


def influence_sentence(score: float, parts: Sequence[Influence]) -> str:
    """Return which of some inputs changes a score most, as one sentence; "" if it is unknown.

    Args:
        score: Score with all inputs.
        parts: Scores without one input each.
    """
    known = [part for part in parts if np.isfinite(part.score)]
    if not np.isfinite(score) or not known:
        return ""
    largest = max(known, key=lambda part: abs(_logit(part.score) - _logit(score)))
    if abs(_logit(score) - _logit(largest.score)) < SMALL:
        tried = _enumerated([part.part for part in known])
        return (
            "The score depends mainly on the shape of the transit and the light curve as a whole: "
            f"without {tried}, it would change by less than "
            f"{max(abs(part.score - score) for part in known) + 0.005:.2f}."
        )
    if max(score, largest.score) < _NEGLIGIBLE:
        return f"The score is below {_NEGLIGIBLE:g} with and without any of the inputs."
    return (
        f"The score changes most without {largest.part}: it would be {largest.score:.2g} instead "
        f"of {score:.2g}."
    )


def _logit(score: float) -> float:
    inside = min(max(score, _LOWEST), 1 - _LOWEST)
    return float(np.log(inside / (1 - inside)))


def _enumerated(words: Sequence[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} or {last}" if first else last
