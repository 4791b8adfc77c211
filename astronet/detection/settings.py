"""Settings of the search for transits."""

from dataclasses import dataclass


@dataclass(frozen=True)
class SearchSettings:
    """Settings of the search for transits in one light curve.

    Attributes:
        max_signals: Maximum number of signals to search for.
        min_snr: Smallest detection statistic of a candidate.
        min_period: Shortest period [d].
        max_period: Longest period [d]; None means the longest period for which `min_transits`
            transits fit into the light curve.
        min_transits: Smallest number of observed transits (1, 2 or 3).
        stellar_density: Smallest and largest mean density of the star [solar densities], which
            determine the range of transit durations.
        null_curves: Number of inverted or scrambled light curves from which false-alarm
            probabilities are computed; 0 means none.
        seed: Random seed of the scrambled light curves.
    """

    max_signals: int = 10
    min_snr: float = 7.0
    min_period: float = 0.3
    max_period: float | None = None
    min_transits: int = 3
    stellar_density: tuple[float, float] = (0.2, 3.0)
    null_curves: int = 0
    seed: int = 0
