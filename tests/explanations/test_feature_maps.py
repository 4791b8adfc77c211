import numpy as np
import pytest
import torch
from explaining import SMALL, event

from astronet.explanations.feature_maps import feature_maps, kernels, layers
from astronet.explanations.model import members, representatives
from astronet.models.ensemble import Ensemble
from astronet.models.residual import Residual


def test_last_feature_map_is_the_input_of_the_dense_layers(small_model):
    (member,) = members(small_model.network)
    views = event(SMALL)
    maps = feature_maps(member, views)
    for name, column in member.named_columns():
        with torch.inference_mode():
            features = column(torch.from_numpy(views.views[name][None]))[0].numpy()
        assert np.allclose(maps[name][-1].values.T.ravel(), features, atol=1e-6)


def test_feature_maps_span_the_view(model):
    for member in members(model.network):
        stem = ["stem"] if isinstance(member, Residual) else []
        for name, maps in feature_maps(member, event(scatter=0.0002)).items():
            blocks = [f"block {k}" for k in range(1, len(maps) + 1 - len(stem))]
            assert [found.block for found in maps] == stem + blocks
            for found in maps:
                _assert_spans(found, member.views[name])


def _assert_spans(found, bins):
    # without padding, pooling drops a last position whose receptive field exceeds the view
    assert found.edges == pytest.approx((0, bins), abs=found.layer.field / 2)
    assert found.values.shape == (found.layer.channels, found.layer.length)
    assert found.values.min() >= 0


def test_first_network_of_each_architecture_is_returned(model, small_model):
    small = small_model.network
    both = Ensemble([model.network, small, model.network])
    assert representatives(both) == [*representatives(model.network), small]


def test_kernels_are_the_weights_of_the_network(small_model):
    (member,) = members(small_model.network)
    found = kernels(member)["local"]
    weights = dict(member.columns["local_view"].named_parameters())
    assert [k.weights.shape for k in found] == [(4, 1, 5), (4, 4, 5), (8, 4, 5), (8, 8, 5)]
    assert np.array_equal(
        found[0].weights[:, 0], weights["blocks.1.conv_1.weight"][:, 0, 0].detach()
    )
    convolutions = [layer for layer in layers(member)["local"] if layer.kind == "convolution"]
    assert [k.name for k in found] == [layer.name for layer in convolutions]
