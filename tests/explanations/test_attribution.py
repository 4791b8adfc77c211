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
from astronet.explanations.model import Model
from astronet.explanations.randomised import with_random_weights


@pytest.mark.parametrize("secondary", [0.0, 0.004])
def test_attributions_add_up_to_the_logit_difference(model, secondary):
    views = event(secondary=secondary)
    found = integrated_gradients(model, views)
    baseline = replace(views, views={name: 0 * view for name, view in views.views.items()})
    difference = model.logit(views) - model.logit(baseline)
    total = sum(view.sum() for view in found.views.values())
    assert abs(difference) > 0.1
    assert total == pytest.approx(difference, abs=TOLERANCE * max(1, abs(difference)))
    assert found.error == pytest.approx(total - difference, abs=1e-4)


def test_attributions_of_a_linear_network_are_its_terms():
    views = event(SMALL)
    weights = {name: torch.linspace(-1, 2, len(view)) for name, view in views.views.items()}

    class Weighted(torch.nn.Module):
        def forward(self, batch):
            return sum((batch.views[name] * weights[name]).sum(1) for name in weights) + 3

    model = Model(Weighted(), torch.device("cpu"))
    found = integrated_gradients(model, views)
    assert found.baseline == pytest.approx(3)
    for name, view in views.views.items():
        assert np.allclose(found.views[name], view * weights[name].numpy(), atol=1e-5)


@pytest.mark.parametrize("name", ["global", "local"])
def test_occlusion_equals_setting_the_patch_to_zero(small_model, name):
    views = event(SMALL)
    found = occlusion(small_model, views, name)
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
        drop = small_model.logit(views) - small_model.logit(views.with_view(name, view))
        assert found.drops[patch] == pytest.approx(drop, abs=1e-5)


def test_patch_width_is_a_quarter_of_the_transit_duration():
    assert patch_width(event(SMALL), "local") == 2  # 7.66 bins
    assert patch_width(event(), "global") == 13  # 50.025 bins


def test_random_weights_give_different_attributions(model):
    """Attributions must depend on the weights (sanity check of Adebayo et al. 2018, NeurIPS)."""
    other = with_random_weights(model, seed=0)
    for secondary in (0.0, 0.004):
        views = event(secondary=secondary)
        before = model.logit(views)
        joined = [
            np.concatenate(list(integrated_gradients(each, views).views.values()))
            for each in (model, other)
        ]
        assert abs(spearmanr(*joined).statistic) < 0.5
        assert other.logit(views) != pytest.approx(before, abs=0.1)
        assert model.logit(views) == before  # the trained network is unchanged


def test_error_without_captum_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "captum", None)
    with pytest.raises(ConfigError) as error:
        require_captum()
    assert str(error.value) == "captum is not installed; run `pip install captum`"


def test_scalars_are_held_fixed():
    scorer = astronet.load("pretrained-scalars")
    model = Model(scorer.network, scorer.device)
    scalars = np.linspace(0, 1, len(scorer.experiment.scalars), dtype=np.float32)
    views = replace(event(), scalars=scalars)
    views = replace(views, views={name: 0 * view for name, view in views.views.items()})
    found = integrated_gradients(model, views)
    assert found.logit == pytest.approx(found.baseline)
    assert not any(view.any() for view in found.views.values())
