from dataclasses import replace

import numpy as np
import pytest
from explaining import EPHEMERIS, SMALL, SPECS, event
from hypothesis import given
from hypothesis import strategies as st

import astronet
from astronet.errors import LightCurveError
from astronet.explanations.model import Model, score_of
from astronet.explanations.removal import (
    noise_phases,
    noise_removals,
    removals,
    rescaled,
    scalar_removals,
    without,
)


def test_removal_of_the_transit_lowers_the_score_of_a_planet(model):
    for seed in range(3):
        planet = event(seed=seed)
        score = score_of(model.logit(planet))
        unscaled, scaled, secondary = removals(model, planet)
        assert score > 0.5
        assert score_of(unscaled.logit) < 0.5 * score
        assert score_of(scaled.logit) < 0.5 * score
        assert score_of(secondary.logit) == pytest.approx(score, abs=0.1)
        assert np.abs(noise_removals(model, planet).logits - model.logit(planet)).max() < 1


def test_removal_of_the_secondary_raises_the_score_of_a_binary(model):
    binary = event(secondary=0.006)
    _, _, without_secondary = removals(model, binary)
    assert model.logit(binary) < -2
    assert without_secondary.logit > model.logit(binary) + 2


def test_removal_changes_only_the_transit_in_every_view():
    before = event(secondary=0.004)
    after = without(before, 0.0)
    for name in ("global", "rebinned_local", "wide"):
        phases = np.abs(before.phases(name))
        assert (after.views[name][phases < EPHEMERIS.duration / 2] > -0.2).all()
        far = phases > 1.1 * EPHEMERIS.duration
        assert np.allclose(after.views[name][far], before.views[name][far], atol=1e-5)
    assert np.allclose(after.views["secondary"], before.views["secondary"], atol=1e-5)
    assert before.views["global"].min() == -1  # the original event is unchanged


def test_rescaled_views_have_median_0_and_minimum_minus_1():
    found = rescaled(without(event(secondary=0.004), 0.0))
    assert found.views["global"].min() == -1
    assert np.median(found.views["global"]) == pytest.approx(0, abs=1e-6)
    assert np.abs(found.phases("global")[found.views["global"].argmin()]) > 4.8


def test_views_without_a_dip_cannot_be_rescaled(model):
    whole = np.zeros(2001, np.float32)
    whole[990:1011] = -1
    bare = replace(event(), views=event().with_global(whole).views)
    with pytest.raises(LightCurveError):
        rescaled(without(bare, 0.0))
    found = removals(model, bare)[1]
    assert (found.logit, found.reason) == (None, "no bin is below the median")


def test_independent_view_loses_the_same_phases():
    before = event(SMALL)
    after = without(before, 0.0)
    gone = np.abs(before.phases("local")) <= 0.75 * EPHEMERIS.duration
    assert (after.views["local"][gone] == 0).all()
    assert np.array_equal(after.views["local"][~gone], before.views["local"][~gone])


def test_secondary_is_not_available_without_a_global_view(small_model):
    one = event({"local": SMALL["local"]})

    class Local:
        def logits(self, events):
            return np.array([each.views["local"].sum() for each in events])

        def logit(self, one):
            return float(one.views["local"].sum())

    last = removals(Local(), one)[-1]
    assert last.logit is None
    assert last.reason == "the network reads no global view"


@given(period=st.floats(0.6, 300), duration=st.floats(0.05, 0.3))
def test_noise_intervals_contain_neither_dip(period, duration):
    ephemeris = astronet.Ephemeris(period, 0.0, duration)
    views = replace(event(), ephemeris=ephemeris)
    phases = noise_phases(views)
    assert len(phases) <= 24
    for dip in (0.0, views.secondary):
        away = np.abs((phases - dip + period / 2) % period - period / 2)
        assert (away > 1.5 * duration).all()


def test_only_the_removal_of_a_known_scalar_changes_the_logit():
    scorer = astronet.load("pretrained-scalars")
    model = Model(scorer.network, scorer.device)
    names = [str(name) for name in scorer.experiment.scalars]
    scalars = np.full(len(names), np.nan, np.float32)
    scalars[0] = 1.0
    views = replace(event(SPECS), scalars=scalars)
    found = scalar_removals(model, views, names)
    assert [one.name for one in found] == names
    assert found[0].logit != pytest.approx(model.logit(views), abs=1e-3)
    assert all(one.logit == pytest.approx(model.logit(views), abs=1e-4) for one in found[1:])
