"""Signals found by the search."""

from dataclasses import dataclass

from astronet.lightcurves.ephemeris import Ephemeris


@dataclass(frozen=True)
class Candidate:
    """Periodic transit signal that the search found in a light curve.

    All errors are 1 σ.

    Attributes:
        ephemeris: Period [d], epoch [BKJD] and duration [d] of the signal.
        depth: Mean depth at mid-transit, as a fraction of the flux out of transit.
        period_error: Error of the period [d]; NaN if only one transit was observed.
        epoch_error: Error of the epoch [d].
        duration_error: Error of the duration [d], for the fitted impact parameter.
        depth_error: Error of the depth.
        snr: Signal-to-noise ratio of all transits together, for white and red noise, measured with
            a noise model that the signal does not affect.
        statistic: Detection statistic, by which the candidates are ranked; it is at least
            `SearchSettings.min_snr`. It is the signal-to-noise ratio in the first noise model,
            which is estimated with the signal, reduced if the transits disagree with each other
            (see `astronet.detection.consistency`). It can therefore exceed `snr`.
        sde: Signal detection efficiency: height of the signal's peak above the median of the
            periodogram, in units of the periodogram's scatter (Kovács et al. 2002, §3).
        max_single_event: Signal-to-noise ratio of the strongest single transit.
        transits: Number of transits of which at least 60 % is observed.
        complete_transits: Number of transits without missing data.
        false_alarm_probability: Fraction of light curves of the same star without its signals
            (inverted or scrambled) in which a signal of at least this strength is found, counting
            the light curve itself (Phipson & Smyth 2010); None if it was not measured.
        flags: Names of possible problems; see `FLAGS`.
    """

    ephemeris: Ephemeris
    depth: float
    period_error: float
    epoch_error: float
    duration_error: float
    depth_error: float
    snr: float
    statistic: float
    sde: float
    max_single_event: float
    transits: int
    complete_transits: int
    false_alarm_probability: float | None = None
    flags: tuple[str, ...] = ()


FLAGS = {
    "few_transits": "fewer than three transits were observed, so the period is uncertain",
    "segment_edges": "most of the signal is in transits next to gaps or ends of the data",
    "momentum_dumps": "most transits coincide with or are next to short gaps, such as those of "
    "momentum dumps",
    "steps": "the flux before most transits differs from that after them",
    "brightenings": "most transits are beside brightenings, such as flares",
    "orbit": "the period of a TESS signal is close to 13.7 d, the orbital period, or to half or "
    "twice that",
    "variability": "the star varies with the signal's period, with twice that period or a fraction "
    "of it, or pulsates faster and more strongly than the transits",
    "sibling": "most transits are next to those of a stronger signal of the star or a known event",
    "secondary": "a second dip at another phase has the same period: an eclipsing binary, or a hot "
    "planet's occultation",
    "uneven_depths": "odd and even transits have different depths (more than 5 σ): the true period "
    "may be twice as long (an eclipsing binary)",
    "missing_transits": "most expected transits are absent; the true period may be a multiple",
    "timing_variations": "some transits are early, late or missing at the expected times",
}
"""Meaning of each flag of a candidate."""
