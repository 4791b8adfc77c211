"""Consistency of the events of a train with transits of one planet."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from astronet.detection.single_events import SingleEvents
from astronet.detection.trains import Transits
from astronet.detection.whitened import Whitened
from astronet.lightcurves.arrays import Floats, Ints
from astronet.lightcurves.kernels import kernel

DEPTH_TOLERANCE = 0.3
"""Tolerated scatter of the depths of a train's transits, relative to their mean.

Deep transits differ by more than their errors because of transit-timing variations, crowding that
depends on the quarter, and spots.
"""

_FEW_TRANSITS, _WITHOUT_TWO = 10, 2.0
"""Number of transits up to which the signal-to-noise ratio without the two strongest ones, scaled
to all transits and multiplied by the second value, limits the statistic."""

_SUBSTANTIAL = 0.4
"""Smallest weight of a transit that is counted, relative to the median."""

_MOST_SHAPES = 40
"""Number of transits up to which the shape of each one is tested."""

_CLEAR_EVENT = 3.0
"""Single-event statistic above which the shape of an event is tested."""

_ACCEPTED, _REJECTED = 0.3, 0.6
"""Unexplained signal, relative to the transit signal, below which an event has full weight and
above which it has none."""

_MARGIN = 3.0
"""Significance up to which an unexplained signal is ignored [σ]."""


class Strength(NamedTuple):
    """Significance of a train of transits.

    Attributes:
        statistic: Detection statistic: the smaller of the signal-to-noise ratio divided by the
            square root of the reduced χ² of the depths, if it is above 1, and the signal-to-noise
            ratio without the strongest transit, scaled to all transits.
        snr: Signal-to-noise ratio of all transits.
        chi_squared: Reduced χ² of the depths, with a tolerance of 30 %.
        transits: Number of transits whose shape agrees with a transit.
    """

    statistic: float
    snr: float
    chi_squared: float
    transits: int


def strength(
    transits: Transits, events: SingleEvents, similar: Sequence[SingleEvents], curve: Whitened
) -> Strength:
    """Return the significance of a train of transits.

    Args:
        transits: Observed transits of the train.
        events: Fits of single transits of the train's duration.
        similar: The same for similar durations, with which the shapes are compared.
        curve: Light curve with its noise model.

    An event whose shape disagrees with a transit, such as a jump of the flux, is not used; the test
    is the χ² of the whitened flux, as in the Kepler pipeline (Seader et al. 2013). The statistic
    must be large without the strongest event and for equal depths, so that a few glitches do not
    make a signal; the tolerance of the depths keeps it large for deep transits.
    """
    numerator, weight = transits.numerator, transits.weight
    if len(numerator) <= _MOST_SHAPES:
        kept = shape_weights(transits, events, similar, curve)
        used = kept > 0
        numerator, weight = (numerator * kept)[used], (weight * kept)[used]
    return combined_strength(numerator, weight)


def combined_strength(numerator: Floats, weight: Floats) -> Strength:
    """Return the significance of transits with numerators and weights [transits]."""
    if len(numerator) == 0:
        return Strength(0.0, 0.0, np.inf, 0)
    snr, chi_squared, without_one, without_two, substantial = _combined(numerator, weight)
    if len(numerator) == 1:
        return Strength(snr, snr, np.nan, 1)
    limits = [snr / np.sqrt(max(chi_squared, 1.0)), without_one]
    if 3 <= len(numerator) <= _FEW_TRANSITS:
        limits.append(_WITHOUT_TWO * without_two)
    return Strength(float(min(limits)), snr, chi_squared, int(substantial))


@kernel()
def _combined(numerator: Floats, weight: Floats) -> tuple[float, float, float, float, int]:
    """Return sums over transits with numerators and weights [transits].

    The result contains the signal-to-noise ratio, the reduced χ² of the depths, the signal-to-noise
    ratios without the strongest transit and without the two strongest ones, scaled to all transits,
    and the number of transits with a substantial weight.
    """
    total, information = numerator.sum(), weight.sum()
    depth = total / information
    squares, first, second = 0.0, -1, -1
    for i in range(len(weight)):
        variance = weight[i] * (1 + DEPTH_TOLERANCE**2 * depth**2 * weight[i])
        squares += (numerator[i] - depth * weight[i]) ** 2 / variance
        ratio = numerator[i] / np.sqrt(weight[i])
        if first < 0 or ratio > numerator[first] / np.sqrt(weight[first]):
            first, second = i, first
        elif second < 0 or ratio > numerator[second] / np.sqrt(weight[second]):
            second = i
    rest, others = 0.0, 0.0
    for i in range(len(weight)):
        if i != first and i != second:
            rest += numerator[i]
            others += weight[i]
    root, one, two = np.sqrt(information), 0.0, 0.0
    if second >= 0:
        one = (rest + numerator[second]) / (others + weight[second]) * root
    if others > 0:
        two = rest / others * root
    substantial = (weight > _SUBSTANTIAL * np.median(weight)).sum()
    return total / root, squares / max(len(weight) - 1, 1), one, two, substantial


def shape_weights(
    transits: Transits, events: SingleEvents, similar: Sequence[SingleEvents], curve: Whitened
) -> Floats:
    """Return a factor between 0 and 1 for each event [transits]; 1 if it is transit-shaped.

    The unexplained signal is the excess of the whitened flux's χ² over its expectation plus 3 σ,
    relative to the squared statistic of the event. It is the smallest one for the given durations
    and mid-transits up to one cell away, because neither is exact. The expectation is the larger
    of the scatters of the statistic and of the whitened flux: if the noise model includes transits,
    because the light curve is short, the former is too small. The flux is compared until the next
    event begins.
    """
    squared = transits.numerator**2 / transits.weight
    clear = np.flatnonzero(squared > _CLEAR_EVENT**2)
    factor = np.ones(len(squared))
    if len(clear) == 0:
        return factor
    cells = transits.cell[clear]
    spacing = int(np.abs(np.diff(transits.cell)).min(initial=len(curve.residual)))
    scatter = np.maximum(events.scale[cells], curve.scatter[cells])
    variance = np.clip(scatter**2, 0.3, 10.0)
    excess = np.full(len(cells), np.inf)
    for one in similar:
        template = one.whitened_template[:spacing]
        _reduce_unexplained(curve.residual, template, cells - one.half, variance, excess)
    unexplained = np.maximum(excess, 0.0) / squared[clear]
    factor[clear] = np.clip((_REJECTED - unexplained) / (_REJECTED - _ACCEPTED), 0.0, 1.0)
    return factor


@kernel()
def _reduce_unexplained(
    residual: Floats, template: Floats, starts: Ints, variance: Floats, excess: Floats
) -> None:
    """Fit a template to each event, and update the smallest unexplained signal [events].

    The unexplained signal is the excess of χ² over its expectation and 3 σ. The template is fitted
    at the given first cells and one cell earlier and later.
    """
    for event in range(len(starts)):
        for shift in range(-1, 2):
            product, norm, square, used = 0.0, 0.0, 0.0, 0
            for i in range(len(template)):
                cell = starts[event] + shift + i
                if 0 <= cell < len(residual):
                    product += residual[cell] * template[i]
                    norm += template[i] ** 2
                    square += residual[cell] ** 2
                    used += 1
            if norm > 0 and product > 0:
                left = (square - product**2 / norm) / variance[event]
                excess[event] = min(excess[event], left - used - _MARGIN * np.sqrt(2.0 * used))
