"""Convolutions of trained networks: weights and feature maps."""

import copy
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import torch
from torch import nn

from astronet.convolution.layers import ConvLayer
from astronet.errors import ConfigError
from astronet.lightcurves.arrays import Floats
from astronet.models.layers import column_name
from astronet.models.rows import RowConvolution, SkipConvolution


def column_of(network: nn.Module, view: str) -> nn.Module:
    """Return a copy of a network's column for a view, on the CPU, in double precision.

    The copy is in evaluation mode.

    Args:
        network: Network with columns, or a module that contains such networks, for example an
            ensemble or a calibrated network. The first column found for the view is used.
        view: Name of the view.

    Raises:
        ConfigError: The network has no column for this view.
    """
    for module in network.modules():
        columns = getattr(module, "columns", None)
        if isinstance(columns, nn.ModuleDict) and column_name(view) in columns:
            return copy.deepcopy(columns[column_name(view)]).cpu().double().eval()
    raise ConfigError(f"the network has no column for the view {view!r}; use one of its views")


def conv_layers(column: nn.Module) -> list[ConvLayer]:
    """Return the convolutions of a column in order, except those on skip connections.

    A layer without a bias is given a bias of zero.
    """
    layers = []
    for name, conv, around in _convolutions(column):
        layers.append(
            ConvLayer(
                name,
                _numbers(conv.weight[:, :, 0]),
                np.zeros(conv.out_channels) if conv.bias is None else _numbers(conv.bias),
                conv.stride[1],
                around or int(conv.padding[1]),
                circular=around > 0,
            )
        )
    return layers


def normalised(layer: ConvLayer, norm: nn.BatchNorm2d) -> ConvLayer:
    """Return the single convolution that equals a convolution followed by batch normalisation.

    In evaluation mode, batch normalisation is (y − μ)·γ/√(σ² + ε) + β with constant parameters
    (Ioffe & Szegedy 2015, §3.1), which scales the kernels and adds a bias.
    """
    mean, variance = norm.running_mean, norm.running_var
    assert mean is not None and variance is not None  # tracked in all networks of this package
    scale = _numbers(norm.weight / torch.sqrt(variance + norm.eps))
    bias = (layer.bias - _numbers(mean)) * scale + _numbers(norm.bias)
    return replace(layer, weights=layer.weights * scale[:, None, None], bias=bias)


def activations(column: nn.Module, view: Floats) -> dict[str, tuple[Floats, Floats]]:
    """Return the input and output of each module within a column, computed for one view.

    Modules that contain other modules, such as blocks, are included. Modules whose input or output
    is not a set of feature maps, such as dense layers, are omitted.

    Args:
        column: Column from `column_of`.
        view: View [bins].

    Returns:
        Input [channels, n] and output [channels', n'] of each module, by module name.
    """
    seen: dict[str, tuple[Floats, Floats]] = {}

    def keep(name: str, given: torch.Tensor, returned: torch.Tensor) -> None:
        if given.ndim == 4 and returned.ndim == 4:
            seen[name] = (_numbers(given[0, :, 0]), _numbers(returned[0, :, 0]))

    handles = [
        module.register_forward_hook(lambda _, given, out, name=name: keep(name, given[0], out))
        for name, module in column.named_modules()
        if name
    ]
    try:
        with torch.no_grad():
            column(torch.from_numpy(np.array(view, np.float64))[None])
    finally:
        for handle in handles:
            handle.remove()
    return seen


def _convolutions(column: nn.Module) -> Iterator[tuple[str, nn.Conv2d, int]]:
    """Yield the name, the module and the circular padding [points] of each convolution.

    The circular padding is 0 if the convolution pads with zeros. Convolutions on skip connections
    are omitted. The name of a convolution inside a `RowConvolution` is that of the
    `RowConvolution`.
    """
    wrapped = set()
    for name, module in column.named_modules():
        if isinstance(module, RowConvolution):
            wrapped.add(id(module.conv))
            yield name, module.conv, module.around
        elif isinstance(module, SkipConvolution):
            continue
        elif isinstance(module, nn.Conv2d) and id(module) not in wrapped:
            yield name, module, 0


def _numbers(values: torch.Tensor) -> Floats:
    return np.array(values.detach().double().numpy())
