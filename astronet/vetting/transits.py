"""Single transits of a signal: depths, significances, coverage, times, odd and even ones."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import chi2

from astronet.lightcurves.arrays import Bools, Floats, Ints
from astronet.vetting.amplitudes import Amplitudes
from astronet.vetting.shape import Value

COMPLETE = 0.75
"""Smallest fraction of a transit that must be observed (the Rubble test of Thompson et al. 2018,
ApJS 235, 38)."""

_TIMED = _EXPECTED = 5.0
"""Single-event statistic from which the time of a transit is measured, and expected statistic from
which the absence of a transit is noticed."""

_ABSENT = 0.3
"""Depth of an absent transit, relative to the median depth."""

MOST_ABSENT = 0.4
"""Fraction of absent transits from which a multiple of the period is more likely."""

_UNEQUAL = 0.001
"""Probability below which the scatter of the depths of odd or even transits is real."""


@dataclass(frozen=True, eq=False)
class Transits:
    """Transits [t] of a signal of which at least half is observed.

    Attributes:
        number: Number of each transit [t], counted from the epoch of the ephemeris.
        time: Expected mid-transit times [t] [d, BKJD].
        depth: Depths at mid-transit, as a fraction of the flux [t].
        error: Standard errors of the depths [t], including red noise.
        coverage: Fraction of each transit that is observed [t].
        delay: Measured minus expected mid-transit times [t] [d]; NaN if the transit is too shallow.
        delay_error: Standard errors of the delays [t] [d].
        chases: Time from each transit to the next similar event of the light curve [t], as a
            fraction of the interval that is searched (up to a tenth of the period); 1 if there is
            none (Thompson et al. 2018).
    """

    number: Ints
    time: Floats
    depth: Floats
    error: Floats
    coverage: Floats
    delay: Floats
    delay_error: Floats
    chases: Floats

    def __len__(self) -> int:
        return len(self.number)

    @property
    def statistic(self) -> Floats:
        """Single-event statistic of each transit [t]: depth in units of its error."""
        return self.depth / self.error

    @property
    def complete(self) -> Bools:
        """Whether at least 75 % of each transit is observed [t]."""
        return np.asarray(self.coverage >= COMPLETE, np.bool_)

    def mean_depth(self, chosen: Bools | None = None) -> Value:
        """Return the mean depth of all or some transits, weighted by the errors."""
        some = np.ones(len(self), np.bool_) if chosen is None else chosen
        weight = 1 / self.error[some] ** 2
        if not weight.sum() > 0:
            return Value(np.nan, np.nan)
        return Value(float(weight @ self.depth[some] / weight.sum()), float(weight.sum() ** -0.5))

    @property
    def multiple_event(self) -> float:
        """Multiple-event statistic: mean depth in units of its error (Jenkins 2002)."""
        mean = self.mean_depth()
        return mean.value / mean.error

    @property
    def absent(self) -> Bools:
        """Whether each transit is absent although it would be clear with the usual depth [t]."""
        usual = float(np.median(self.depth))
        if not usual > 0:
            return np.zeros(len(self), np.bool_)
        clear = usual / self.error >= _EXPECTED
        return np.asarray(clear & (self.depth < _ABSENT * usual), np.bool_)

    @property
    def present(self) -> Bools:
        """Whether each transit counts for comparisons of depths [t].

        A few absent transits do not: they are early or late. If many are absent, all count.
        """
        absent = self.absent
        return np.asarray(~absent | (absent.mean() >= MOST_ABSENT), np.bool_)

    def odd_even(self) -> tuple[Value, Value] | None:
        """Return the mean depths of odd and of even transits; None if one kind is missing.

        If the depths of one kind scatter by more than their errors, the scatter is included in the
        error of the mean.
        """
        means = []
        for kind in (1, 0):
            chosen = self.present & (self.number % 2 == kind)
            if not chosen.any():
                return None
            mean = self.mean_depth(chosen)
            excess, probability = scatter(self.depth[chosen], self.error[chosen])
            if probability < _UNEQUAL:
                mean = Value(mean.value, float(np.hypot(mean.error, excess / chosen.sum() ** 0.5)))
            means.append(mean)
        return means[0], means[1]


def scatter(values: Floats, errors: Floats) -> tuple[float, float]:
    """Return the scatter of values [t] in excess of their errors, and its false-alarm probability.

    The scatter is the standard deviation that has to be added to the errors so that χ² equals its
    expectation (the method of DerSimonian & Laird 1986). The probability is that of at least this
    χ² if the values are equal.
    """
    if len(values) < 2:
        return 0.0, 1.0
    weight = 1 / errors**2
    mean = float(weight @ values / weight.sum())
    chi_square = float(weight @ (values - mean) ** 2)
    spread = (chi_square - (len(values) - 1)) / (weight.sum() - (weight**2).sum() / weight.sum())
    return float(np.sqrt(max(spread, 0.0))), float(chi2.sf(chi_square, len(values) - 1))


def time_delays(
    scans: Amplitudes, statistic: Floats, ingress: float, duration: float
) -> tuple[Floats, Floats]:
    """Return the delay of each transit [t] and its error [d].

    Args:
        scans: Depths at k times around each transit, in the order of the transits [t · k].
        statistic: Single-event statistic of each transit [t].
        ingress: Duration of the ingress [d].
        duration: Duration of the transit [d].

    Returns:
        The time of the largest significance minus the middle of the scan, refined by a parabola,
        and the error of Carter et al. 2008 (ApJ 689, 499): T √(τ / 2T) / SNR.
    """
    transits = len(statistic)
    delay, error = np.full(transits, np.nan), np.full(transits, np.nan)
    if transits == 0:
        return delay, error
    strength = np.nan_to_num(scans.depth / np.sqrt(scans.variance), nan=-np.inf)
    strength = strength.reshape(transits, -1)
    steps = strength.shape[1]
    offsets = scans.centre.reshape(transits, -1)
    offsets = offsets - offsets[:, [steps // 2]]
    best = strength.argmax(axis=1)
    for k in np.flatnonzero((statistic > _TIMED) & (best > 0) & (best < steps - 1)):
        near = strength[k, best[k] - 1 : best[k] + 2]
        if not np.isfinite(near).all():
            continue
        curvature = near[0] - 2 * near[1] + near[2]
        shift = 0.5 * (near[0] - near[2]) / curvature if curvature < 0 else 0.0
        delay[k] = offsets[k, best[k]] + shift * (offsets[k, 1] - offsets[k, 0])
        error[k] = np.sqrt(ingress * duration / 2) / statistic[k]
    return delay, error


def chases(
    transits: tuple[Floats, Floats], centre: Floats, statistic: Floats, limits: tuple[float, float]
) -> Floats:
    """Return the relative distance of each transit [t] from the next similar event.

    An event is similar if its single-event statistic, positive or negative, exceeds 60 % of that of
    the transit (Thompson et al. 2018).

    Args:
        transits: Times [t] [d] and single-event statistics [t] of the transits.
        centre: Times of other events [m] [d], in ascending order.
        statistic: Their single-event statistics [m]; NaN if unknown.
        limits: Smallest and largest distance of the events that are considered [d].
    """
    times, strengths = transits
    result = np.ones(len(times))
    nearest, farthest = limits
    if farthest <= nearest:
        return result
    size = np.abs(np.nan_to_num(statistic))
    for k, (time, strength) in enumerate(zip(times, strengths, strict=True)):
        low, high = np.searchsorted(centre, (time - farthest, time + farthest))
        distance = np.abs(centre[low:high] - time)
        similar = (distance > nearest) & (size[low:high] > 0.6 * strength)
        if strength > 0 and similar.any():
            result[k] = (distance[similar].min() - nearest) / (farthest - nearest)
    return result
