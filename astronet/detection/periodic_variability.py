"""Variability of the star with the period of a signal."""

from typing import NamedTuple, Self

import numpy as np
from scipy import fft

from astronet.detection.grid import Grid
from astronet.detection.measurement import Measurement
from astronet.lightcurves.arrays import Bools, Floats

_POWER = 100.0
"""Power of a sinusoid above which the star counts as variable, relative to the noise around it."""

_FEWEST_CELLS = 100
"""Smallest number of cells out of transit."""

_FEWEST_CYCLES = 5.0
"""Smallest number of cycles of a sinusoid in the light curve.

With fewer cycles, slow variations have power at all periods.
"""

_HARMONICS = (0.5, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0)
"""Frequencies of the sinusoids [1 / period]."""

_NEAREST, _FARTHEST, _RANGE = 3.0, 30.0, 0.7
"""Distances of the compared frequencies [1 / time span], and the largest one relative to the
frequency."""

_STEPS, _NEARLY = 4, 0.8
"""Number of frequencies per independent frequency on either side of a peak, and the smallest power
at the peak relative to them."""

_LONG = 8.0
"""Period above which enough data are left without transits and second dips [durations]."""

_OVERSAMPLING = 2
"""Number of frequencies per independent frequency."""

_CYCLES_PER_TRANSIT, _SLOWEST = 0.15, 1.0
"""Smallest number of cycles of a pulsation in a transit duration, and its longest period [d] if
there are fewer."""

_STRONG = 1.0
"""Smallest amplitude of a pulsation, relative to the depth of the transits."""


class _Spectrum(NamedTuple):
    """Squared amplitudes of sinusoids, in units of their variance for white noise.

    Attributes:
        time: Time of each cell in a segment [cells] [d].
        flux: Flux minus its mean [cells]; interpolated where it is not used.
        variance: Variance of the used flux.
        power: Power at each multiple of the spacing [frequencies].
        spacing: Spacing of the frequencies [1/d].
        span: Length of the light curve [d].
    """

    time: Floats
    flux: Floats
    variance: float
    power: Floats
    spacing: float
    span: float

    @classmethod
    def of(cls, grid: Grid, used: Bools) -> Self:
        """Return the spectrum of the flux in some cells [cells]; the others are interpolated."""
        inside = np.zeros(len(used), np.bool_)
        for start, stop in zip(grid.starts, grid.stops, strict=True):
            inside[start:stop] = True
        cells = np.arange(len(used))
        flux = np.interp(cells, cells[used], grid.flux[used])[inside]
        flux -= grid.flux[used].mean()
        time = grid.time[inside]
        place = np.rint((time - time.min()) / grid.step).astype(np.int64)
        size = fft.next_fast_len(_OVERSAMPLING * (int(place.max()) + 1), real=True)
        variance = max(float(np.var(grid.flux[used])), 1e-300)
        power = np.abs(fft.rfft(np.bincount(place, flux, size))) ** 2 / (0.5 * len(flux) * variance)
        return cls(time, flux, variance, power, 1 / (size * grid.step), grid.span)

    def is_peak(self, frequency: float) -> bool:
        """Return whether a frequency [1/d] has a peak that is far above the noise around it."""
        place = round(frequency / self.spacing)
        power = float(self.power[max(place - 1, 1) : place + 2].max(initial=0.0))
        if power < _POWER or power < _POWER * self.around(frequency):
            return False
        powers = self._exact_powers(frequency)
        return bool(powers[_STEPS] > _NEARLY * powers.max())

    def around(self, frequency: float) -> float:
        """Return the larger median power at lower and at higher frequencies [1/d]."""
        near, far = _NEAREST / self.span, min(_FARTHEST / self.span, _RANGE * frequency)
        sides = [(frequency - far, frequency - near), (frequency + near, frequency + far)]
        medians = []
        for low, high in sides:
            first, last = int(np.ceil(low / self.spacing)), int(high / self.spacing) + 1
            values = self.power[max(first, 1) : last]
            medians.append(float(np.median(values)) if len(values) >= 2 else np.inf)
        return max(medians)

    def _exact_powers(self, frequency: float) -> Floats:
        """Return the power at a frequency [1/d] and at those around it [2 steps + 1]."""
        step = 1 / (_STEPS * self.span)
        time = self.time - self.time[0]
        wave = self.flux * np.exp(-2j * np.pi * (frequency - _STEPS * step) * time)
        to_next = np.exp(-2j * np.pi * step * time)
        sums = []
        for _ in range(2 * _STEPS + 1):
            sums.append(wave.sum())
            wave = wave * to_next
        return np.asarray(np.abs(sums) ** 2 / (0.5 * len(self.flux) * self.variance), np.float64)


def varies_with_period(grid: Grid, signal: Measurement, dip: float | None = None) -> bool:
    """Return whether the flux out of transit varies with the signal's period.

    Sinusoids with twice the period, the period, and a half to a sixth of it are compared with those
    of neighbouring frequencies. A pulsation with a period of up to a day, or seven transit
    durations, that is stronger than the transits can also cause a signal, because the noise model
    does not remove it completely; then the period of the signal is arbitrary.

    Args:
        grid: Light curve without the transits of other signals.
        signal: Signal.
        dip: Time from a transit to a second dip [d], which is no variability.
    """
    period = signal.train.period
    used = grid.observed & (_distance(grid, signal, 0.0) > signal.duration)
    if dip is not None and period > _LONG * signal.duration:
        used &= _distance(grid, signal, dip) > signal.duration
    if used.sum() < _FEWEST_CELLS or not np.ptp(grid.flux[used]) > 0:
        return False
    spectrum = _Spectrum.of(grid, used)
    for harmonic in _HARMONICS:
        frequency = harmonic / period
        if frequency * spectrum.span < _FEWEST_CYCLES or 2 * frequency * grid.step > 1:
            continue
        if spectrum.is_peak(frequency):
            return True
    return _pulsates(spectrum, signal)


def _distance(grid: Grid, signal: Measurement, delay: float) -> Floats:
    """Return the time from each cell to the nearest transit [cells], or to a time after it [d]."""
    period = signal.train.period
    since = grid.time - signal.train.epoch - delay
    return np.asarray(np.abs((since + period / 2) % period - period / 2), np.float64)


def _pulsates(spectrum: _Spectrum, signal: Measurement) -> bool:
    """Return whether a fast pulsation is clear, and stronger than the transits."""
    slowest = max(signal.duration / _CYCLES_PER_TRANSIT, _SLOWEST)
    lowest = max(1 / slowest, _FEWEST_CYCLES / spectrum.span)
    first = int(lowest / spectrum.spacing)
    if first >= len(spectrum.power) - 1:
        return False
    place = first + int(np.argmax(spectrum.power[first:]))
    power, frequency = float(spectrum.power[place]), place * spectrum.spacing
    amplitude = np.sqrt(2 * power / len(spectrum.flux) * spectrum.variance)
    strong = power > _POWER and amplitude > _STRONG * signal.depth
    return bool(strong and power > _POWER * spectrum.around(frequency))
