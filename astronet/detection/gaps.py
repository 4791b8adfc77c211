"""Missing data: their most probable values, and the information that is lost."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from astronet.detection.noise import Noise
from astronet.lightcurves.arrays import Bools, Floats, Ints

_TOLERANCE = 1e-2
"""Required accuracy of the filtered values in gaps, relative to the observed ones."""

_MOST_ITERATIONS = 40

_LONGEST = 2000
"""Number of cells up to which the covariance matrix of a gap is computed.

Longer gaps occur if most of a light curve is masked.
"""


@dataclass(frozen=True, eq=False)
class GapsOfOneLength:
    """All gaps with the same number of cells.

    Attributes:
        cells: Indices of the cells of each gap [gaps, length].
        covariance: Covariance matrix of the cells, given all other cells [length, length]; for
            gaps of more than 2000 cells, that of the first 2000.
    """

    cells: Ints
    covariance: Floats


@dataclass(frozen=True, eq=False)
class Gaps:
    """Cells without data.

    Attributes:
        observed: Whether each cell contains data [cells].
        groups: Gaps, grouped by length.
    """

    observed: Bools
    groups: tuple[GapsOfOneLength, ...]

    @classmethod
    def of(cls, observed: Bools, noise: Noise) -> Self:
        """Find the gaps between cells with data [cells]."""
        edges = np.diff(np.concatenate([[1], observed.astype(np.int8), [1]]))
        starts, stops = np.flatnonzero(edges == -1), np.flatnonzero(edges == 1)
        lengths = stops - starts
        groups = []
        for length in np.unique(lengths):
            cells = starts[lengths == length][:, None] + np.arange(length)
            covariance = noise.covariance_in_gap(min(int(length), _LONGEST))
            groups.append(GapsOfOneLength(cells, covariance))
        return cls(observed, tuple(groups))

    def fill(self, flux: Floats, noise: Noise) -> Floats:
        """Return the flux [cells] with the gaps filled with their conditional means.

        The conditional mean minimises xᵀ C⁻¹ x over the missing values, with C the covariance of
        the noise. It is found by conjugate gradients, preconditioned with the gaps' own
        covariance matrices (Nocedal & Wright 2006, algorithm 5.3). After that, C⁻¹ x is zero in the
        gaps and equals the product of the inverse covariance matrix of the observed cells and their
        flux elsewhere, so that no assumption about the missing values enters the search.
        """
        multiply = noise.operator(len(flux))
        missing = ~self.observed
        filled = np.where(missing, 0.0, flux)
        product = multiply(filled)
        limit = _TOLERANCE * np.sqrt(np.mean(product[self.observed] ** 2))
        residual = np.where(missing, -product, 0.0)
        step = self._precondition(residual)
        direction, size = step.copy(), residual @ step
        for _ in range(_MOST_ITERATIONS):
            if np.abs(residual).max() <= limit:
                break
            product = np.where(missing, multiply(direction), 0.0)
            length = size / (direction @ product)
            filled += length * direction
            residual -= length * product
            step = self._precondition(residual)
            previous, size = size, residual @ step
            direction = step + size / previous * direction
        return filled

    def lost_information(self, response: Floats, reach: int, inside: int) -> Floats:
        """Return the information about a transit's depth that is lost in gaps [cells].

        The result at a cell is for a transit with its middle there. Each gap removes rᵀ Σ r, with r
        the product of the inverse covariance matrix and the template within the gap, and Σ the
        covariance of the gap's cells given all others (Schur complement). The losses of different
        gaps are added, which neglects their correlation.

        Args:
            response: Product of the inverse covariance matrix and the template [2 h + 1], with the
                middle of the transit at index h.
            reach: Distance from a gap within which losses are computed [cells].
            inside: The same for middles in a gap [cells]. Transits with their middles further from
                the data are not observed.
        """
        lost = np.zeros(len(self.observed))
        half = len(response) // 2
        reach = min(reach, half)
        deep = min(half, 2 * reach, _LONGEST // 2)
        long = None
        for group in self.groups:
            length = group.cells.shape[1]
            if length <= 2 * inside:
                places = np.arange(-reach, length + reach)
                loss = _loss(response, group.covariance, places)
                _add(lost, group.cells[:, :1] + places, loss)
                continue
            places = np.arange(-reach, inside)
            if length < 2 * deep:
                loss = _loss(response, group.covariance, places)
            else:  # the ends of a long gap do not affect each other, and are those of all long gaps
                if long is None:
                    long = _loss(response, group.covariance[:deep, :deep], places)
                loss = long
            _add(lost, group.cells[:, :1] + places, loss)
            _add(lost, group.cells[:, -1:] - places, loss)
        return lost

    def _precondition(self, values: Floats) -> Floats:
        result = np.zeros_like(values)
        for group in self.groups:
            for start in range(0, group.cells.shape[1], _LONGEST):
                cells = group.cells[:, start : start + _LONGEST]
                length = cells.shape[1]
                result[cells] = values[cells] @ group.covariance[:length, :length]
        return result


def _loss(response: Floats, covariance: Floats, places: Ints) -> Floats:
    """Return the information that a gap removes from transits at some places [places].

    Args:
        response: Product of the inverse covariance matrix and the template [2 h + 1].
        covariance: Covariance matrix of the cells of the gap, given all others [cells, cells].
        places: Consecutive cells, counted from the start of the gap.
    """
    half, cells = len(response) // 2, len(covariance)
    # Response at the cells of the gap, from the last place to the first one
    needed = np.arange(-places[-1], cells - places[0])
    inside = (needed >= -half) & (needed <= half)
    padded = np.where(inside, response[np.clip(needed, -half, half) + half], 0.0)
    windows = sliding_window_view(padded, cells)
    loss = np.einsum("pg,pg->p", windows @ covariance, windows)
    return np.asarray(loss[::-1], np.float64)


def _add(lost: Floats, cells: Ints, loss: Floats) -> None:
    """Add the losses [places] of transits at some cells [gaps, places]."""
    valid = (cells >= 0) & (cells < len(lost))
    weights = np.broadcast_to(loss, cells.shape)[valid]
    lost += np.bincount(cells[valid], weights, len(lost))
