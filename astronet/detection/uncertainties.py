"""Errors of the duration, the period and the epoch of a signal."""

import numpy as np

from astronet.detection.single_events import SingleEvents
from astronet.detection.trains import Transits
from astronet.lightcurves.arrays import Floats


def best_duration(durations: Floats, snr: Floats) -> tuple[float, float]:
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


def timing_errors(transits: Transits, events: SingleEvents, depth: float) -> tuple[float, float]:
    """Return the errors of the period and of the epoch of the first transit [d].

    The times of the transits have the errors that follow from the curvature of the matched filter,
    and are fitted with a linear ephemeris.
    """
    information = depth**2 * events.sharpness * transits.weight / events.information
    if len(information) < 2 or not information.sum() > 0:
        error = 1 / np.sqrt(information.sum()) if information.sum() > 0 else np.nan
        return float("nan"), float(error)
    number = transits.number - transits.number.min()
    mean = float(np.average(number, weights=information))
    spread = float((information * (number - mean) ** 2).sum())
    if spread == 0:
        return float("nan"), float(1 / np.sqrt(information.sum()))
    period_error = 1 / np.sqrt(spread)
    epoch_error = np.sqrt(1 / information.sum() + (mean * period_error) ** 2)
    return float(period_error), float(epoch_error)
