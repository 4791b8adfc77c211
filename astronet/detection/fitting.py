"""Fits of a signal with several durations and impact parameters."""

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from astronet.detection.periodogram import LONGEST_DURATION
from astronet.detection.removal import transit_model
from astronet.detection.single_events import SUBCELLS, SingleEvents
from astronet.detection.strongest import Pass, Signal
from astronet.detection.template import SMALL_PLANET, Shape
from astronet.detection.trains import OBSERVED, Search, Train, Transits
from astronet.lightcurves.arrays import Bools, Floats, Ints

_COARSE, _FINE = 1.2, 1.05
"""Ratios of the durations that are fitted; the second one is used for strong signals."""

_MOST_STEPS = 8
"""Maximum number of durations on either side of the trial duration."""

_STRONG = 15.0
"""Signal-to-noise ratio above which the shape of the transits is fitted."""

_IMPACT_PARAMETERS = (0.3, 0.6, 0.75, 0.85, 0.9, 0.95)
"""Impact parameters that are fitted in turn until the fit no longer improves."""

_IMPROVEMENT, _ACCURACY = 4.0, 1e-3
"""Increase of the squared signal-to-noise ratio that a large impact parameter requires.

The second value is relative; it is the accuracy of the limb darkening, which matters for very deep
transits.
"""

_LONG = 0.3
"""Duration above which the information that is lost in gaps is computed for each duration [d]."""

_HALVINGS = 8
"""Number of times that the steps of the refinement are halved."""

_SHORTEST = 1.2
"""Shortest duration [cells]."""


class Fit(NamedTuple):
    """Fit of a train with one duration.

    Attributes:
        events: Fits of single transits with this duration.
        search: The same, at several times per cell near the transits.
        cells: Cells near the transits [n].
        train: Train.
        transits: Observed transits, at several times per cell.
        ratio: Signal-to-noise ratio for the number of transits of the first fit.
        error: Error of the duration [d].
        shape: Shape of the transits.
    """

    events: SingleEvents
    search: Search
    cells: Ints
    train: Train
    transits: Transits
    ratio: float
    error: float
    shape: Shape

    @property
    def at(self) -> Ints:
        """Cell of each mid-transit [transits]."""
        return np.asarray(self.cells[self.transits.cell // SUBCELLS], np.int64)

    @property
    def depth(self) -> float:
        """Depth, if the transits are far apart."""
        return float(self.transits.numerator.sum() / max(self.transits.weight.sum(), 1e-300))


@dataclass(frozen=True, eq=False)
class Fitter:
    """Fits of one signal.

    Attributes:
        found: Search with a noise model that is not affected by the signal.
        signal: Signal; durations up to its trial duration are always allowed, and the scatter of
            this duration is used for all fits, so that they can be compared.
        excluded: Whether each cell is not used [cells].
        reach: Largest distance of a transit from the linear ephemeris [d]. If it is not 0, each
            transit is fitted where it is strongest.
    """

    found: Pass
    signal: Signal
    excluded: Bools
    reach: float = 0.0

    def best(self) -> Fit:
        """Return the fit with the best duration and, for strong signals, impact parameter."""
        signal = self.signal
        best = self._best_duration(signal.train, signal.duration, SMALL_PLANET, _COARSE)
        if best.train.snr <= _STRONG:
            return best
        ratio = np.clip(np.sqrt(max(best.depth, 0)), SMALL_PLANET.radius_ratio, 0.5)
        shapes = [Shape(float(round(ratio, 2)), impact) for impact in _IMPACT_PARAMETERS]
        best = other = self._best_duration(best.train, best.events.duration, shapes[0], _FINE)
        for shape in shapes[1:]:
            fit = self._best_duration(other.train, other.events.duration, shape, _FINE)
            if fit.ratio < other.ratio:
                break
            other = fit
        if other.ratio**2 > (1 + _ACCURACY) * best.ratio**2 + _IMPROVEMENT:
            best = other
        return best

    def response(self, fit: Fit) -> float:
        """Return the sum of the weighted depths of all transits, for transits with depth 1.

        It equals the sum of their weights if the transits are far apart. If the period is short,
        other transits are part of the baseline of each one.
        """
        if self.reach:
            return float(fit.transits.weight.sum())
        curve = self.found.curve
        model = transit_model(curve.grid, fit.train, fit.events.duration, fit.shape, 1.0)
        unit = replace(curve, weighted=curve.weigh(model))
        numerator = fit.events.between_cells(unit, fit.shape, fit.cells).numerator
        return float(numerator[fit.transits.cell].sum())

    def _best_duration(self, train: Train, start: float, shape: Shape, step: float) -> Fit:
        """Fit a train with several durations, and return the fit with the best one.

        Args:
            train: Period and epoch from which the fits start.
            start: Duration from which the fits start [d].
            shape: Shape of the transits.
            step: Ratio of the durations.
        """
        longest = max(LONGEST_DURATION * train.period, self.signal.duration)
        limits = _SHORTEST * self.found.curve.grid.step, longest
        first = self._fit(start, train, shape)
        durations, ratios, train = [start], [first.ratio], first.train
        for direction in (1, -1):
            for count in range(1, _MOST_STEPS + 1):
                duration = start * step ** (direction * count)
                if not limits[0] <= duration <= limits[1]:
                    break
                fit = self._fit(duration, train, shape)
                durations.append(duration)
                ratios.append(fit.ratio)
                if fit.ratio >= max(ratios):
                    train = fit.train
                elif count > 1 or fit.ratio < 0.9 * max(ratios):
                    break
        duration, error = _best_duration(np.array(durations), np.array(ratios))
        return self._fit(duration, train, shape)._replace(error=error)

    def _fit(self, duration: float, train: Train, shape: Shape) -> Fit:
        """Fit single transits with a duration [d], and a train near another one.

        The number of observed transits depends on the duration. The ratio is therefore normalised
        to a number of transits.
        """
        curve, grid = self.found.curve, self.found.curve.grid
        trial = self.found.search_with(self.signal.duration)
        similar = trial.events
        # The information that is lost in gaps depends on the duration if it is long.
        gaps = similar if duration < _LONG else None
        events = SingleEvents.of(curve, duration, shape, scale_of=similar, gaps_of=gaps)
        # Only the cells near the transits, because their fits take eight times more memory
        phase = (grid.time - train.epoch + train.period / 2) % train.period - train.period / 2
        near = np.abs(phase) <= duration + self.reach + 3 * grid.step
        observed = events.weight > OBSERVED * events.typical_weight
        cells = np.flatnonzero(near & observed & ~self.excluded)
        if len(cells) == 0:  # transits of this duration are not observed
            events = similar
            cells = np.flatnonzero(similar.weight > 0)
        fine = events.between_cells(curve, shape, cells)
        times = grid.time[cells, None] + np.arange(SUBCELLS) / SUBCELLS * grid.step
        search = Search.of(fine, times.ravel(), grid.step / SUBCELLS)
        fitted = search.near(train.period, train.epoch, _HALVINGS)
        transits = search.transits(fitted)
        if self.reach:
            transits = search.aligned(transits, self.reach)
            fitted = replace(fitted, snr=_snr(transits))
        amount = events.weight[cells[transits.cell // SUBCELLS]].sum() / events.information
        comparable = amount > 0 and events is not similar
        usual = trial.transits(self.signal.train).weight.sum() / similar.information
        ratio = fitted.snr * np.sqrt(usual / amount) if comparable else 0.0
        return Fit(events, search, cells, fitted, transits, float(ratio), np.nan, shape)


def _snr(transits: Transits) -> float:
    """Return the signal-to-noise ratio of all transits together."""
    return float(transits.numerator.sum() / np.sqrt(max(transits.weight.sum(), 1e-300)))


def _best_duration(durations: Floats, snr: Floats) -> tuple[float, float]:
    """Return the duration with the largest signal-to-noise ratio, and its error [d].

    A decrease of the squared ratio by 1 corresponds to an increase of χ² by 1, that is to 1 σ.
    """
    order = np.argsort(durations)
    durations, snr = durations[order], snr[order]
    best = int(np.argmax(snr))
    if len(durations) < 3:
        return float(durations[best]), float(durations[best] * 0.2)
    middle = min(max(best, 1), len(durations) - 2)
    near = slice(middle - 1, middle + 2)
    position = np.log(durations[near])
    square, slope, _ = np.polyfit(position - position[1], snr[near] ** 2, 2)
    if square >= 0:
        return float(durations[best]), float(durations[best] * 0.2)
    offset = float(
        np.clip(-slope / (2 * square), position[0] - position[1], position[2] - position[1])
    )
    duration = float(durations[middle] * np.exp(offset))
    return duration, float(duration * min(1.0, 1 / np.sqrt(-square)))
