"""The layer equation, its matrix and its gradients for every layer of real networks."""

import numpy as np
import pytest
import torch
from torch import nn

from astronet.convolution import matrix_of, tied_gradient
from astronet.convolution.layers import ConvLayer
from astronet.convolution.networks import column_of, conv_layers, normalised
from astronet.convolution.sums import convolve, convolve_by_fft
from astronet.errors import ConfigError
from astronet.models import AstroNetSpec, count_parameters
from astronet.models.geometry import layers_of

NEAR = 1e-10
"""Tolerance in double precision; a wrong index changes results by at least 0.1."""


def equal(ours, theirs, within: float = NEAR) -> None:
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=within)


def conv_of(column, layer: ConvLayer) -> nn.Conv2d:
    module = column.module.get_submodule(layer.name)
    return module if isinstance(module, nn.Conv2d) else module.conv


def test_the_layer_equation_before_the_nonlinearity(column):
    for layer in column.layers:
        given, returned = column.activations[layer.name]
        equal(layer.sums(given), returned)
        of_last = layer.terms(given, -1).sum(axis=0) + layer.bias[-1]  # as a sum over j
        equal(of_last, returned[-1])


def test_the_layer_equation_with_the_nonlinearity(columns):
    for title, column in columns.items():
        modules = dict(column.module.named_modules())
        checked = 0
        for layer in column.layers:
            place, number = layer.name.rsplit(".", 1)
            if title.startswith("AstroNet"):
                relu = layer.name.replace("conv", "relu")
            elif number == "0" and "inner" in place:
                layer, relu = normalised(layer, modules[f"{place}.1"]), f"{place}.2"
            elif place == "blocks":
                relu = "blocks.1"
            else:
                continue  # the skip is added before the nonlinearity
            given, activated = column.activations[layer.name][0], column.activations[relu][1]
            equal(np.maximum(layer.sums(given), 0), activated)
            checked += 1
        assert checked >= 4


def test_the_layer_equals_the_network_in_single_precision(trained):
    view = torch.from_numpy(trained.view.astype(np.float32))[None, None, None]
    single = trained.module.blocks[0].float()(view)[0, :, 0].detach().numpy()
    trained.module.double()
    equal(trained.layers[0].sums(trained.view[None]), single, 1e-5)


def test_a_layer_is_a_sum_of_products_with_toeplitz_matrices(column):
    for layer in column.layers:
        given, returned = column.activations[layer.name]
        around = {"stride": layer.stride, "padding": layer.padding, "circular": layer.circular}
        total = np.full(returned.shape[1], layer.bias[-1])
        for row, kernel in zip(given, layer.weights[-1], strict=True):
            total += matrix_of(kernel, given.shape[1], **around) @ row
        equal(total, returned[-1])


def test_gradients_equal_those_of_autograd(column):
    generator = np.random.default_rng(1)
    for layer in column.layers:
        given, returned = column.activations[layer.name]
        x = torch.from_numpy(given)[None, :, None].requires_grad_()
        conv = conv_of(column, layer)
        conv.zero_grad()
        upstream = generator.normal(size=returned.shape)
        out = column.module.get_submodule(layer.name)(x)
        out.backward(torch.from_numpy(upstream)[None, :, None])
        theirs = x.grad[0, :, 0].numpy()
        equal(layer.input_gradient(upstream, given.shape[1]), theirs)
        weights = conv.weight.grad[:, :, 0].numpy()
        equal(layer.kernel_gradient(given, upstream), weights)
        if conv.bias is not None:
            equal(conv.bias.grad.numpy(), upstream.sum(axis=1))


def test_the_matrix_of_a_trained_layer(trained):
    layer = trained.layers[-1]
    given, returned = trained.activations[layer.name]
    matrix = layer.matrix(given.shape[1])
    equal(matrix @ given.ravel(), returned.ravel())
    upstream = np.random.default_rng(2).normal(size=returned.shape)
    transposed = (matrix.T @ upstream.ravel()).reshape(given.shape)
    equal(layer.input_gradient(upstream, given.shape[1]), transposed)
    # Most elements are zero, and the others are repeated.
    assert len(np.unique(matrix)) <= layer.weights.size + 1
    assert np.count_nonzero(matrix) <= layer.weights.size * given.shape[1]
    # The gradient of free weights is g xᵀ; that of tied weights is its sum.
    free = np.outer(upstream[3], given[5])
    tied = tied_gradient(free, 5, padding=layer.padding, circular=layer.circular)
    equal(layer.kernel_gradient(given, upstream)[3, 5], tied)


def test_the_formula_gives_the_length_of_every_layer(column):
    geometry = layers_of(column.module, len(column.view))
    lengths = {each.name.removesuffix(".conv"): each.length for each in geometry}
    for layer in column.layers:
        given, returned = column.activations[layer.name]
        assert layer.out_length(given.shape[1]) == returned.shape[1] == lengths[layer.name]


@pytest.mark.parametrize(("view", "last"), [("global", 59), ("local", 46)])
def test_the_formula_gives_the_length_of_the_columns_of_the_paper(columns, view, last):
    column = columns[f"AstroNet, {view}"]
    length = len(column.view)
    for module in column.module.modules():
        if isinstance(module, nn.Conv2d):
            length = (length - 5 + 2 * 2) // 1 + 1
        elif isinstance(module, nn.MaxPool2d):
            length = (length - module.kernel_size[1]) // 2 + 1
    assert length == last
    assert column.activations["blocks"][1].shape[1] == last


def test_parameters_of_astronet(columns):
    network = AstroNetSpec().build({"global": 2001, "local": 201})
    layers = conv_layers(column_of(network, "global")) + conv_layers(column_of(network, "local"))
    dense = count_parameters(network.hidden) + count_parameters(network.logit)
    assert sum(layer.parameters for layer in layers) + dense == 9_940_193


def test_numbers_of_parameters_without_sharing_and_locality():
    layer = conv_layers(column_of(AstroNetSpec().build({"local": 201}), "local"))[1]
    points = 16 * 201
    assert layer.parameters == 16 * 16 * 5 + 16
    assert layer.parameters_unshared(201) == 201 * layer.parameters
    with torch.device("meta"):
        assert layer.parameters_dense(201) == count_parameters(nn.Linear(points, points))


def test_fft_convolution_with_trained_kernels(trained):
    for kernel in trained.layers[0].weights[:, 0]:
        direct = convolve(trained.view, kernel)
        equal(convolve_by_fft(trained.view, kernel), direct, 1e-12)


def test_without_a_nonlinearity_two_layers_are_equivalent_to_one(columns):
    first, second = columns["AstroNet, local"].layers[:2]
    view = columns["AstroNet, local"].view
    wide = np.zeros((16, 9))
    for output, kernels in zip(wide, second.weights, strict=True):
        for (v,), w in zip(first.weights, kernels, strict=True):
            output += convolve(v, w)
    two = ConvLayer("", second.weights, np.zeros(16)).sums(
        ConvLayer("", first.weights, np.zeros(16)).sums(view[None])
    )
    one = ConvLayer("", wide[:, None], np.zeros(16)).sums(view[None])
    equal(one, two, 1e-12)


def test_a_network_without_the_view_is_rejected():
    with pytest.raises(ConfigError, match="no column for the view 'local'"):
        column_of(AstroNetSpec().build({"global": 2001}), "local")
