"""Array types for signatures."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
"""Times, fluxes and phases in double precision."""

Views = NDArray[np.float32]
"""Views in single precision, the input of the networks."""

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
