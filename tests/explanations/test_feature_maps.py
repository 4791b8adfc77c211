import numpy as np
import pytest
import torch
from explaining import SMALL, event

from astronet.explanations.feature_maps import feature_maps, kernels, layers
from astronet.explanations.judge import columns_of, members


def test_the_last_blocks_answer_is_what_the_dense_layers_get(small_judge):
    (member,) = members(small_judge.network)
    views = event(SMALL)
    maps = feature_maps(member, views)
    for name, column in columns_of(member):
        with torch.inference_mode():
            features = column(torch.from_numpy(views.views[name][None]))[0].numpy()
        assert np.allclose(maps[name][-1].values.T.ravel(), features, atol=1e-6)


def test_the_answers_lie_under_the_dip_that_they_see(judge):
    (member,) = members(judge.network)
    for name, answers in feature_maps(member, event(scatter=0.0002)).items():
        bins = member.views[name]
        assert answers[0].block == "stem"
        assert [a.block for a in answers[1:]] == [f"block {k}" for k in range(1, len(answers))]
        for answer in answers:
            first, last = answer.edges
            assert (first, last) == pytest.approx((0, bins), abs=answer.layer.jump)
            assert answer.values.shape == (answer.layer.channels, answer.layer.length)
            assert answer.values.min() >= 0


def test_kernels_are_the_networks_weights(small_judge):
    (member,) = members(small_judge.network)
    found = kernels(member)["local"]
    weights = dict(member.columns["local_view"].named_parameters())
    assert [k.weights.shape for k in found] == [(4, 1, 5), (4, 4, 5), (8, 4, 5), (8, 8, 5)]
    assert np.array_equal(
        found[0].weights[:, 0], weights["blocks.1.conv_1.weight"][:, 0, 0].detach()
    )
    convolutions = [layer for layer in layers(member)["local"] if layer.kind == "convolution"]
    assert [k.name for k in found] == [layer.name for layer in convolutions]
