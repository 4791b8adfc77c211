"""Compilation of all kernels that the preparation of light curves calls."""

import numpy as np

from astronet.lightcurves.ephemeris import Ephemeris
from astronet.lightcurves.kernels import announce, cache_folder
from astronet.lightcurves.lightcurve import LightCurve
from astronet.lightcurves.preparation import prepare_star
from astronet.lightcurves.settings import Preparation
from astronet.lightcurves.view_specs import KNOWN_VIEWS


def compile_kernels() -> None:
    """Compile the kernels that `prepare_star` calls, or load their compiled code.

    The views of a short light curve with two events are prepared.
    """
    time = np.arange(0, 12, 0.02)
    flux = 1000 + np.sin(time)
    for period in (1.5, 2.5):
        flux[(time % period) < 0.1] -= 10
    curve = LightCurve("warm-up", time, flux, np.repeat([0, 1], len(time) // 2))
    events = [Ephemeris(period, 0.05, 0.1) for period in (1.5, 2.5)]
    preparation = Preparation(mask_transits=True, remove_other_transits=True)
    prepare_star(curve, events, KNOWN_VIEWS, preparation)


def compile_before_workers() -> None:
    """Compile all kernels in this process, so that workers started later load the compiled code.

    Otherwise, all workers would compile the same kernels at the same time. If no folder for
    compiled code is writable, nothing can be shared, and the kernels are not compiled here.
    """
    if cache_folder() is None:
        announce()
    else:
        compile_kernels()
