import numpy as np
import pytest
import torch
from explaining import SMALL, event

from astronet.explanations.feature_maps import feature_maps, kernels, layers
from astronet.explanations.judge import builds, members
from astronet.models.ensemble import Ensemble
from astronet.models.residual import Residual


def test_the_last_blocks_answer_is_what_the_dense_layers_get(small_judge):
    (member,) = members(small_judge.network)
    views = event(SMALL)
    maps = feature_maps(member, views)
    for name, column in member.named_columns():
        with torch.inference_mode():
            features = column(torch.from_numpy(views.views[name][None]))[0].numpy()
        assert np.allclose(maps[name][-1].values.T.ravel(), features, atol=1e-6)


def test_the_answers_lie_under_the_dip_that_they_see(judge):
    for member in members(judge.network):
        ahead = ["stem"] if isinstance(member, Residual) else []
        for name, answers in feature_maps(member, event(scatter=0.0002)).items():
            blocks = [f"block {k}" for k in range(1, len(answers) + 1 - len(ahead))]
            assert [answer.block for answer in answers] == ahead + blocks
            for answer in answers:
                _lies_under(answer, member.views[name])


def _lies_under(answer, bins):
    # without padding, pooling leaves out what its last point would half see
    assert answer.edges == pytest.approx((0, bins), abs=answer.layer.field / 2)
    assert answer.values.shape == (answer.layer.channels, answer.layer.length)
    assert answer.values.min() >= 0


def test_of_each_build_the_first_is_shown(judge, small_judge):
    small = small_judge.network
    both = Ensemble([judge.network, small, judge.network])
    assert builds(both) == [*builds(judge.network), small]


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
