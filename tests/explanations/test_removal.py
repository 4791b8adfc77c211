from dataclasses import replace

import numpy as np
import pytest
from explaining import EPHEMERIS, SMALL, SPECS, event
from hypothesis import given
from hypothesis import strategies as st

import astronet
from astronet.errors import LightCurveError
from astronet.explanations.judge import Judge, score_of
from astronet.explanations.removal import (
    noise_phases,
    noise_removals,
    removals,
    scalar_removals,
    scaled_anew,
    without,
)


def test_removing_the_transit_lowers_a_planets_score(judge):
    for seed in range(3):
        planet = event(seed=seed)
        score = score_of(judge.logit(planet))
        kept, anew, secondary = removals(judge, planet)
        assert score > 0.5
        assert kept.score < 0.5 * score
        assert anew.score < 0.5 * score
        assert secondary.score == pytest.approx(score, abs=0.1)
        assert np.abs(noise_removals(judge, planet).logits - judge.logit(planet)).max() < 1


def test_removing_the_secondary_raises_a_binarys_score(judge):
    binary = event(secondary=0.006)
    _, _, without_it = removals(judge, binary)
    assert judge.logit(binary) < -2
    assert without_it.logit > judge.logit(binary) + 2


def test_the_transit_is_gone_from_every_view_and_the_rest_stays():
    before = event(secondary=0.004)
    after = without(before, 0.0)
    for name in ("global", "rebinned_local", "wide"):
        phases = np.abs(before.phases(name))
        assert (after.views[name][phases < EPHEMERIS.duration / 2] > -0.2).all()
        far = phases > 1.1 * EPHEMERIS.duration
        assert np.allclose(after.views[name][far], before.views[name][far], atol=1e-5)
    assert np.allclose(after.views["secondary"], before.views["secondary"], atol=1e-5)
    assert before.views["global"].min() == -1  # the event itself is as it was


def test_scaled_anew_the_views_are_those_of_a_curve_without_a_transit():
    anew = scaled_anew(without(event(secondary=0.004), 0.0))
    assert anew.views["global"].min() == -1
    assert np.median(anew.views["global"]) == pytest.approx(0, abs=1e-6)
    assert np.abs(anew.phases("global")[anew.views["global"].argmin()]) > 4.8


def test_nothing_is_left_of_a_noiseless_event(judge):
    whole = np.zeros(2001, np.float32)
    whole[990:1011] = -1
    bare = replace(event(), views=event().with_whole(whole).views)
    with pytest.raises(LightCurveError):
        scaled_anew(without(bare, 0.0))
    anew = removals(judge, bare)[1]
    assert (anew.logit, anew.reason) == (None, "nothing lies below the median then")


def test_a_view_that_is_not_cut_from_the_global_one_loses_the_same_phases():
    before = event(SMALL)
    after = without(before, 0.0)
    gone = np.abs(before.phases("local")) <= 0.75 * EPHEMERIS.duration
    assert (after.views["local"][gone] == 0).all()
    assert np.array_equal(after.views["local"][~gone], before.views["local"][~gone])


def test_without_a_global_view_no_secondary_is_looked_for(small_judge):
    one = event({"local": SMALL["local"]})

    class Local:
        def logits(self, events):
            return np.array([each.views["local"].sum() for each in events])

        def logit(self, one):
            return float(one.views["local"].sum())

    last = removals(Local(), one)[-1]
    assert last.logit is None
    assert last.reason == "no view of the whole period, in which to look for it"


@given(period=st.floats(0.6, 300), duration=st.floats(0.05, 0.3))
def test_stretches_of_noise_hold_neither_dip(period, duration):
    ephemeris = astronet.Ephemeris(period, 0.0, duration)
    views = replace(event(), ephemeris=ephemeris)
    phases = noise_phases(views)
    assert len(phases) <= 24
    for dip in (0.0, views.secondary):
        away = np.abs((phases - dip + period / 2) % period - period / 2)
        assert (away > 1.5 * duration).all()


def test_an_unknown_scalar_has_no_effect_and_a_known_one_has():
    scorer = astronet.load("pretrained-scalars")
    judge = Judge(scorer.network, scorer.device)
    names = [str(name) for name in scorer.experiment.scalars]
    scalars = np.full(len(names), np.nan, np.float32)
    scalars[0] = 1.0
    views = replace(event(SPECS), scalars=scalars)
    found = scalar_removals(judge, views, names)
    assert [one.name for one in found] == names
    assert found[0].logit != pytest.approx(judge.logit(views), abs=1e-3)
    assert all(one.logit == pytest.approx(judge.logit(views), abs=1e-4) for one in found[1:])
