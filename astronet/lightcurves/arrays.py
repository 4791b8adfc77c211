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
    """Return the values [n] of a column without unit or mask.

    Masked numbers become NaN, and masked texts become empty.
    """
    values = getattr(column, "value", column)
    if hasattr(values, "unmasked"):  # astropy's Masked
        values = np.ma.masked_array(values.unmasked, values.mask)
    values = np.ma.asanyarray(values)
    if not np.ma.getmaskarray(values).any():
        return np.asarray(values)
    if values.dtype.kind in "iuf":
        return np.asarray(values.astype(float).filled(np.nan))
    return np.asarray(values.filled("") if values.dtype.kind in "US" else values.filled())
