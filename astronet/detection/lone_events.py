"""Signals with only one or two observed transits."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from scipy.ndimage import maximum_filter1d

from astronet.detection.consistency import combined_strength, shape_weights
from astronet.detection.settings import SearchSettings
from astronet.detection.strongest import Pass, Signal
from astronet.detection.trains import Search, Train, Transits

_SIMILAR_DEPTH, _SIMILAR_DURATION = 0.3, 1.6
"""Largest relative difference of the depths, and ratio of the durations, of two transits of one
planet."""

_MISSING = 0.5
"""Statistic below which an expected transit is missing, relative to the two transits."""

_CLEAR_EVENT = 6.0
"""Smallest single-event statistic; Gaussian noise hardly ever exceeds it (10⁻⁹ per event)."""

_MOST_EVENTS = 30
"""Maximum number of single events that are combined in pairs."""


class Event(NamedTuple):
    """Clear single transit.

    Attributes:
        search: Fits of single transits with the best duration.
        cell: Cell of mid-transit.
        time: Time of mid-transit [d].
        statistic: Single-event statistic.
        depth: Depth.
    """

    search: Search
    cell: int
    time: float
    statistic: float
    depth: float


def lone_signal(found: Pass, settings: SearchSettings) -> Signal | None:
    """Return the strongest signal with two transits, or with one; None if there is none.

    The period of two transits is the time between them, which can be a multiple of the true
    period. The period of one transit is the shortest one for which no other transit would be in
    the time span of the light curve.

    Args:
        found: Search of the light curve.
        settings: Settings of the search: smallest number of transits, 1 or 2, smallest detection
            statistic, and limits of the period.
    """
    events = sorted(_clear_events(found), key=lambda event: -event.statistic)[:_MOST_EVENTS]
    signals = [
        signal
        for number, first in enumerate(events)
        for second in events[number + 1 :]
        if (signal := _pair(first, second, found))
    ]
    if settings.min_transits == 1:
        signals += [_single(event, found) for event in events]
    longest = settings.max_period or np.inf
    strong = [
        signal
        for signal in signals
        if signal.statistic >= settings.min_snr
        and settings.min_period <= signal.train.period <= longest
    ]
    return max(strong, key=lambda signal: signal.statistic, default=None)


def _clear_events(found: Pass) -> Iterator[Event]:
    """Yield the single events with the shape of a transit that clearly exceed the noise."""
    best = np.max([search.events.statistic for search in found.searches], axis=0)
    for row, search in enumerate(found.searches):
        events = search.events
        statistic = events.statistic
        width = 2 * int(np.ceil(events.duration / found.curve.grid.step)) + 1
        peak = (statistic == maximum_filter1d(best, width)) & (statistic > _CLEAR_EVENT)
        cells = np.flatnonzero(peak & events.complete)
        if len(cells) == 0:
            continue
        similar = [one.events for one in found.searches[max(row - 1, 0) : row + 2]]
        transits = Transits(
            np.arange(len(cells)), cells, events.numerator[cells], events.weight[cells]
        )
        shape = shape_weights(transits, events, similar, found.curve)
        for cell in cells[shape >= 1]:
            depth = float(events.numerator[cell] / events.weight[cell])
            time = float(found.curve.grid.time[cell])
            yield Event(search, int(cell), time, float(statistic[cell]), depth)


def _pair(first: Event, second: Event, found: Pass) -> Signal | None:
    """Return the signal of two similar events, unless more of its transits should be observed."""
    durations = first.search.events.duration, second.search.events.duration
    depths = first.depth, second.depth
    if max(durations) > _SIMILAR_DURATION * min(durations):
        return None
    if abs(depths[0] - depths[1]) > _SIMILAR_DEPTH * max(depths):
        return None
    period = abs(first.time - second.time)
    if period < 2 * max(durations):
        return None
    stronger = max(first, second, key=lambda event: event.statistic)
    train = Train(period, stronger.time, 0.0)
    transits = stronger.search.transits(train)
    single = transits.numerator / np.sqrt(transits.weight)
    if (single > _MISSING * stronger.statistic).sum() != 2 or len(single) > 2:
        return None
    return _signal(stronger, period, transits)


def _single(event: Event, found: Pass) -> Signal:
    """Return the signal of one event, with the shortest period that is possible."""
    grid = found.curve.grid
    observed = grid.time[grid.observed]
    period = float(max(event.time - observed.min(), observed.max() - event.time))
    period = max(period + event.search.events.duration, 2 * event.search.events.duration)
    return _signal(event, period, event.search.transits(Train(period, event.time, 0.0)))


def _signal(event: Event, period: float, transits: Transits) -> Signal:
    strength = combined_strength(transits.numerator, transits.weight)
    train = Train(period, event.time, strength.snr)
    return Signal(train, event.search.events.duration, strength, float("nan"))
