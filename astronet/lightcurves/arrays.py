"""The array types of the project, so that a signature can say which one it means."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
"""Times, fluxes, phases: double precision."""

Views = NDArray[np.float32]
"""Views, as networks see them: single precision."""

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
