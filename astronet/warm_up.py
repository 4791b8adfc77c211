"""`astronet warm-up`: compile the numerical kernels ahead of time, for example in a container."""

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from astronet.catalogs.context import with_context
from astronet.detection.warming import compile_search_kernels
from astronet.errors import ConfigError
from astronet.lightcurves.degrading import compile_degradation_kernels
from astronet.lightcurves.features.warming import compile_feature_kernels
from astronet.lightcurves.kernels import KERNELS, cache_folder
from astronet.lightcurves.warming import compile_kernels
from astronet.models.forest import compile_forest_kernel

_STARS = 1000
"""Minimum number of stars for which `with_context` compares ephemerides between stars."""


@dataclass(frozen=True)
class WarmUp:
    """Result of a compilation of the kernels.

    Attributes:
        kernels: Number of kernels.
        compiled: Number of kernels that were compiled; the others had been compiled before.
        seconds: Duration of the compilation [s].
        folder: Folder of the compiled code.
    """

    kernels: int
    compiled: int
    seconds: float
    folder: Path


def warm_up() -> WarmUp:
    """Compile all numerical kernels and save the compiled code, from which later processes load it.

    Raises:
        ConfigError: No folder for the compiled code is writable.
    """
    begin, before = time.monotonic(), _compiled()
    compile_kernels()
    compile_search_kernels()
    compile_feature_kernels()
    compile_forest_kernel()
    compile_degradation_kernels()
    with_context(_survey())
    folder = cache_folder()
    if folder is None:
        raise ConfigError(
            "no folder for compiled code is writable; set the environment variable "
            "NUMBA_CACHE_DIR to a writable folder, also for the commands that follow"
        )
    seconds = time.monotonic() - begin
    return WarmUp(len(KERNELS), len(_compiled() - before), seconds, folder)


def _compiled() -> set[int]:
    """Return the identities of the kernels compiled in this process, for one or several types."""
    return {id(kernel) for kernel in KERNELS if sum(kernel.stats.cache_misses.values())}


def _survey() -> pd.DataFrame:
    """Return a table with one event per star, with enough stars to compare their ephemerides."""
    stars = np.arange(_STARS)
    return pd.DataFrame({"star": stars, "period_days": stars + 1.0, "epoch_bkjd": 0.0})
