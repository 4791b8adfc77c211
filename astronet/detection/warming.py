"""Compilation of all kernels that the search calls."""

import logging

import numpy as np

from astronet.detection.search import find_transits
from astronet.detection.settings import SearchSettings
from astronet.lightcurves.lightcurve import LightCurve

_STAR = "light curve for compiling kernels"


def compile_search_kernels() -> None:
    """Compile the kernels that `find_transits` calls, or load their compiled code.

    A short light curve with a planet is searched. Messages about it are not logged.
    """
    time = np.arange(0, 30, 0.02)
    flux = 1000 + 0.1 * np.random.default_rng(0).standard_normal(len(time))
    flux[time % 3.7 < 0.15] -= 10
    logger = logging.getLogger("astronet")
    logger.addFilter(_is_about_other_stars)
    try:
        find_transits(LightCurve(_STAR, time, flux), SearchSettings(max_signals=2))
    finally:
        logger.removeFilter(_is_about_other_stars)


def _is_about_other_stars(record: logging.LogRecord) -> bool:
    return _STAR not in record.getMessage()
