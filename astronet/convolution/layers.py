"""A convolutional layer without a network: y_i = φ(Σ_j w_ij ⋆ x_j + b_i), and its gradients.

Formulas: Goodfellow, Bengio & Courville 2016, *Deep Learning*, §9.5; transposed convolution:
Dumoulin & Visin 2016, arXiv:1603.07285, §4.
"""

from dataclasses import dataclass

import numpy as np
from scipy import signal

from astronet.convolution.matrices import matrix_of
from astronet.convolution.sums import correlate
from astronet.lightcurves.arrays import Floats


@dataclass(frozen=True, eq=False)
class ConvLayer:
    """One convolution of a network, as numbers.

    Attributes:
        name: The layer's, within its column.
        weights: Kernels w_ij [outputs, inputs, k].
        bias: b_i [outputs].
        stride: Step [points of the input].
        padding: Points added to each end of the input.
        circular: Whether these are the points of the far end, rather than zeros.
    """

    name: str
    weights: Floats
    bias: Floats
    stride: int = 1
    padding: int = 0
    circular: bool = False

    def terms(self, inputs: Floats, output: int) -> Floats:
        """The terms w_ij ⋆ x_j [inputs, n'] of one output i, for inputs x [inputs, n]."""
        kernels = self.weights[output]
        rows = zip(self._padded(inputs), kernels, strict=True)
        return np.stack([correlate(row, kernel, self.stride) for row, kernel in rows])

    def sums(self, inputs: Floats) -> Floats:
        """Σ_j w_ij ⋆ x_j + b_i [outputs, n'] of inputs x [inputs, n]; φ is still to come."""
        outputs = range(len(self.bias))
        return np.stack([self.terms(inputs, i).sum(axis=0) + self.bias[i] for i in outputs])

    def matrix(self, length: int) -> Floats:
        """The layer as one matrix [outputs·n', inputs·n], for inputs of n points each."""
        return np.block([[self._matrix(w, length) for w in kernels] for kernels in self.weights])

    def input_gradient(self, gradient: Floats, length: int) -> Floats:
        """The loss's gradient [inputs, n] from that of the sums [outputs, n'].

        The product with the transposed matrix, without the matrix: the gradient is spread by the
        stride and convolved, with the kernel the right way round this time.

        Args:
            gradient: ∂L/∂y [outputs, n'].
            length: n.
        """
        padded = length + 2 * self.padding
        width = self.weights.shape[2]
        spread = np.zeros((len(gradient), padded - width + 1))
        spread[:, :: self.stride] = gradient
        whole = np.zeros((self.weights.shape[1], padded))
        for row, kernels in zip(spread, self.weights, strict=True):
            whole += np.stack([np.convolve(row, kernel) for kernel in kernels])
        p = self.padding
        inner = whole[:, p : p + length]
        if self.circular and p:
            inner[:, -p:] += whole[:, :p]
            inner[:, :p] += whole[:, -p:]
        return inner

    def kernel_gradient(self, inputs: Floats, gradient: Floats) -> Floats:
        """The loss's gradient [outputs, inputs, k] for the kernels: inputs ⋆ gradient.

        Args:
            inputs: x [inputs, n].
            gradient: ∂L/∂y [outputs, n'].
        """
        width = self.weights.shape[2]
        padded = self._padded(inputs)
        spread = np.zeros((len(gradient), padded.shape[1] - width + 1))
        spread[:, :: self.stride] = gradient
        return np.array([[signal.correlate(x, g, "valid") for x in padded] for g in spread])

    @property
    def parameters(self) -> int:
        """Weights and biases that training adjusts."""
        return self.weights.size + self.bias.size

    def parameters_unshared(self, length: int) -> int:
        """The same if every output point had kernels and a bias of its own (locally connected)."""
        return self.parameters * self.out_length(length)

    def parameters_dense(self, length: int) -> int:
        """The same if every output point were connected to every input point."""
        outputs, inputs, _ = self.weights.shape
        points = outputs * self.out_length(length)
        return points * inputs * length + points

    def out_length(self, length: int) -> int:
        """Points n' that it returns of n: ⌊(n − k + 2p)/s⌋ + 1."""
        return (length - self.weights.shape[2] + 2 * self.padding) // self.stride + 1

    def _matrix(self, kernel: Floats, length: int) -> Floats:
        return matrix_of(kernel, length, self.stride, self.padding, circular=self.circular)

    def _padded(self, inputs: Floats) -> Floats:
        around = ((0, 0), (self.padding, self.padding))
        return np.pad(inputs, around, mode="wrap" if self.circular else "constant")
