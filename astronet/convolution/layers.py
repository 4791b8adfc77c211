"""Convolutional layer in NumPy, y_i = φ(Σ_j w_ij ⋆ x_j + b_i), and its gradients.

Formulas: Goodfellow, Bengio & Courville 2016, *Deep Learning*, §9.5; transposed convolution:
Dumoulin & Visin 2016, arXiv:1603.07285, §4.
"""

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from astronet.convolution.matrices import matrix_of
from astronet.convolution.sums import correlate
from astronet.lightcurves.arrays import Floats


@dataclass(frozen=True, eq=False)
class ConvLayer:
    """Convolutional layer of a network: its weights and geometry.

    Attributes:
        name: Name of the layer within its column.
        weights: Kernels w_ij [outputs, inputs, k].
        bias: Biases b_i [outputs].
        stride: Stride [points of the input].
        padding: Number of points added to each end of the input.
        circular: Whether the padding consists of points from the other end instead of zeros.
    """

    name: str
    weights: Floats
    bias: Floats
    stride: int = 1
    padding: int = 0
    circular: bool = False

    def terms(self, inputs: Floats, output: int) -> Floats:
        """Return the terms w_ij ⋆ x_j [inputs, n'] of one output i, for inputs x [inputs, n]."""
        rows = zip(self._padded(inputs), self.weights[output], strict=True)
        return np.stack([correlate(row, kernel, self.stride) for row, kernel in rows])

    def sums(self, inputs: Floats) -> Floats:
        """Return the sums Σ_j w_ij ⋆ x_j + b_i [outputs, n'] for inputs x [inputs, n].

        The activation φ is not applied.
        """
        summed = np.tensordot(self.weights, self._windows(inputs), ((1, 2), (0, 2)))
        return np.asarray(summed + self.bias[:, None], np.float64)

    def matrix(self, length: int) -> Floats:
        """Return the layer without its biases as one matrix [outputs·n', inputs·n].

        Args:
            length: Number of points n of each input.
        """
        return np.block([[self._matrix(w, length) for w in kernels] for kernels in self.weights])

    def input_gradient(self, gradient: Floats, length: int) -> Floats:
        """Return the gradient [inputs, n] of the loss with respect to the inputs.

        It is the product of the transposed matrix and ∂L/∂z, computed without the matrix: for a
        stride s, s − 1 zeros are inserted between neighbouring points of ∂L/∂z, and the result is
        convolved with the kernels.

        Args:
            gradient: Gradient ∂L/∂z [outputs, n'] with respect to the sums z, before the
                activation; see `sums`.
            length: Number of points n of each input.
        """
        width, p = self.weights.shape[2], self.padding
        spread = np.zeros((len(gradient), length + 2 * p - width + 1))
        spread[:, :: self.stride] = gradient
        whole = np.zeros((self.weights.shape[1], length + 2 * p))
        for tap in range(width):
            whole[:, tap : tap + spread.shape[1]] += self.weights[:, :, tap].T @ spread
        inner = whole[:, p : p + length]
        if self.circular and p:
            inner[:, -p:] += whole[:, :p]
            inner[:, :p] += whole[:, -p:]
        return inner

    def kernel_gradient(self, inputs: Floats, gradient: Floats) -> Floats:
        """Return the gradient [outputs, inputs, k] of the loss with respect to the kernels.

        It is the cross-correlation of the padded inputs with ∂L/∂z; for a stride s, s − 1 zeros are
        inserted between neighbouring points of ∂L/∂z.

        Args:
            inputs: Inputs x [inputs, n].
            gradient: Gradient ∂L/∂z [outputs, n'] with respect to the sums z, before the
                activation; see `sums`.
        """
        return np.asarray(np.tensordot(gradient, self._windows(inputs), (1, 1)), np.float64)

    @property
    def parameters(self) -> int:
        """Number of trainable weights and biases."""
        return int(self.weights.size + self.bias.size)

    def parameters_unshared(self, length: int) -> int:
        """Return the number of parameters without weight sharing, for inputs of `length` points."""
        return self.parameters * self.out_length(length)

    def parameters_dense(self, length: int) -> int:
        """Return the number of parameters of a dense layer with the same inputs and outputs.

        Args:
            length: Number of points of each input.
        """
        outputs, inputs, _ = self.weights.shape
        points = outputs * self.out_length(length)
        return int(points * inputs * length + points)

    def out_length(self, length: int) -> int:
        """Return the number of output points n' = ⌊(n − k + 2p)/s⌋ + 1 for n = `length`."""
        return int(length - self.weights.shape[2] + 2 * self.padding) // self.stride + 1

    def _matrix(self, kernel: Floats, length: int) -> Floats:
        return matrix_of(kernel, length, self.stride, self.padding, circular=self.circular)

    def _windows(self, inputs: Floats) -> Floats:
        """Return the windows [inputs, n', k] of the padded inputs, one for each output point."""
        width = self.weights.shape[2]
        windows = sliding_window_view(self._padded(inputs), width, axis=1)
        return np.asarray(windows[:, :: self.stride], np.float64)

    def _padded(self, inputs: Floats) -> Floats:
        around = ((0, 0), (self.padding, self.padding))
        return np.pad(inputs, around, mode="wrap" if self.circular else "constant")
