"""Transit least squares 2.0.4 (Hippke & Heller 2019) with the defaults of its authors.

It receives the light curve after a blind `astronet.flatten`; brightenings above 3 σ are clipped, as
in the tutorials of its documentation. Its statistic is its own signal detection efficiency, SDE.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from astronet import LightCurve
from benchmarks.searching.boxes import Points, prepared
from benchmarks.searching.engines import Found, Signal

_UPPER = 3.0  # clipping threshold of the tutorials
_OVERSAMPLING = 3  # default of the library
_TRANSITS = 3


@dataclass(frozen=True)
class LeastSquares:
    """Transit least squares as a search engine.

    Attributes:
        name: Name of the engine.
        clip: Threshold of two-sided sigma clipping; None means that dips are not clipped.
    """

    name: str
    clip: float | None = None
    partial: bool = True

    def search(self, curve: LightCurve, periods: tuple[float, float]) -> Found:
        """Search a light curve that is not detrended on the full grid of periods."""
        found = _power(prepared(curve, self.clip, _UPPER), *periods)
        if found is None:
            return Found([], empty=True)
        signals = [] if _is_empty(found) else [_signal(found, float(found.SDE))]
        background = {"arrays": np.stack([found.periods, found.chi2])}
        return Found(signals, background, empty=not signals)

    def search_near(
        self,
        curve: LightCurve,
        intervals: Sequence[tuple[float, float]],
        background: dict[str, Any],
    ) -> Found:
        """Return the strongest signal in each interval of periods.

        χ² outside the intervals is that of the star without the injection, scaled to the level of
        χ² inside; the SDE is then computed by the library from χ² of the full grid.
        """
        from transitleastsquares.stats import spectra

        points = prepared(curve, self.clip, _UPPER)
        parts = [part for pair in intervals if (part := _power(points, *pair)) is not None]
        if not parts or "arrays" not in background:
            return Found([], empty=True)
        periods, chi2 = background["arrays"]
        ratios, replaced = [], np.zeros(len(periods), np.bool_)
        for part in parts:
            inside = (periods >= part.periods.min()) & (periods <= part.periods.max())
            ratios.append(np.median(part.chi2) / np.median(chi2[inside]))
            replaced |= inside
        level = float(np.median(ratios))
        whole = np.concatenate([periods[~replaced], *(part.periods for part in parts)])
        values = np.concatenate([level * chi2[~replaced], *(part.chi2 for part in parts)])
        ascending = np.argsort(whole)
        whole, values = whole[ascending], values[ascending]
        _, _, power, _, _ = spectra(values, _OVERSAMPLING, periods=whole)
        found = [
            _signal(part, float(power[np.argmin(np.abs(whole - part.period))]))
            for part in parts
            if not _is_empty(part)
        ]
        return Found(sorted(found, key=lambda signal: -signal.statistic), empty=not found)


def _power(points: Points, low: float, high: float) -> Any:
    """Return the results of the library, or None if it has no period in the range."""
    from transitleastsquares import transitleastsquares

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return transitleastsquares(*points, verbose=False).power(
                period_min=low,
                period_max=high,
                n_transits_min=_TRANSITS,
                use_threads=1,
                show_progress_bar=False,
            )
        except ValueError as error:
            if "Empty period grid" in str(error):
                return None  # periods below 0.6 d
            raise


def _is_empty(found: Any) -> bool:
    return not (np.isfinite(found.period) and np.isfinite(found.T0) and found.SDE > 0)


def _signal(found: Any, statistic: float) -> Signal:
    return Signal(float(found.period), float(found.T0), float(found.duration), statistic)


ENGINES = {
    "tls": LeastSquares("tls"),
    "tls clipped": LeastSquares("tls clipped", clip=4.0),
}
"""Engines by name."""
