"""Lengths and receptive fields of layers, compared with the outputs of real columns."""

import numpy as np
import pytest
import torch
from torch import nn

from astronet.models.columns import ColumnSpec, ConvColumn
from astronet.models.geometry import layers_of
from astronet.models.residual import ResidualColumn, ResidualColumnSpec

COLUMNS = {
    "global": (ConvColumn(ColumnSpec(blocks=5), 2001), 2001),
    "local": (ConvColumn(ColumnSpec(blocks=2, pool=7), 201), 201),
    "valid": (ConvColumn(ColumnSpec(blocks=2, padding="valid", kernel=4), 201), 201),
    "residual": (ResidualColumn(ResidualColumnSpec(), 201), 201),
    "circular": (ResidualColumn(ResidualColumnSpec(stem_stride=4, circular=True), 401), 401),
}


def test_lengths_of_astronet_equal_those_of_the_paper():
    column, length = COLUMNS["global"]
    pooled = [layer.length for layer in layers_of(column, length) if layer.kind == "pooling"]
    assert pooled == [999, 498, 247, 122, 59]
    column, length = COLUMNS["local"]
    pooled = [layer.length for layer in layers_of(column, length) if layer.kind == "pooling"]
    assert pooled == [98, 46]


def test_receptive_field_computed_by_hand():
    # Kernels of 5 and 5, then pooling of 5 with stride 2: 1 + 4 + 4 + 4 points, every second one.
    first_block = layers_of(*COLUMNS["global"])[:3]
    assert [layer.field for layer in first_block] == [5, 9, 13]
    assert [layer.jump for layer in first_block] == [1, 1, 2]
    assert first_block[-1].seen_by(0) == (-4, 8)
    assert first_block[-1].seen_by(1) == (-2, 10)


@pytest.mark.parametrize("name", COLUMNS)
def test_lengths_and_channels_equal_those_of_the_outputs(name):
    column, length = COLUMNS[name]
    shapes = {}
    for module_name, module in column.named_modules():
        if isinstance(module, nn.Conv2d | nn.MaxPool2d):
            module.register_forward_hook(
                lambda _, __, out, at=module_name: shapes.update({at: out.shape[1:]})
            )
    column.eval()(torch.zeros(1, length))
    for layer in layers_of(column, length):
        assert shapes[layer.name] == (layer.channels, 1, layer.length)


@pytest.mark.parametrize("name", COLUMNS)
def test_points_outside_the_receptive_field_have_no_effect(name):
    column, length = COLUMNS[name]
    column.eval()
    kept = {}
    layers = layers_of(column, length)
    modules = dict(column.named_modules())
    handles = [
        modules[layer.name].register_forward_hook(
            lambda _, __, out, at=layer.name: kept.update({at: out.detach().numpy()[0, :, 0]})
        )
        for layer in layers
    ]
    generator = np.random.default_rng(1)
    view = generator.normal(size=length).astype(np.float32)
    column(torch.from_numpy(view[None]))
    before = dict(kept)
    changed = length // 2
    view[changed] += 3
    column(torch.from_numpy(view[None]))
    for handle in handles:
        handle.remove()
    for layer in layers:
        affected = np.flatnonzero((before[layer.name] != kept[layer.name]).any(axis=0))
        seen = [
            point
            for point in range(layer.length)
            if layer.seen_by(point)[0] <= changed <= layer.seen_by(point)[1]
        ]
        assert set(affected) <= set(seen)
        if layer.kind == "convolution":
            assert len(affected) > 0
