"""Mathematics of convolution, with identities that hold for the networks of this package.

Modules:

- `sums`: convolution and cross-correlation.
- `matrices`: convolution as a matrix.
- `layers`: convolutional layer in NumPy.
- `networks`: convolutional layers of trained networks.
- `properties`: measures of locality, equivariance and invariance.
- `examples`: example data.
- `figures`: plots.

The page docs/convolution.md is generated with these modules, and the notebook
docs/convolution.ipynb uses them.
"""

from astronet.convolution.layers import ConvLayer
from astronet.convolution.matrices import matrix_2d, matrix_of, tied_gradient
from astronet.convolution.sums import convolve, convolve_by_fft, correlate

__all__ = [
    "ConvLayer",
    "convolve",
    "convolve_by_fft",
    "correlate",
    "matrix_2d",
    "matrix_of",
    "tied_gradient",
]
