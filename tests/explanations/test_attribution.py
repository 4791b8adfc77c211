import sys
from dataclasses import replace

import numpy as np
import pytest
import torch
from explaining import SMALL, event
from scipy.stats import spearmanr

import astronet
from astronet.errors import ConfigError
from astronet.explanations.attribution import (
    TOLERANCE,
    integrated_gradients,
    occlusion,
    patch_width,
    require_captum,
)
from astronet.explanations.judge import Judge
from astronet.explanations.randomised import redrawn


@pytest.mark.parametrize("secondary", [0.0, 0.004])
def test_the_attributions_add_up_to_the_logit(judge, secondary):
    views = event(secondary=secondary)
    found = integrated_gradients(judge, views)
    flat = replace(views, views={name: 0 * view for name, view in views.views.items()})
    difference = judge.logit(views) - judge.logit(flat)
    total = sum(view.sum() for view in found.views.values())
    assert abs(difference) > 0.1
    assert total == pytest.approx(difference, abs=TOLERANCE * max(1, abs(difference)))
    assert found.error == pytest.approx(total - difference, abs=1e-4)


def test_a_linear_networks_attributions_are_its_terms():
    views = event(SMALL)
    weights = {name: torch.linspace(-1, 2, len(view)) for name, view in views.views.items()}

    class Weighted(torch.nn.Module):
        def forward(self, batch):
            return sum((batch.views[name] * weights[name]).sum(1) for name in weights) + 3

    judge = Judge(Weighted(), torch.device("cpu"))
    found = integrated_gradients(judge, views)
    assert found.flat == pytest.approx(3)
    for name, view in views.views.items():
        assert np.allclose(found.views[name], view * weights[name].numpy(), atol=1e-5)


@pytest.mark.parametrize("name", ["global", "local"])
def test_a_patch_occluded_by_hand_gives_the_same(small_judge, name):
    views = event(SMALL)
    found = occlusion(small_judge, views, name)
    assert found.width == patch_width(views, name)
    bins = len(views.views[name])
    for first in {
        0,
        bins // 2 // found.width * found.width,
        (bins - 1) // found.width * found.width,
    }:
        patch = slice(first, first + found.width)
        view = views.views[name].copy()
        view[patch] = 0
        drop = small_judge.logit(views) - small_judge.logit(views.with_view(name, view))
        assert found.drops[patch] == pytest.approx(drop, abs=1e-5)


def test_a_patch_is_a_quarter_of_the_transit():
    assert patch_width(event(SMALL), "local") == 2  # 7.66 bins
    assert patch_width(event(), "global") == 13  # 50.025 bins


def test_weights_that_were_drawn_anew_give_other_attributions(judge):
    """The sanity check of Adebayo et al. 2018 (NeurIPS): attribution must depend on the weights."""
    other = redrawn(judge, seed=0)
    for secondary in (0.0, 0.004):
        views = event(secondary=secondary)
        before = judge.logit(views)
        joined = [
            np.concatenate(list(integrated_gradients(each, views).views.values()))
            for each in (judge, other)
        ]
        assert abs(spearmanr(*joined).statistic) < 0.5
        assert other.logit(views) != pytest.approx(before, abs=0.1)
        assert judge.logit(views) == before  # the trained one is as it was


def test_without_captum_one_line_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "captum", None)
    with pytest.raises(ConfigError) as error:
        require_captum()
    assert str(error.value) == "explaining needs captum; pip install 'astronet[explain]'"


def test_scalars_are_held():
    scorer = astronet.load("pretrained-scalars")
    judge = Judge(scorer.network, scorer.device)
    scalars = np.linspace(0, 1, len(scorer.experiment.scalars), dtype=np.float32)
    views = replace(event(), scalars=scalars)
    views = replace(views, views={name: 0 * view for name, view in views.views.items()})
    found = integrated_gradients(judge, views)
    assert found.logit == pytest.approx(found.flat)
    assert not any(view.any() for view in found.views.values())
