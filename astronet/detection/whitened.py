"""Light curve with a model of its noise."""

from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np

from astronet.detection.dips import Neighbourhoods, add_filtered, deep_dips
from astronet.detection.gaps import Gaps
from astronet.detection.grid import Grid
from astronet.detection.noise import Noise, robust_scatter
from astronet.lightcurves.arrays import Bools, Floats

_FEWEST_CELLS = 50
"""Smallest number of cells of a segment for which the scatter is computed."""

_LEVEL, _LARGEST_LEVEL = 10.0, 1.0
"""Length of the windows [d] in which the median residual must not exceed the second value [σ]."""


@dataclass(frozen=True, eq=False)
class Whitened:
    """Light curve after noise, gaps and deep dips have been modelled.

    Dips that are far deeper than the noise are excluded from the noise model. Its coefficients
    have random errors, so the filtered flux within a few days of a deep dip would contain faint
    copies of it. Each dip is therefore filtered as if all other dips were gaps.

    Attributes:
        grid: Light curve on a grid.
        noise: Model of the noise.
        gaps: Cells without data.
        dips: Whether each cell is in a deep dip [cells].
        weighted: Product of the inverse covariance matrix and the flux [cells].
        quiet: The same for the light curve without its deep dips [cells].
        residual: Flux after the whitening filter [cells]; white noise with unit variance if there
            is no signal.
        memory: Limit of the memory of the noise model [d]; None if there is none.
    """

    grid: Grid
    noise: Noise
    gaps: Gaps
    dips: Bools
    weighted: Floats
    quiet: Floats
    residual: Floats
    memory: float | None = None

    @classmethod
    def of(cls, grid: Grid, dips: Bools | None = None, memory: float | None = None) -> Self:
        """Estimate the noise, and fill the gaps of a light curve.

        Args:
            grid: Light curve.
            dips: Whether each cell is in a deep dip [cells]; by default, dips are searched.
            memory: Limit of the memory of the noise model [d].
        """
        dips = deep_dips(grid) if dips is None else dips
        quiet = grid.without(dips) if (grid.observed & ~dips).any() else grid
        noise = Noise.of(quiet, memory)
        gaps = Gaps.of(grid.observed, noise)
        filtered = _filtered(grid, noise, gaps, dips, grid.flux)
        return cls(grid, noise, gaps, dips, *filtered, memory)

    @classmethod
    def levelled(cls, grid: Grid, dips: Bools | None = None, memory: float | None = None) -> Self:
        """Estimate the noise of a light curve, and subtract its level if the noise is too small.

        The noise has zero mean. After a large step in white noise, the offset would be part of
        every transit signal; real light curves rarely have such noise.

        Args:
            grid: Light curve.
            dips: Whether each cell is in a deep dip [cells]; by default, dips are searched.
            memory: Limit of the memory of the noise model [d].
        """
        curve = cls.of(grid, dips, memory)
        for cells in grid.windows(_LEVEL):
            level = np.median(curve.residual[cells][grid.observed[cells]])
            if abs(level) > _LARGEST_LEVEL:
                return cls.of(grid.levelled(), curve.dips, memory)
        return curve

    def weigh(self, flux: Floats) -> Floats:
        """Return the product of the inverse covariance matrix and a flux [cells], as `weighted`."""
        return _filtered(self.grid, self.noise, self.gaps, self.dips, flux)[0]

    @cached_property
    def scatter(self) -> Floats:
        """Standard deviation of the residual in the segment of each cell [cells], robust."""
        grid, scatter = self.grid, np.ones(len(self.grid.starts))
        for number, (start, stop) in enumerate(zip(grid.starts, grid.stops, strict=True)):
            values = self.residual[start:stop][grid.observed[start:stop]]
            if len(values) >= _FEWEST_CELLS:
                scatter[number] = robust_scatter(values)
        return scatter[grid.segment]


def _filtered(
    grid: Grid, noise: Noise, gaps: Gaps, dips: Bools, flux: Floats
) -> tuple[Floats, Floats, Floats]:
    """Return `weighted`, `quiet` and `residual` of a light curve for a flux [cells].

    Outside of the dips, the dips are gaps. In and near a dip, the difference between its flux and
    the most probable flux without it is filtered separately and added.
    """
    if not dips.any():
        filled = gaps.fill(flux, noise)
        weighted = noise.operator(len(filled))(filled)
        return weighted, weighted, noise.whitened(filled)
    filled = Gaps.of(grid.observed & ~dips, noise).fill(flux, noise)
    quiet, residual = noise.operator(len(filled))(filled), noise.whitened(filled)
    weighted = quiet.copy()
    change = gaps.fill(np.where(dips, flux - filled, 0.0), noise)
    cells = Neighbourhoods.of(dips, grid.step)
    add_filtered(change, noise.precision, cells, True, weighted)
    add_filtered(change, noise.whitening, cells, False, residual)
    return weighted, quiet, residual
