"""Search of a light curve for the transits of planets."""

import logging
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from astronet.detection.candidate import Candidate
from astronet.detection.flags import flags_of
from astronet.detection.grid import Grid
from astronet.detection.measurement import Measurement, measure
from astronet.detection.removal import is_deep, known_mask, transit_mask, transit_model
from astronet.detection.settings import SearchSettings
from astronet.detection.single_events import Whitened
from astronet.detection.strongest import Pass, Signal
from astronet.detection.trains import Search
from astronet.errors import LightCurveError
from astronet.lightcurves.arrays import Bools
from astronet.lightcurves.ephemeris import Ephemeris
from astronet.lightcurves.lightcurve import LightCurve

_logger = logging.getLogger("astronet")


def find_transits(
    curve: LightCurve,
    settings: SearchSettings = SearchSettings(),
    known: Sequence[Ephemeris] = (),
) -> list[Candidate]:
    """Search a light curve for periodic transits, and return the candidates, strongest first."""
    grid = Grid.of(curve)
    limits = _period_limits(curve, grid, settings)
    for ephemeris in known:
        grid = grid.without(known_mask(grid, ephemeris))
    found: list[tuple[Signal, Measurement]] = []
    others: list[Measurement | Ephemeris] = list(known)
    candidates = []
    while len(candidates) < settings.max_signals:
        one = Pass.of(Whitened.of(grid), limits, settings)
        signal = one.strongest() if one else None
        if one is None or signal is None or signal.statistic < settings.min_snr:
            break
        quiet = one.without_its_noise(signal)
        if quiet is not one:
            signal = replace(quiet.resolved(signal), strength=signal.strength)
        measured = measure(quiet, signal)
        candidates.append(_candidate(signal, measured, flags_of(grid, measured, others)))
        others.append(measured)
        grid = _without(grid, measured)
    return candidates


def _without(grid: Grid, signal: Measurement) -> Grid:
    """Return the light curve without the transits of a signal.

    Shallow transits are subtracted, and deep ones are marked as not observed, because they differ
    from the model by more than the noise. Many gaps would impair the noise model.
    """
    search = Search.of(signal.events, grid.time, grid.step)
    if is_deep(search, signal.train):
        return grid.without(transit_mask(grid, signal.train, search))
    return grid.minus(transit_model(grid, signal.train, signal.duration, signal.depth))


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
