"""Features of an event's siblings: the other events of the same star, and their scores.

A star with one planet is more likely than other stars to have a second one (Lissauer et al. 2012,
ApJ 750, 112), and the events of an eclipsing binary or of a noisy star are usually all rejected.
The logits of the siblings must come from a network that was not trained on the star. In folds by
star, all events of a star are in the same fold, so that this is the case for out-of-fold logits.
"""

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from astronet.catalogs.similar import PERIODS, similar_pairs
from astronet.errors import CatalogError, counted
from astronet.lightcurves.arrays import Bools, Floats, Ints
from astronet.lightcurves.features.definition import Feature

SIBLINGS = (
    Feature("sibling_events", "number of siblings; 0 marks an event without siblings"),
    Feature("sibling_scores", "number of siblings with a score"),
    Feature("sibling_highest", "highest logit of the siblings"),
    Feature("sibling_second", "second highest logit of the siblings"),
    Feature("sibling_mean", "mean logit of the siblings"),
    Feature("sibling_sum", "sum of the logits of the siblings"),
    Feature("sibling_planets", "sum of the probabilities of the siblings"),
    Feature("ratio_to_highest", "log10(period of the sibling with the highest logit / period)"),
    Feature("ratio_to_nearest", "log10(nearest period of a sibling / period)"),
    Feature("sibling_resonance", "log10 of the distance of a period ratio from an integer"),
    Feature("companion_depth", "log10(depth of the deepest sibling at the same period / depth)"),
    Feature("companion_phase", "difference between the phases of the two, 0 to 0.5"),
    Feature("companion_logit", "logit of that sibling"),
)
"""Features of the siblings.

Features that are computed from no sibling are NaN: the logits if no sibling has a score (the second
highest logit if fewer than two have one), the ratios if no sibling has a period. The distance is
|r − round(r)| / r for the ratio r ≥ 1 of two periods, the smallest one of all siblings, and at
least 1e-6. Siblings have the same period if the relative difference is below 1e-3: one of them can
be the secondary eclipse of the other. All features of a star with more than `MOST_EVENTS` events
are NaN."""

MOST_EVENTS = 100
"""Maximum number of events of a star whose siblings are compared; more are not transit signals."""

_FINEST = 1e-6
"""Assumed relative precision of the periods."""


def sibling_features(
    stars: Ints, periods: Floats, epochs: Floats, logits: Floats, depths: Floats | None = None
) -> Floats:
    """Return the features `SIBLINGS` of n events [n, len(SIBLINGS)].

    Rows of a star whose periods differ by less than 0.1 % and whose transit times differ by less
    than 0.1 d are the same event, found twice. They are no siblings of each other, and count as one
    sibling of other events, with their mean logit.

    Args:
        stars: Star of each event [n].
        periods: Periods [n] [d]; NaN if unknown.
        epochs: Epochs [n] [d]; NaN if unknown.
        logits: Logits [n] of scores; NaN for an event without a score.
        depths: log10 of the relative depths [n] of the events of a star, in any unit that is the
            same for them; NaN if unknown. None means that all are unknown.

    Raises:
        CatalogError: The arrays differ in length.
    """
    if len({len(stars), len(periods), len(epochs), len(logits)}) > 1:
        raise CatalogError(
            f"found {counted(len(stars), 'star')}, {len(periods)} periods, {len(epochs)} epochs "
            f"and {len(logits)} logits; give one of each per event"
        )
    number = np.unique(stars, return_inverse=True)[1]
    event, rows = _events(number, periods, epochs)
    scored = np.isfinite(logits)
    size = len(rows)
    count = np.bincount(event[scored], minlength=size)
    total = np.bincount(event[scored], logits[scored], size)
    mean = total / np.where(count > 0, count, np.nan)
    found = _of_events(number[rows], periods[rows], mean)
    if depths is not None:
        known = np.flatnonzero(np.isfinite(depths))
        found_in, first = np.unique(event[known], return_index=True)
        deep = np.full(size, np.nan)
        deep[found_in] = depths[known[first]]
        of_events = number[rows], periods[rows], epochs[rows], deep
        found[:, 10:] = _of_same_period(*of_events, mean)
    return found[event]


def _events(number: Ints, periods: Floats, epochs: Floats) -> tuple[Ints, Ints]:
    """Return the event of each row [n], and the first row of each event [e].

    Args:
        number: Number of the star of each row [n].
        periods: Periods [n] [d].
        epochs: Epochs [n] [d].
    """
    columns = {"star": number, "period_days": periods, "epoch_bkjd": epochs}
    earlier, later = similar_pairs(pd.DataFrame(columns), ["star"])
    size = len(number)
    links = coo_array((np.ones(len(earlier), np.int8), (earlier, later)), shape=(size, size))
    event = connected_components(links, directed=False)[1].astype(np.int64)
    return event, np.unique(event, return_index=True)[1]


def _of_events(number: Ints, periods: Floats, logits: Floats) -> Floats:
    """Return the features `SIBLINGS` [e] of events of which none occurs twice."""
    of, other, crowded = _pairs(number)
    n = len(number)
    found = np.full((n, len(SIBLINGS)), np.nan)
    found[:, 0] = np.bincount(of, minlength=n)
    found[:, 1:7] = _of_logits(of, other, logits, n)
    found[:, 7:10] = _of_periods(of, other, periods, logits, n)
    found[crowded] = np.nan
    return found


def _pairs(number: Ints) -> tuple[Ints, Ints, Bools]:
    """Return all pairs of different events of one star, and the events [n] of crowded stars.

    Args:
        number: Number of the star of each event [n], counted from 0.

    Returns:
        The rows of an event and of another event of its star [p], sorted by the first, and the mask
        [n] of the events of stars with more than `MOST_EVENTS` events, which are in no pair.
    """
    crowded = np.bincount(number)[number] > MOST_EVENTS
    usable = np.flatnonzero(~crowded)
    order = usable[np.argsort(number[usable], kind="stable")]
    pairs = [np.empty((2, 0), np.int64)]
    for step in range(1, len(order)):
        one, two = order[:-step], order[step:]
        together = number[one] == number[two]
        if not together.any():
            break
        pairs += [
            np.stack([one[together], two[together]]),
            np.stack([two[together], one[together]]),
        ]
    of, other = np.concatenate(pairs, axis=1)
    sorted_by_event = np.lexsort((other, of))
    return of[sorted_by_event], other[sorted_by_event], crowded


def _of_logits(of: Ints, other: Ints, logits: Floats, n: int) -> Floats:
    """Return the number of scores, the two highest logits, mean, sum and planets [n, 6]."""
    scored = np.isfinite(logits[other])
    of, values = of[scored], logits[other[scored]]
    count = np.bincount(of, minlength=n)
    total = np.bincount(of, values, n)
    planets = np.bincount(of, 1 / (1 + np.exp(-np.clip(values, -700, 700))), n)
    ranked = np.lexsort((-values, of))
    first = np.flatnonzero(np.diff(of[ranked], prepend=-1))
    highest, second = np.full(n, np.nan), np.full(n, np.nan)
    highest[of[ranked][first]] = values[ranked][first]
    follows = first[count[of[ranked][first]] > 1]
    second[of[ranked][follows]] = values[ranked][follows + 1]
    mean = total / np.where(count > 0, count, np.nan)
    total, planets = np.where(count > 0, total, np.nan), np.where(count > 0, planets, np.nan)
    return np.stack([count, highest, second, mean, total, planets], axis=1)


def _of_periods(of: Ints, other: Ints, periods: Floats, logits: Floats, n: int) -> Floats:
    """Return the ratios to two siblings and the distance from a resonance [n, 3]."""
    with np.errstate(invalid="ignore"):
        known = (periods[of] > 0) & (periods[other] > 0)
    known &= np.isfinite(periods[of]) & np.isfinite(periods[other])
    of, other = of[known], other[known]
    ratio = np.log10(periods[other] / periods[of])
    found = np.full((n, 3), np.nan)
    score = logits[other]
    for column, order in enumerate((-score, np.abs(ratio))):
        ranked = np.lexsort((order, of))  # NaN is last
        first = ranked[np.flatnonzero(np.diff(of[ranked], prepend=-1))]
        first = first[np.isfinite(order[first])]
        found[of[first], column] = ratio[first]
    longer = 10 ** np.abs(ratio)
    distance = np.abs(longer - np.round(longer)) / longer
    smallest = np.full(n, np.inf)
    np.minimum.at(smallest, of, np.maximum(distance, _FINEST))
    usable = np.isfinite(smallest)
    found[usable, 2] = np.log10(smallest[usable])
    return found


def _of_same_period(
    number: Ints, periods: Floats, epochs: Floats, depths: Floats, logits: Floats
) -> Floats:
    """Return the relative depth, phase and logit of the deepest sibling at the same period [e, 3].

    The arguments are those of `sibling_features` for events [e] of which none occurs twice.
    """
    of, other, _ = _pairs(number)
    found = np.full((len(number), 3), np.nan)
    with np.errstate(invalid="ignore", divide="ignore"):
        alike = np.abs(periods[other] / periods[of] - 1) < PERIODS
    alike &= np.isfinite(depths[other]) & np.isfinite(depths[of])
    of, other = of[alike], other[alike]
    ranked = np.lexsort((-depths[other], of))
    first = ranked[np.flatnonzero(np.diff(of[ranked], prepend=-1))]
    of, other = of[first], other[first]
    cycles = (epochs[other] - epochs[of]) / periods[of]
    found[of, 0] = depths[other] - depths[of]
    found[of, 1] = np.abs(cycles - np.round(cycles))
    found[of, 2] = logits[other]
    return found
