"""The convolutions of real networks as numbers, and what passes through them."""

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
    """The column that reads a view, on the processor, in double precision; of several, the first.

    Args:
        network: A network with columns, or what holds one: an ensemble, a calibrated network.
        view: The view's name.

    Raises:
        ConfigError: The network has no column of that view.
    """
    for module in network.modules():
        columns = getattr(module, "columns", None)
        if isinstance(columns, nn.ModuleDict) and column_name(view) in columns:
            return copy.deepcopy(columns[column_name(view)]).cpu().double().eval()
    raise ConfigError(f"the network has no column for the view {view!r}; name one that it reads")


def conv_layers(column: nn.Module) -> list[ConvLayer]:
    """The convolutions of a column in order, those beside them (skips) left out.

    Layers without a bias of their own have zeros.
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
    """A convolution and the normalisation behind it as one convolution.

    In scoring, the normalisation is (y − μ)·γ/√(σ² + ε) + β with fixed numbers (Ioffe & Szegedy
    2015, §3.1), so that it scales kernels and gives them a bias.
    """
    mean, variance = norm.running_mean, norm.running_var
    assert mean is not None and variance is not None  # ours keep them
    scale = _numbers(norm.weight / torch.sqrt(variance + norm.eps))
    bias = (layer.bias - _numbers(mean)) * scale + _numbers(norm.bias)
    return replace(layer, weights=layer.weights * scale[:, None, None], bias=bias)


def passed(column: nn.Module, view: Floats) -> dict[str, tuple[Floats, Floats]]:
    """What goes into each layer of a column and what comes out, for one view [bins].

    Returns:
        By the module's name: input and output, each [channels, n].
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
    """Name, convolution and circular padding; the name is that of the module with the padding."""
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
