"""Convolution as a matrix, and its transpose in gradients."""

import numpy as np
import pytest
import torch
from scipy import linalg

from astronet.convolution import matrix_2d, matrix_of, tied_gradient
from astronet.convolution.examples import EDGE
from astronet.errors import ConfigError


def test_banded_matrix_by_hand():
    assert matrix_of([5, 6], 4).tolist() == [[5, 6, 0, 0], [0, 5, 6, 0], [0, 0, 5, 6]]
    assert matrix_of([5, 6, 7], 4, stride=2, padding=1).tolist() == [[6, 7, 0, 0], [0, 5, 6, 7]]


def test_the_matrix_is_circulant_with_circular_padding():
    matrix = matrix_of([5, 6, 7], 5, padding=1, circular=True)
    assert matrix.tolist() == linalg.circulant(matrix[:, 0]).tolist()
    assert matrix[0].tolist() == [6, 7, 0, 0, 5]


def test_matrix_of_an_image_by_hand():
    # The textbook example of a 3 × 3 image and a 2 × 2 kernel
    a, b, c, d = 1.0, 2.0, 3.0, 4.0
    assert matrix_2d([[a, b], [c, d]], (3, 3)).tolist() == [
        [a, b, 0, c, d, 0, 0, 0, 0],
        [0, a, b, 0, c, d, 0, 0, 0],
        [0, 0, 0, a, b, 0, c, d, 0],
        [0, 0, 0, 0, a, b, 0, c, d],
    ]


def test_matrix_and_gradients_of_an_image_equal_those_of_torch():
    generator = np.random.default_rng(2)
    image = torch.from_numpy(generator.normal(size=(7, 6))).requires_grad_()
    kernel = torch.from_numpy(EDGE.copy()).requires_grad_()
    matrix = matrix_2d(EDGE, (7, 6))
    out = torch.nn.functional.conv2d(image[None, None], kernel[None, None])[0, 0]
    pixels = image.detach().numpy()
    assert matrix @ pixels.ravel() == pytest.approx(out.detach().numpy().ravel(), abs=1e-12)
    upstream = generator.normal(size=(5, 4))
    out.backward(torch.from_numpy(upstream))
    assert image.grad.numpy().ravel() == pytest.approx(matrix.T @ upstream.ravel(), abs=1e-12)
    # ∂O[i, j] / ∂K[p, q] = X[i + p, j + q]
    by_hand = [
        [(pixels[p : p + 5, q : q + 4] * upstream).sum() for q in range(3)] for p in range(3)
    ]
    assert kernel.grad.numpy() == pytest.approx(np.array(by_hand), abs=1e-12)


@pytest.mark.parametrize(("stride", "padding", "circular"), [(1, 0, 0), (2, 2, 0), (3, 2, 1)])
def test_the_gradient_of_a_tied_weight_is_the_sum_over_its_elements(stride, padding, circular):
    generator = np.random.default_rng(3)
    x, kernel = generator.normal(size=14), generator.normal(size=5)
    options = {"stride": stride, "padding": padding, "circular": bool(circular)}
    free = torch.from_numpy(matrix_of(kernel, 14, **options)).requires_grad_()
    upstream = torch.from_numpy(generator.normal(size=len(free)))
    (free @ torch.from_numpy(x)).backward(upstream)
    tied = tied_gradient(free.grad.numpy(), 5, **options)
    step = 1e-6
    for tap, found in enumerate(tied):
        moved = [
            upstream.numpy() @ matrix_of(kernel + sign * step * np.eye(5)[tap], 14, **options) @ x
            for sign in (1, -1)
        ]
        assert found == pytest.approx((moved[0] - moved[1]) / (2 * step), rel=1e-6)


def test_a_kernel_longer_than_the_signal_is_rejected():
    with pytest.raises(ConfigError, match="a kernel of 7 points does not fit into 6 points"):
        matrix_of(np.ones(7), 4, padding=1)
