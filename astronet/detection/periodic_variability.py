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

_NEAREST, _FARTHEST = 3.0, 30.0
"""Distances of the compared frequencies [1 / time span]; the second one is halved near 0."""

_OVERSAMPLING = 2
"""Number of frequencies per independent frequency."""

_CYCLES_PER_TRANSIT = 0.2
"""Smallest number of cycles of a pulsation in a transit duration."""

_STRONG = 1.0
"""Smallest amplitude of a pulsation, relative to the depth of the transits."""


class _Spectrum(NamedTuple):
    """Squared amplitudes of sinusoids, in units of their variance for white noise.

    Attributes:
        power: Power at each multiple of the spacing [frequencies].
        spacing: Spacing of the frequencies [1/d].
        span: Length of the light curve [d].
        variance: Variance of the flux out of transit.
        cells: Number of cells; it is the power of a sinusoid without noise.
    """

    power: Floats
    spacing: float
    span: float
    variance: float
    cells: int

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
        series = np.bincount(place, flux, size)
        variance = float(np.var(grid.flux[used]))
        power = np.abs(fft.rfft(series)) ** 2 / (0.5 * len(flux) * max(variance, 1e-300))
        return cls(power, 1 / (size * grid.step), grid.span, variance, len(flux))

    def at(self, frequency: float) -> float:
        """Return the largest power within half an independent frequency of a frequency [1/d]."""
        place = round(frequency / self.spacing)
        return float(self.power[max(place - 1, 1) : place + 2].max(initial=0.0))

    def around(self, frequency: float) -> float:
        """Return the larger median power at lower and at higher frequencies [1/d]."""
        near, far = _NEAREST / self.span, min(_FARTHEST / self.span, 0.7 * frequency)
        sides = [(frequency - far, frequency - near), (frequency + near, frequency + far)]
        medians = []
        for low, high in sides:
            first, last = int(np.ceil(low / self.spacing)), int(high / self.spacing) + 1
            values = self.power[max(first, 1) : last]
            medians.append(float(np.median(values)) if len(values) >= 2 else np.inf)
        return max(medians)


def varies_with_period(grid: Grid, signal: Measurement) -> bool:
    """Return whether the flux out of transit varies with the signal's period.

    Sinusoids with twice the period, the period, and a half to a sixth of it are compared with those
    of neighbouring frequencies. A pulsation with a period of up to five transit durations that is
    stronger than the transits can also cause a signal, because the noise model does not remove it
    completely; then the period of the signal is arbitrary.

    Args:
        grid: Light curve without the transits of other signals.
        signal: Signal.
    """
    period = signal.train.period
    phase = np.abs((grid.time - signal.train.epoch + period / 2) % period - period / 2)
    used = grid.observed & (phase > signal.duration)
    if used.sum() < _FEWEST_CELLS or not np.ptp(grid.flux[used]) > 0:
        return False
    spectrum = _Spectrum.of(grid, used)
    for harmonic in _HARMONICS:
        frequency = harmonic / period
        if frequency * spectrum.span < _FEWEST_CYCLES or 2 * frequency * grid.step > 1:
            continue
        power = spectrum.at(frequency)
        if power > _POWER and power > _POWER * spectrum.around(frequency):
            return True
    return _pulsates(spectrum, signal)


def _pulsates(spectrum: _Spectrum, signal: Measurement) -> bool:
    """Return whether a fast pulsation is clear, and stronger than the transits."""
    lowest = max(_CYCLES_PER_TRANSIT / signal.duration, _FEWEST_CYCLES / spectrum.span)
    first = int(lowest / spectrum.spacing)
    if first >= len(spectrum.power) - 1:
        return False
    place = first + int(np.argmax(spectrum.power[first:]))
    power, frequency = float(spectrum.power[place]), place * spectrum.spacing
    amplitude = np.sqrt(2 * power / spectrum.cells * spectrum.variance)
    strong = power > _POWER and amplitude > _STRONG * signal.depth
    return bool(strong and power > _POWER * spectrum.around(frequency))
