"""Checks of the significance and the depths of the transits of a signal."""

import numpy as np

from astronet.errors import counted
from astronet.vetting.checks import (
    Check,
    Description,
    at_most_a_warning,
    both,
    out_of,
    percent,
    ppm,
    severity_of,
    two_sided,
)
from astronet.vetting.measuring import SAMPLING_ERROR, Measured
from astronet.vetting.transits import MOST_ABSENT, scatter

UNCLEAR = "the transits are not significant (5 σ)"
"""Reason why a property of the transits is not checked."""

_THRESHOLD = 7.1
"""Multiple-event statistic of a detection by Kepler's pipeline (Jenkins 2002)."""

_VARIABLE = 1.5
"""Excess of the noise at other phases that is mentioned."""

_DOMINANT = 0.8
"""Largest fraction of the significance in one transit (Thompson et al. 2018)."""

_NO_CHASES = 0.01
"""Smallest distance from a similar event (Thompson et al. 2018)."""

_CLEAR_EVENT = 4.0
"""Single-event statistic from which a transit is compared with other events."""

_LEAST_DIFFERENCE, _LEAST_OF_ONE = 0.01, 0.1
"""Smallest relative difference of odd and even depths, and that of a single transit: the depth that
is sampled in 30-minute exposures and the crowding of each quarter vary by this much."""

_ENOUGH = 4
"""Number of transits from which the scatter is also computed without the most deviant one."""

_LARGE_SCATTER = 0.3
"""Scatter of the depths of a signal that is not periodic, relative to the mean depth."""

_LARGE_TIMING_SCATTER = 0.1
"""Scatter of the transit times that is mentioned [durations]."""


def significance(measured: Measured) -> Check:
    """Return whether the signal is significant in white and red noise."""
    about = Description(
        "significance",
        "Significance",
        "σ",
        "fails below 7.1 and warns below 10.6",
        "multiple-event statistic, Jenkins 2002",
    )
    value = measured.transits.multiple_event
    statement = f"the transits have a significance of {value:.1f} σ"
    if (noise := measured.phases.scatter) > _VARIABLE:
        statement += (
            f" (the noise at other phases is {noise:.1f} times as large as independent noise)"
        )
    return about.result(statement, value, _THRESHOLD / max(value, 1e-3))


def number_of_transits(measured: Measured) -> Check:
    """Return whether at least three complete transits are observed."""
    about = Description(
        "transits",
        "Complete transits",
        "",
        "fails if there is none, warns if there are fewer than three",
        "at least 75 % of the exposures: Thompson et al. 2018",
    )
    curve, event = measured.signal.curve, measured.signal.ephemeris
    complete = int(measured.transits.complete.sum())
    expected = (
        int((curve.time.max() - event.epoch) // event.period)
        - int(-((event.epoch - curve.time.min()) // event.period))
        + 1
    )
    statement = (
        f"{counted(complete, 'complete transit')} of {max(expected, len(measured.transits))} that "
        "occurred between the first and the last observation"
    )
    severity = 1.0 if complete == 0 else at_most_a_warning(1.0) if complete < 3 else 0.0
    return about.result(statement, complete, severity)


def single_event(measured: Measured) -> Check:
    """Return whether one transit contributes most of the significance."""
    about = Description(
        "single_event",
        "Strongest transit",
        "",
        "fails above 0.8 of the significance, warns two thirds of the way from the fraction of "
        "equal "
        "transits to this value; requires three transits",
        "Thompson et al. 2018",
    )
    transits = measured.transits
    if len(transits) < 3:
        return about.unknown("fewer than three transits are observed")
    if not measured.is_clear:
        return about.unknown(UNCLEAR)
    value = float(transits.statistic.max() / transits.multiple_event)
    equal = len(transits) ** -0.5
    statement = f"the strongest transit alone has {percent(value)} of the significance"
    return about.result(statement, value, (value - equal) / (_DOMINANT - equal))


def clear_transits(measured: Measured) -> Check:
    """Return whether the signal is significant without doubtful transits."""
    about = Description(
        "clear_transits",
        "Doubtful transits",
        "σ",
        "fails if the significance without them is below 7.1",
        "Rubble and Chases tests, Thompson et al. 2018",
    )
    transits = measured.transits
    alone = (transits.chases < _NO_CHASES) & (transits.statistic > _CLEAR_EVENT)
    doubtful = ~transits.complete | alone
    if not doubtful.any():
        return about.result(
            "no transit is incomplete or next to a similar event", transits.multiple_event, 0.0
        )
    mean = transits.mean_depth(~doubtful)
    value = mean.value / mean.error if (~doubtful).any() else 0.0
    statement = (
        f"{out_of(int(doubtful.sum()), len(transits), 'transit')} incomplete or next to a similar "
        f"event; the others have a significance of {value:.1f} σ"
    )
    usual = transits.multiple_event
    lost = _THRESHOLD / max(value, 1e-3) if usual > _THRESHOLD else 0.0
    return about.result(statement, value, lost if value < _THRESHOLD else min(lost, 0.6))


def odd_even(measured: Measured) -> Check:
    """Return whether odd and even transits have the same depth."""
    about = Description(
        "odd_even",
        "Odd and even depths",
        "ppm",
        "fails below a probability of 0.1 % (3.3 σ) and warns below 1 %, if the depths differ by "
        "more "
        "than 1 % (10 % divided by the smaller number of transits)",
        "difference of weighted means; compare Thompson et al. 2018",
    )
    if not measured.is_clear:
        return about.unknown(UNCLEAR)
    depths = measured.transits.odd_even()
    if depths is None:
        return about.unknown("only odd or only even transits are observed")
    (odd, odd_error), (even, even_error) = depths
    difference, error = odd - even, float(np.hypot(odd_error, even_error))
    kinds = measured.transits.number[measured.transits.present] % 2
    least = max(_LEAST_DIFFERENCE, _LEAST_OF_ONE / np.bincount(kinds, minlength=2).min())
    relative = abs(difference) / max(measured.shape.depth.value, 1e-12)
    sigma = difference / error
    statement = f"odd and even depths differ by {abs(sigma):.1f} σ ({ppm(odd)} and {ppm(even)})"
    severity = both(severity_of(two_sided(sigma)), relative / least)
    return about.result(statement, 1e6 * difference, severity, 1e6 * error)


def depth_scatter(measured: Measured) -> Check:
    """Return whether all transits have the same depth."""
    about = Description(
        "depth_scatter",
        "Scatter of the depths",
        "",
        "fails if the depths scatter by more than 30 % of their mean in excess of their errors "
        "(probability below 0.1 %), also without the most deviant transit; warns above 20 %",
        "χ² test",
    )
    transits = measured.transits
    if len(transits) < 2:
        return about.unknown("only one transit is observed")
    if not measured.is_clear:
        return about.unknown(UNCLEAR)
    chosen = transits.present
    depths, errors = transits.depth[chosen], transits.error[chosen]
    excess, probability = scatter(depths, errors)
    mean = transits.mean_depth(chosen)
    usual = max(mean.value, 3 * mean.error)
    severity = both(severity_of(probability), excess / usual / _LARGE_SCATTER)
    if len(depths) >= _ENOUGH:
        # One disturbed transit is not enough.
        kept = np.abs(depths - mean.value) / errors < np.max(np.abs(depths - mean.value) / errors)
        rest, chance = scatter(depths[kept], errors[kept])
        severity = both(severity, severity_of(chance), rest / usual / _LARGE_SCATTER)
    statement = (
        f"the depths scatter by {percent(excess / usual)} of their mean in excess of their errors"
    )
    return about.result(statement, excess / usual, severity)


def absent_transits(measured: Measured) -> Check:
    """Return whether transits are absent at the expected times."""
    about = Description(
        "absent_transits",
        "Absent transits",
        "",
        "fails if at least 40 % of the transits are absent, warns if any is",
        "absent: less than 30 % of the median depth, which would be significant (5 σ)",
    )
    transits = measured.transits
    absent = transits.absent
    statement = (
        f"{out_of(int(absent.sum()), len(transits), 'transit')} absent at the expected times"
    )
    fraction = float(absent.mean())
    severity = at_most_a_warning(1.0) if absent.any() else 0.0
    return about.result(statement, absent.sum(), max(severity, fraction / MOST_ABSENT))


def timing_scatter(measured: Measured) -> Check:
    """Return whether the transits are periodic; planets can have timing variations."""
    about = Description(
        "timing_scatter",
        "Scatter of the transit times",
        "min",
        "warns if the times scatter by more than 10 % of the duration in excess of their errors "
        "(probability below 0.1 %); planets can have timing variations",
        "χ² test; errors of Carter et al. 2008",
    )
    transits = measured.transits
    timed = np.isfinite(transits.delay)
    if timed.sum() < 3:
        return about.unknown("fewer than three transits are deep enough")
    signal = measured.signal
    errors = np.hypot(transits.delay_error[timed], SAMPLING_ERROR * signal.exposure)
    excess, probability = scatter(transits.delay[timed], errors)
    relative = excess / signal.ephemeris.duration
    statement = f"the transit times scatter by {1440 * excess:.1f} min in excess of their errors"
    severity = both(severity_of(probability), relative / _LARGE_TIMING_SCATTER)
    return about.result(statement, 1440 * excess, at_most_a_warning(severity))
