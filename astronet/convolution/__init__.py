"""The mathematics that the networks stand on: convolution, to be seen and to be checked.

`sums` has the operation itself, `matrices` the same as a matrix, `layers` a network's layer without
a network, `networks` the layers of real networks, `properties` what can be measured of them,
`examples` a ball and a star to try it on, and `figures` the pictures. docs/convolution.md is made
of these, and docs/convolution.ipynb runs them.
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
