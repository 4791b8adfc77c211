"""Strongest signal of a light curve: one pass of the search."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from astronet.detection.consistency import Strength, strength
from astronet.detection.periodogram import CLIPPING, LONGEST_DURATION, Periodogram, trial_durations
from astronet.detection.removal import is_deep, transit_mask
from astronet.detection.settings import SearchSettings
from astronet.detection.single_events import SingleEvents, fit_single_events
from astronet.detection.trains import Search, Train
from astronet.detection.whitened import Whitened

_PEAKS_PER_OCTAVE, _MOST_PEAKS = 10, 80
"""Number of peaks of the periodogram that are refined."""

_DURATIONS_PER_PEAK, _SIMILAR = 2, 0.85
"""Number of durations that are refined for each peak, if their statistic is at least 85 % of the
best one."""

_LEAST_LEFT = 0.1
"""Smallest fraction of the cells from which the noise can be estimated."""

_ALIASES = (1 / 2, 1 / 3, 2 / 3, 3 / 2, 2.0, 3.0)
"""Multiples of the period that are compared."""

_LONGER = 1.05
"""Smallest signal-to-noise ratio of a longer period, relative to that of a shorter one.

It is at least √(3/2) if the longer period is right, because the shorter one has more transits.
"""

_ALIAS_STRENGTH = 0.8
"""Smallest detection statistic of an alias, relative to that of the signal."""


@dataclass(frozen=True, eq=False)
class Signal:
    """Train of transits found in one pass.

    Attributes:
        train: Period, epoch and signal-to-noise ratio.
        duration: Trial duration [d].
        strength: Significance.
        sde: Signal detection efficiency of its peak in the periodogram.
    """

    train: Train
    duration: float
    strength: Strength
    sde: float

    @property
    def statistic(self) -> float:
        """Detection statistic."""
        return self.strength.statistic


@dataclass(frozen=True, eq=False)
class Pass:
    """One pass of the search: single events of all durations, and their periodogram.

    Attributes:
        curve: Light curve with its noise model.
        settings: Settings of the search.
        searches: Fits of single transits, one for each duration at which transits are observed.
        periodogram: Best statistic at each period and duration.
        limits: Shortest and longest period of aliases [d].
    """

    curve: Whitened
    settings: SearchSettings
    searches: tuple[Search, ...]
    periodogram: Periodogram
    limits: tuple[float, float]

    @classmethod
    def of(
        cls,
        curve: Whitened,
        limits: tuple[float, float],
        settings: SearchSettings,
        aliases: tuple[float, float] | None = None,
    ) -> Self | None:
        """Search a light curve once, or return None if no transit can be observed.

        Args:
            curve: Light curve with its noise model.
            limits: Shortest and longest period [d].
            settings: Settings of the search.
            aliases: Shortest and longest period of aliases [d]; by default, those above.
        """
        grid = curve.grid
        durations = trial_durations(grid.step, limits, settings)
        events = [one for one in fit_single_events(curve, durations.tolist()) if one.weight.any()]
        if not events:
            return None
        searches = tuple(Search.of(one, grid.time, grid.step) for one in events)
        periodogram = Periodogram.of(events, grid.time, grid.step, limits, settings)
        return cls(curve, settings, searches, periodogram, aliases or limits)

    def signals(self) -> list[Signal]:
        """Return the signals at the highest peaks of the periodogram, strongest first."""
        found = []
        shortest, longest = self.periodogram.limits
        number = int(np.ceil(_PEAKS_PER_OCTAVE * np.log2(longest / shortest)))
        for place in self.periodogram.peaks(min(max(number, _PEAKS_PER_OCTAVE), _MOST_PEAKS)):
            column = self.periodogram.statistic[:, place]
            rows = np.argsort(-column, kind="stable")
            rows = rows[column[rows] >= _SIMILAR * self.periodogram.best[place]]
            fits = [self._at_peak(row, int(place)) for row in rows[:_DURATIONS_PER_PEAK]]
            if self._is_clipped(fits[0]):
                fits += [self._at_peak(row, int(place)) for row in rows[_DURATIONS_PER_PEAK:]]
            found += _strongest(fits)
        return sorted(found, key=lambda signal: -signal.statistic)

    def _at_peak(self, row: int, place: int) -> Signal:
        """Return the best signal with the duration of a row near a peak of the periodogram."""
        return self._fit(row, self.periodogram.period[row, place], place)

    def _is_clipped(self, signal: Signal) -> bool:
        """Return whether the periodogram does not distinguish the durations of a signal.

        If the single-event statistics are clipped, long durations have the highest values.
        """
        transits = self.search_with(signal.duration).transits(signal.train)
        return bool(signal.train.snr > CLIPPING * np.sqrt(max(len(transits.number), 1)))

    def strongest(self) -> Signal | None:
        """Return the strongest signal at the most likely period among its aliases."""
        signals = self.signals()
        return self.resolved(signals[0]) if signals else None

    def without_its_noise(self, signal: Signal) -> Self:
        """Return the search with a noise model that is not affected by a signal.

        Deep transits count as noise in the first model, which weakens them and distorts their
        shape. The second model is estimated without them.
        """
        search = self.search_with(signal.duration)
        masked = transit_mask(self.curve.grid, signal.train, search)
        left = (self.curve.grid.observed & ~masked).mean()
        if not is_deep(search, signal.train) or left < _LEAST_LEFT:
            return self
        grid = self.curve.grid
        curve = Whitened.of(grid, masked | self.curve.dips, self.curve.memory)
        events = [
            SingleEvents.of(curve, first.duration, gaps_of=first)
            for first in (search.events for search in self.searches)
        ]
        searches = tuple(Search.of(one, grid.time, grid.step) for one in events)
        return replace(self, curve=curve, searches=searches)

    def resolved(self, signal: Signal) -> Signal:
        """Return the signal at the multiple of its period with the highest SNR."""
        best = first = self._at_best_duration(signal)
        for factor in _ALIASES:
            period = first.train.period * factor
            if not self.limits[0] <= period <= self.limits[1]:
                continue
            row = self._row(first.duration)
            for alias in _strongest([self._fit(row, period, self.periodogram.interval(period))]):
                if alias.statistic >= _ALIAS_STRENGTH * first.statistic:
                    other = self._at_best_duration(alias)
                    least = _LONGER if other.train.period > best.train.period else 1.0
                    if other.strength.snr > least * best.strength.snr:
                        best = other
        return best

    def _at_best_duration(self, signal: Signal) -> Signal:
        """Return the signal with the duration that gives the highest SNR.

        The statistics of the periodogram are clipped, so that for deep transits the durations of
        its peaks are not exact.
        """
        row = self._row(signal.duration)
        place = self.periodogram.interval(signal.train.period)
        for direction in (-1, 1):
            while 0 <= row + direction < len(self.searches):
                row += direction
                if self.periodogram.durations[row] > LONGEST_DURATION * signal.train.period:
                    break
                others = _strongest([self._fit(row, signal.train.period, place)])
                if not others or not _is_better(others[0], signal):
                    break
                signal = others[0]
            row = self._row(signal.duration)
        return signal

    def search_with(self, duration: float) -> Search:
        """Return the fits of single transits with the trial duration nearest to a duration [d]."""
        return self.searches[self._row(duration)]

    def _row(self, duration: float) -> int:
        """Return the row of the periodogram with a duration [d]."""
        return int(np.argmin(np.abs(self.periodogram.durations - duration)))

    def _fit(self, row: int, period: float, place: int) -> Signal:
        """Return the best signal with the duration of a row near a period [d]."""
        search = self.searches[row]
        train = search.at_period(period)
        similar = [one.events for one in self.searches[max(row - 1, 0) : row + 2]]
        found = strength(search.transits(train), search.events, similar, self.curve)
        sde = float(self.periodogram.detection_efficiency[place])
        return Signal(train, search.events.duration, found, sde)


def _is_better(other: Signal, signal: Signal) -> bool:
    """Return whether a signal has a higher SNR than another one, and a similar statistic.

    The SNR alone can be that of transits that disagree with each other, such as those of another
    planet, and such a signal would end the search.
    """
    similar = other.statistic >= _ALIAS_STRENGTH * signal.statistic
    return similar and other.strength.snr > signal.strength.snr


def _strongest(signals: Sequence[Signal]) -> list[Signal]:
    """Return the strongest signal with at least three observed transits, if there is one."""
    periodic = [signal for signal in signals if signal.strength.transits >= 3]
    return [max(periodic, key=lambda signal: signal.statistic)] if periodic else []
