"""Compilation of all kernels that the features of views call."""

import numpy as np

from astronet.lightcurves.ephemeris import Ephemeris
from astronet.lightcurves.features.event import view_features


def compile_feature_kernels() -> None:
    """Compile the kernels that `view_features` calls, or load their compiled code.

    The features of a view with a transit and noise are computed.
    """
    view = np.random.default_rng(0).normal(0, 0.1, 2001)
    view[980:1021] -= 1
    view_features(view, Ephemeris(10.0, 0.0, 0.2))
