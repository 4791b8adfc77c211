"""Array types for annotations, and conversion of table columns to plain arrays."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
"""Array of times, fluxes or phases in double precision."""

Views = NDArray[np.float32]
"""Array of views in single precision, the input of the networks."""

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


def plain_values(column: Any) -> NDArray[Any]:
    """Return the values [n] of a column without unit or mask; masked values become NaN."""
    values = np.ma.asanyarray(getattr(column, "value", column))
    masked = np.ma.getmaskarray(values)
    return np.asarray(values.astype(float).filled(np.nan) if masked.any() else values)
