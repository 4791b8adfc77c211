"""Measured locality, equivariance and invariance of real networks."""

import numpy as np
import pytest
import torch

from astronet.convolution.networks import activations
from astronet.convolution.properties import (
    affected_points,
    equivariance_error,
    points_at_boundary,
    points_seeing,
    relative_change,
)
from astronet.models.geometry import layers_of


def maps_of(column, name):
    return lambda view: activations(column.module, view)[name][1]


def geometry_of(column):
    layers = layers_of(column.module, len(column.view))
    return {layer.name.removesuffix(".conv"): layer for layer in layers}


def test_a_bin_affects_only_points_with_the_bin_in_their_receptive_field(column):
    place = len(column.view) // 2
    for name, layer in geometry_of(column).items():
        affected = affected_points(maps_of(column, name), column.view, place, change=-1.0)
        assert len(affected) > 0 and set(affected) <= set(points_seeing(layer, place))


def test_layers_are_equivariant_away_from_the_ends(column):
    geometry = geometry_of(column)
    shift = list(geometry.values())[-1].jump
    for name, layer in geometry.items():
        error = equivariance_error(maps_of(column, name), column.view, shift, layer.jump)
        inside = np.delete(error, points_at_boundary(layer, len(column.view), shift))
        assert len(inside) > 0 and inside.max() < 1e-12


def test_a_circular_convolution_is_equivariant_at_every_point(trained):
    # 2,000 bins are a multiple of the stride, so that the windows are the same after a shift.
    view, stem = trained.view[:2000], trained.layers[0]
    assert stem.circular and stem.stride == 4

    def by_torch(row):
        with torch.no_grad():
            return trained.module.blocks[:2](torch.from_numpy(row)[None, None, None])[
                0, :, 0
            ].numpy()

    for maps in (by_torch, lambda row: stem.sums(row[None])):
        for shift in (4, 400, -36):
            assert equivariance_error(maps, view, shift, 4) == pytest.approx(0, abs=1e-12)
        assert relative_change(maps, view, [1])[0] > 0.01  # not a multiple of the stride


def test_consecutive_circular_layers_are_equivariant(trained):
    stem, *others = trained.layers[:3]

    def maps(row):
        rows = stem.sums(row[None])
        for layer in others:
            rows = layer.sums(np.maximum(rows, 0))
        return rows

    assert equivariance_error(maps, trained.view[:2000], 8, 4) == pytest.approx(0, abs=1e-12)


def test_only_pooling_is_not_circular_in_a_circular_column(trained):
    # 2,048 bins are a multiple of all strides.
    view = np.concatenate([trained.view, trained.view[:47]])
    blocks = trained.module.blocks

    def after(modules, row):
        with torch.no_grad():
            rows = torch.from_numpy(row.copy())[None, None, None]
            return torch.nn.Sequential(*modules)(rows)[0, :, 0].numpy()

    convolved = [blocks[0], blocks[1], blocks[2].inner]
    assert equivariance_error(lambda row: after(convolved, row), view, 64, 4).max() < 1e-12
    pooled = equivariance_error(lambda row: after(blocks[:3], row), view, 64, 8)
    # Only the first point differs, before and after the shift.
    assert set(np.flatnonzero(pooled > 1e-12)) <= {0, 8}


def test_zero_padding_is_not_equivariant_at_the_ends(columns):
    column = columns["AstroNet, global"]
    first = column.layers[0]
    error = equivariance_error(lambda row: first.sums(row[None]), 1 + column.view, 10, 1)
    assert (error[:2] > 0.01).all() and error[14:-2] == pytest.approx(0, abs=1e-12)


def test_pooling_reduces_the_change_by_small_shifts(trained):
    pools = [name for name in geometry_of(trained) if name.endswith("pool")]
    before = relative_change(maps_of(trained, "blocks.0"), trained.view, [1, 8, 32])
    after = relative_change(maps_of(trained, pools[-1]), trained.view, [1, 8, 32])
    assert (after < 0.6 * before).all()
    assert (after > 0.01).all()  # but it is not invariant


def test_invariance_by_hand():
    view = np.array([0.0, 0, 3, 0, 0, 4, 0, 0])
    assert relative_change(lambda x: x[None], view, [0, 8, 1]) == pytest.approx([0, 0, np.sqrt(2)])
    maximum = relative_change(lambda x: np.array([[x.max()]]), view, [1, 5])
    assert maximum == pytest.approx([0, 0])


def test_receptive_fields_by_hand(columns):
    # Kernels of 5 points with stride 1: two points on either side, then four
    first, second = list(geometry_of(columns["AstroNet, local"]).values())[:2]
    assert points_seeing(first, 10).tolist() == [8, 9, 10, 11, 12]
    assert points_seeing(second, 10).tolist() == list(range(6, 15))
    assert points_at_boundary(first, 201, 1).tolist() == [0, 1, 2, 199, 200]
