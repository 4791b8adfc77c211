"""Centroid statistics of a star's events, measured in its light curve.

The functions are stateless, so they can run in worker processes.
"""

import logging
from collections.abc import Collection, Sequence

import numpy as np

from astronet.errors import LightCurveError
from astronet.lightcurves.ephemeris import Ephemeris
from astronet.lightcurves.lightcurve import LightCurve
from astronet.missions import ReaderOptions
from astronet.missions.reader import PipelineReader
from astronet.vetting.centroid import centroid_statistic
from astronet.vetting.centroid_shifts import has_centroids

_logger = logging.getLogger("astronet")


def reading_centroids(reader: ReaderOptions) -> ReaderOptions:
    """Return reader options with which centroids are read, if the files can contain any.

    The flux-weighted centroids are read unless the options select others.
    """
    if isinstance(reader, PipelineReader) and reader.centroid is None:
        return reader.model_copy(update={"centroid": "moments"})
    return reader


def measured_centroids(
    curve: LightCurve, events: Sequence[Ephemeris], wanted: Collection[int]
) -> list[float]:
    """Return the centroid statistic of each event [n]; NaN if it cannot be measured.

    The transits of the other events are masked.

    Args:
        curve: Raw light curve.
        events: Ephemerides of all events of the star [n].
        wanted: Positions in `events` of those whose statistic is measured; that of the others is
            NaN.
    """
    found = [np.nan] * len(events)
    for k in wanted if has_centroids(curve) else ():
        try:
            found[k] = centroid_statistic(curve, events[k], (*events[:k], *events[k + 1 :]))
        except (LightCurveError, np.linalg.LinAlgError) as error:
            _logger.debug("star %s, event %d: no centroid statistic: %s", curve.star, k + 1, error)
    return found
