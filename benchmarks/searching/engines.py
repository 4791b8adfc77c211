"""Interface of the search engines, and the engine of astronet."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from astronet import LightCurve


class Signal(NamedTuple):
    """Signal that an engine lists: period, epoch and duration [d], and detection statistic."""

    period: float
    epoch: float
    duration: float
    statistic: float


@dataclass(frozen=True)
class Found:
    """Result of one search.

    Attributes:
        signals: Listed signals.
        background: Properties of the periodogram of the full grid, from which the statistics of
            this search and of later searches on a part of the grid are computed.
        empty: Whether the engine returned no result on this light curve.
    """

    signals: Sequence[Signal]
    background: dict[str, Any] = field(default_factory=dict)
    empty: bool = False


class Engine(Protocol):
    """Search engine."""

    @property
    def name(self) -> str:
        """Name of the engine."""
        ...

    @property
    def partial(self) -> bool:
        """Whether injections are searched only near their periods and harmonics, for their cost.

        An engine of this kind first searches the star without injections on the full grid.
        """
        ...

    def search(self, curve: LightCurve, periods: tuple[float, float]) -> Found:
        """Search a light curve that is not detrended on the full grid of periods."""
        ...

    def search_near(
        self,
        curve: LightCurve,
        intervals: Sequence[tuple[float, float]],
        background: dict[str, Any],
    ) -> Found:
        """Return the strongest signal in each interval of periods."""
        ...


@dataclass(frozen=True)
class Ours:
    """`astronet.detection.search.find_transits`, which receives nothing but the raw light curve.

    Attributes:
        max_signals: Number of signals after which a search ends.
        min_statistic: Detection statistic below which candidates are not listed; so small that
            all thresholds are above it.
    """

    max_signals: int = 3
    min_statistic: float = 5.0
    name: str = "ours"
    partial: bool = False

    def search(self, curve: LightCurve, periods: tuple[float, float]) -> Found:
        """Search a light curve that is not detrended on the full grid of periods."""
        from astronet.detection.search import find_transits
        from astronet.detection.settings import SearchSettings

        settings = SearchSettings(
            max_signals=self.max_signals,
            min_snr=self.min_statistic,
            min_period=periods[0],
            max_period=periods[1],
        )
        return Found(
            [
                Signal(c.ephemeris.period, c.ephemeris.epoch, c.ephemeris.duration, c.statistic)
                for c in find_transits(curve, settings)
            ]
        )

    def search_near(
        self,
        curve: LightCurve,
        intervals: Sequence[tuple[float, float]],
        background: dict[str, Any],
    ) -> Found:
        """Raise an error: this engine searches the full grid."""
        raise NotImplementedError


def timed(step: Any) -> tuple[Any, float, float]:
    """Return the result of a function, its CPU time and its wall time [s]."""
    cpu, wall = time.process_time(), time.perf_counter()
    result = step()
    return result, time.process_time() - cpu, time.perf_counter() - wall
