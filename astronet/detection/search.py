"""Search of a light curve for the transits of planets."""

import logging
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from astronet.detection.candidate import Candidate
from astronet.detection.flags import flags_of
from astronet.detection.grid import Grid
from astronet.detection.measurement import Measurement, is_shallow, measure, transit_mask, transit_model
from astronet.detection.nulls import null_curves
from astronet.detection.settings import SearchSettings
from astronet.detection.single_events import Whitened
from astronet.detection.strongest import Pass, Signal
from astronet.detection.trains import Search
from astronet.errors import LightCurveError
from astronet.lightcurves.arrays import Bools
from astronet.lightcurves.ephemeris import Ephemeris
from astronet.lightcurves.lightcurve import LightCurve

_logger = logging.getLogger("astronet")

_KNOWN_WIDTH = 1.5
"""Width of the masked interval around transits of known events [durations]."""


def find_transits(
    curve: LightCurve,
    settings: SearchSettings = SearchSettings(),
    known: Sequence[Ephemeris] = (),
) -> list[Candidate]:
    """Search a light curve for periodic transits, and return the candidates, strongest first."""
    grid = Grid.of(curve)
    limits = _period_limits(curve, grid, settings)
    for ephemeris in known:
        grid = grid.without(_known_mask(grid, ephemeris))
    found: list[tuple[Signal, Measurement]] = []
    others: list[Measurement | Ephemeris] = list(known)
    candidates = []
    while len(candidates) < settings.max_signals:
        whitened = Whitened.of(grid)
        one = Pass.of(whitened, limits, settings)
        signal = one.strongest() if one else None
        if signal is None or signal.statistic < settings.min_snr:
            break
        search = next(s for s in one.searches if s.events.duration == signal.duration)
        measured = measure(whitened, signal, search)
        flags = flags_of(grid, measured, others)
        candidates.append(_candidate(signal, measured, flags))
        others.append(measured)
        grid = _without(grid, measured, search)
    return candidates


def _without(grid: Grid, signal: Measurement, search: Search) -> Grid:
    """Return the light curve without the transits of a signal.

    Shallow transits are subtracted, and deep ones are marked as not observed, because they differ
    from the model by more than the noise. Many gaps would impair the noise model.
    """
    if is_shallow(signal.transits):
        return grid.minus(transit_model(grid, signal))
    finer = replace(search, events=signal.events)
    return grid.without(transit_mask(grid, signal.train, finer))


def _known_mask(grid: Grid, ephemeris: Ephemeris) -> Bools:
    period = ephemeris.period
    phase = (grid.time - ephemeris.epoch + period / 2) % period - period / 2
    return np.abs(phase) <= 0.5 * _KNOWN_WIDTH * ephemeris.duration + grid.step


def _period_limits(curve, grid, settings):
    shortest = settings.min_period
    longest = grid.span / 2
    if settings.max_period is not None:
        longest = min(longest, settings.max_period)
    if longest <= shortest:
        raise LightCurveError(
            f"star {curve.star}: three transits with a period of at least {shortest:g} d do not "
            f"fit into {grid.span:.3g} d of data; give a longer light curve, or a shorter minimum "
            "period"
        )
    return shortest, longest


def _candidate(signal: Signal, measured: Measurement, flags: tuple[str, ...]) -> Candidate:
    events = measured.single_event_statistics
    return Candidate(
        ephemeris=measured.ephemeris,
        depth=measured.depth,
        period_error=measured.period_error,
        epoch_error=measured.epoch_error,
        duration_error=measured.duration_error,
        depth_error=measured.depth_error,
        snr=measured.train.snr,
        statistic=signal.statistic,
        sde=signal.sde,
        max_single_event=float(events.max()),
        transits=len(events),
        complete_transits=int(measured.events.complete[measured.transits.cell].sum()),
        flags=flags,
    )
