"""Folded light curves of candidates, binned for a figure.

The functions are stateless, so they can run in worker processes.
"""

from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from astronet.errors import AstronetError
from astronet.execution.engine import Engine, run_stars
from astronet.lightcurves.arrays import Floats
from astronet.lightcurves.binning import bin_median
from astronet.lightcurves.detrend import flatten
from astronet.lightcurves.ephemeris import Ephemeris
from astronet.lightcurves.phase import fold, without_other_transits
from astronet.lightcurves.phase_bins import bin_centres
from astronet.missions.other_missions import read_star
from astronet.stars.search import SearchRecipe
from astronet.stars.views import Star, stars_in

if TYPE_CHECKING:
    import pandas as pd  # slow to import; every worker process imports this module

_WHOLE_BINS, _WIDEST_BIN = 400, 0.25
"""Number of bins over the whole period, and their maximum width near the transit [durations]."""

_REACH, _BINS_PER_DURATION = 2.5, 8
"""Half-width of the window around the transit [durations], and its number of bins per duration."""

_MOST_POINTS = 3000
"""Maximum number of points of the light curve per window; if there are more, a subset is kept."""


class Fold(NamedTuple):
    """Light curve folded with the ephemeris of a candidate.

    Fluxes are relative to the median [ppm], and times are relative to the mid-transit [h]. An empty
    bin is NaN.

    Attributes:
        hours: Times of points near the transit [n].
        ppm: Fluxes of these points [n].
        near_hours: Centres of bins near the transit [k].
        near_ppm: Median fluxes in these bins [k].
        whole_phase: Centres of bins over the whole period [m], from −0.5 to 0.5; those near the
            transit are narrower if the transit is short.
        whole_ppm: Median fluxes in these bins [m].
    """

    hours: Floats
    ppm: Floats
    near_hours: Floats
    near_ppm: Floats
    whole_phase: Floats
    whole_ppm: Floats


def folds_of(
    recipe: SearchRecipe, candidates: "pd.DataFrame", rows: Iterable[int], where: Engine
) -> list[Fold | None]:
    """Return the folded light curves of some candidates [n]; see `fold_candidates`.

    Args:
        recipe: Settings of the search.
        candidates: All candidates of the stars.
        rows: Row positions of the candidates to fold [n] in `candidates`.
        where: Engine that runs `fold_candidates`.
    """
    stars = stars_in(candidates)
    folds: dict[int, Fold | None] = {}
    for star, found in zip(
        stars, run_stars(partial(fold_candidates, recipe), stars, where), strict=True
    ):
        folds |= {row: fold for (row, *_), fold in zip(star.events, found, strict=True)}
    return [folds[row] for row in rows]


def fold_candidates(recipe: SearchRecipe, star: Star) -> list[Fold | None]:
    """Read and detrend a star's light curve, and fold it with the ephemeris of each candidate.

    All transits are masked when the light curve is detrended. The transits of the other candidates
    are removed before it is folded, unless they are mostly those of the candidate. The result
    contains None for a candidate whose transits cannot be folded.

    Args:
        recipe: Settings of the search.
        star: Star with its candidates.
    """
    events = [Ephemeris(*ephemeris) for _, *ephemeris in star.events]
    try:
        data = read_star(recipe.mission, recipe.folder, star.star, recipe.reader)
        flat = flatten(data.curve, events)
    except AstronetError:
        return [None] * len(events)
    folds: list[Fold | None] = []
    for k, event in enumerate(events):
        try:
            rest = without_other_transits(flat, event, (*events[:k], *events[k + 1 :]))
            folds.append(_folded(fold(rest.time, event), 1e6 * (rest.flux - 1.0), event))
        except AstronetError:
            folds.append(None)
    return folds


def _folded(phase: Floats, ppm: Floats, event: Ephemeris) -> Fold:
    """Return the points near the transit and the bins of a folded light curve.

    Args:
        phase: Times since the nearest mid-transit [n] [d].
        ppm: Fluxes relative to the median [n] [ppm].
        event: Ephemeris with which the light curve is folded.
    """
    reach = min(_REACH * event.duration, 0.999 * event.period / 2)
    bins = max(round(2 * reach * _BINS_PER_DURATION / event.duration), 2)
    hours, near = _binned(phase, ppm, bins, reach)
    inside = np.flatnonzero(np.abs(phase) <= reach)
    kept = inside[:: max(len(inside) // _MOST_POINTS, 1)]
    whole = _whole_period(phase, ppm, event)
    return Fold(24 * phase[kept], ppm[kept], 24 * hours, near, whole[0] / event.period, whole[1])


def _whole_period(phase: Floats, ppm: Floats, event: Ephemeris) -> tuple[Floats, Floats]:
    """Return the centres of bins over the whole period [m] [d], and the median fluxes [m] [ppm].

    If the bins are too wide to show the transit, narrower ones replace them within a duration of
    mid-transit.
    """
    centres, flux = _binned(phase, ppm, _WHOLE_BINS, event.period / 2)
    reach = event.duration
    if event.period <= _WHOLE_BINS * _WIDEST_BIN * event.duration:
        return centres, flux
    far = np.abs(phase) > reach
    centres, flux = _binned(phase[far], ppm[far], _WHOLE_BINS, event.period / 2)
    near, depth = _binned(phase[~far], ppm[~far], round(2 / _WIDEST_BIN), reach)
    before, after = centres < -reach, centres > reach
    return (
        np.concatenate([centres[before], near, centres[after]]),
        np.concatenate([flux[before], depth, flux[after]]),
    )


def _binned(phase: Floats, ppm: Floats, bins: int, reach: float) -> tuple[Floats, Floats]:
    """Return the centres [bins] of bins from -reach to reach, and the median fluxes [bins].

    Args:
        phase: Times since the nearest mid-transit [n] [d].
        ppm: Fluxes relative to the median [n] [ppm].
        bins: Number of bins.
        reach: Half of the width of all bins [d].
    """
    width = 2 * reach / bins
    return bin_centres(bins, 2 * reach), bin_median(phase, ppm, bins, width, -reach, reach).median
