"""Locality, equivariance and invariance of real networks, as measured."""

import numpy as np
import pytest
import torch

from astronet.convolution.networks import passed
from astronet.convolution.properties import moved_by, near_the_seam, seeing, strayed, unlike
from astronet.models.geometry import layers_of


def maps_of(column, name):
    return lambda view: passed(column.module, view)[name][1]


def geometry_of(column):
    layers = layers_of(column.module, len(column.view))
    return {layer.name.removesuffix(".conv"): layer for layer in layers}


def test_a_bin_moves_the_points_that_see_it_and_no_other(column):
    place = len(column.view) // 2
    for name, layer in geometry_of(column).items():
        moved = moved_by(maps_of(column, name), column.view, place, change=-1.0)
        assert len(moved) > 0 and set(moved) <= set(seeing(layer, place))


def test_away_from_the_ends_shifting_first_or_last_is_the_same(column):
    geometry = geometry_of(column)
    shift = list(geometry.values())[-1].jump
    for name, layer in geometry.items():
        off = strayed(maps_of(column, name), column.view, shift, layer.jump)
        inside = np.delete(off, near_the_seam(layer, len(column.view), shift))
        assert len(inside) > 0 and inside.max() < 1e-12


def test_a_circular_convolution_is_equivariant_at_every_point(trained):
    # 2,000 bins are a multiple of the stride, so that the windows fall alike all the way round.
    view, stem = trained.view[:2000], trained.layers[0]
    assert stem.circular and stem.stride == 4

    def torchs(row):
        with torch.no_grad():
            return trained.module.blocks[:2](torch.from_numpy(row)[None, None, None])[
                0, :, 0
            ].numpy()

    for maps in (torchs, lambda row: stem.sums(row[None])):
        for shift in (4, 400, -36):
            assert strayed(maps, view, shift, 4) == pytest.approx(0, abs=1e-12)
        assert unlike(maps, view, [1])[0] > 0.01  # but not to shifts between


def test_circular_layers_in_a_row_stay_equivariant(trained):
    stem, *others = trained.layers[:3]

    def maps(row):
        rows = stem.sums(row[None])
        for layer in others:
            rows = layer.sums(np.maximum(rows, 0))
        return rows

    assert strayed(maps, trained.view[:2000], 8, 4) == pytest.approx(0, abs=1e-12)


def test_in_a_circular_column_pooling_alone_does_not_reach_round(trained):
    view = np.concatenate([trained.view, trained.view[:47]])  # 2,048: all strides divide it
    blocks = trained.module.blocks

    def after(modules, row):
        with torch.no_grad():
            rows = torch.from_numpy(row.copy())[None, None, None]
            return torch.nn.Sequential(*modules)(rows)[0, :, 0].numpy()

    convolved = [blocks[0], blocks[1], blocks[2].inner]
    assert strayed(lambda row: after(convolved, row), view, 64, 4).max() < 1e-12
    pooled = strayed(lambda row: after(blocks[:3], row), view, 64, 8)
    assert set(np.flatnonzero(pooled > 1e-12)) <= {0, 8}  # the first point, before and after


def test_zeros_at_the_ends_break_the_circle(columns):
    column = columns["AstroNet, global"]
    first = column.layers[0]
    off = strayed(lambda row: first.sums(row[None]), 1 + column.view, 10, 1)
    assert (off[:2] > 0.01).all() and off[14:-2] == pytest.approx(0, abs=1e-12)


def test_pooling_forgets_small_shifts(trained):
    pools = [name for name in geometry_of(trained) if name.endswith("pool")]
    before = unlike(maps_of(trained, "blocks.0"), trained.view, [1, 8, 32])
    after = unlike(maps_of(trained, pools[-1]), trained.view, [1, 8, 32])
    assert (after < 0.6 * before).all()
    assert (after > 0.01).all()  # invariant it is not


def test_invariance_by_hand():
    view = np.array([0.0, 0, 3, 0, 0, 4, 0, 0])
    assert unlike(lambda x: x[None], view, [0, 8, 1]) == pytest.approx([0, 0, np.sqrt(2)])
    assert unlike(lambda x: np.array([[x.max()]]), view, [1, 5]) == pytest.approx([0, 0])


def test_who_sees_a_point_by_hand(columns):
    # Kernels of 5 without a stride: two points to either side, then four.
    first, second = list(geometry_of(columns["AstroNet, local"]).values())[:2]
    assert seeing(first, 10).tolist() == [8, 9, 10, 11, 12]
    assert seeing(second, 10).tolist() == list(range(6, 15))
    assert near_the_seam(first, 201, 1).tolist() == [0, 1, 2, 199, 200]
