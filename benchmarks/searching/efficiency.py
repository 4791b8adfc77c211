"""Signal detection efficiency of box least squares: the statistic of its peaks.

It is the height of a peak above the median of the periodogram at similar periods. The unit is the
standard deviation of these heights over the whole periodogram, as in TLS (Hippke & Heller 2019,
§2.3) and, without the median, in Kovács et al. 2002; or the robust scatter at similar periods. For
an injection, which is searched only near its period, the periodogram is that of the star without
the injection. This favours the engine: an injection increases the scatter of the periodogram.
"""

from typing import Any, Literal

import numpy as np

from benchmarks.searching.engines import Signal

Scale = Literal["whole", "local"]

_MAD_TO_SIGMA = 1.4826


def efficiency(signal: Signal, background: dict[str, Any], scale: Scale = "whole") -> Signal:
    """Return the signal with its detection efficiency as the statistic, in place of the power.

    Args:
        signal: Signal whose statistic is the power of its peak.
        background: Statistics of the periodogram by interval of the period.
        scale: Unit of the height: the scatter of the whole periodogram, or at similar periods.
    """
    edges, median = background["edges"], background["median"]
    middle, place = (edges[:-1] + edges[1:]) / 2, np.log(signal.period)
    if scale == "local":
        unit = _MAD_TO_SIGMA * float(np.interp(place, middle, background["deviation"]))
    else:
        squares = background["std"] ** 2 + (background["mean"] - median) ** 2
        unit = float(np.sqrt(np.average(squares, weights=background["count"])))
    height = signal.statistic - float(np.interp(place, middle, median))
    return signal._replace(statistic=height / unit)
