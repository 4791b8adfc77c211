"""Compilation of all kernels that the search calls."""

import numpy as np

from astronet.detection.search import find_transits
from astronet.detection.settings import SearchSettings
from astronet.lightcurves.lightcurve import LightCurve


def compile_search_kernels() -> None:
    """Compile the kernels that `find_transits` calls, or load their compiled code.

    A short light curve with a planet is searched.
    """
    time = np.arange(0, 30, 0.02)
    flux = 1000 + 0.1 * np.random.default_rng(0).standard_normal(len(time))
    flux[time % 3.7 < 0.15] -= 10
    find_transits(LightCurve("warm-up", time, flux), SearchSettings(max_signals=1))
