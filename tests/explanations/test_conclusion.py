from dataclasses import replace

import numpy as np
import pytest
from explaining import event

import astronet
from astronet.explanations.conclusion import changes, conclusion
from astronet.explanations.findings import find
from astronet.explanations.removal import NoiseRemovals, Removal, Scalar
from astronet.explanations.secondary import Sibling
from astronet.explanations.shifts import Shifts


@pytest.fixture(scope="module")
def found(model):
    """Results for a simulated planet and the shipped weights, with a logit of 2."""
    results = find(model, event(), [], lambda steps: None)
    return replace(results, logit=2.0, **modified())


def modified(transit=-3.0, secondary=2.1, noise=(1.9, 2.05, 2.2), reverse=2.0, epoch=None):
    bins = np.arange(-2, 3)
    epoch = [2.0] * 5 if epoch is None else epoch
    phases = np.array([-4.0, -2.0, 2.0])
    return {
        "removals": [
            Removal("the transit", transit),
            Removal("the transit, with the views rescaled", -9.0),
            Removal("the secondary", secondary),
        ],
        "noise": NoiseRemovals(phases[: len(noise)], np.array(noise)),
        "time_reversed": reverse,
        "epoch_shifts": Shifts(bins, np.array(epoch, float)),
    }


def texts(found, siblings=(), **changed):
    statements = conclusion(replace(found, **changed), siblings)
    return {statement.topic: statement.text for statement in statements}


def test_conclusion_of_a_planet_that_depends_on_its_transit(found):
    text = texts(found)
    assert list(text) == ["Largest influence", "Noise", "Attribution", "Epoch", "Next check"]
    assert text["Largest influence"] == (
        "The score changes most without the transit: it would be 0.0474 instead of 0.8808 (logit "
        "−5.00)."
    )
    assert text["Noise"] == (
        "The score depends on noise less than on the transit: the removal of an interval of noise "
        "changes the logit by 0.10 (median) and at most 0.20, that of the transit by 5.00."
    )
    assert text["Attribution"].startswith("The attribution is concentrated in the transit: ")
    assert text["Epoch"].startswith("The score is not sensitive to the epoch: an error of up to ")
    assert text["Next check"] == (
        "Check the statistics of the event, which do not depend on the network (astronet vet)."
    )


@pytest.mark.parametrize(
    ("changed", "start"),
    [
        (modified(transit=1.9, secondary=4.0), "The score changes most without the secondary: "),
        (modified(transit=1.9, noise=(1.9, 7.0, 2.2)), "The score changes most without the noise"),
        (modified(transit=1.9, reverse=-4.0), "The score changes most with time reversed: it "),
        (modified(transit=1.9), "The score depends on the light curve as a whole: no single "),
        (modified(secondary=None), "The score changes most without the transit: "),
        (modified() | {"scalars": [Scalar("log_snr", 1.0, -9.0)]}, "The score changes most if log"),
    ],
)
def test_the_largest_influence_is_named(found, changed, start):
    assert texts(found, **changed)["Largest influence"].startswith(start)


def test_the_largest_change_in_the_other_direction_is_named(found):
    assert texts(found, **modified(secondary=4.0))["Largest influence"].endswith(
        "(logit −5.00). It increases most without the secondary, to 0.9820 (logit +2.00)."
    )
    assert texts(found, **modified(transit=9.0, secondary=1.0))["Largest influence"].endswith(
        "(logit +7.00). It decreases most without the secondary, to 0.7311 (logit −1.00)."
    )


def test_every_modification_is_compared(found):
    changed = modified() | {"scalars": [Scalar("log_snr", 1.0, 1.0)]}
    assert [(one.modification, one.difference) for one in changes(replace(found, **changed))] == [
        ("without the transit", -5.0),
        ("without the secondary", pytest.approx(0.1)),
        ("without the noise at phase +0.200", pytest.approx(0.2)),
        ("if log_snr is unknown", -1.0),
        ("with time reversed", 0.0),
    ]


@pytest.mark.parametrize(
    ("transit", "noise", "start"),
    [
        (1.0, (4.0, 4.0, 4.0), "The score is determined by noise: "),
        (1.0, (2.1, 2.1, 4.0), "The score depends on the noise at phase +0.200 as much as on the "),
        (1.9, (1.9, 2.05, 2.2), "Neither noise nor the transit alone determines the score: "),
        (1.0, (), "The influence of noise is unknown, because no interval is clear of both dips."),
    ],
)
def test_noise_is_compared_with_the_transit(found, transit, noise, start):
    assert texts(found, **modified(transit=transit, noise=noise))["Noise"].startswith(start)


def test_influential_noise_is_checked_next(found):
    text = texts(found, **modified(transit=1.0, noise=(2.1, 2.1, 4.0)))
    assert text["Next check"].startswith("Check the light curve at phase +0.200 and the statistics")


def test_a_wrong_epoch_is_checked_next(found):
    text = texts(found, **modified(epoch=[1.0, 1.9, 2.0, 2.4, 3.0]))
    step = 24 * found.event.ephemeris.period / 2001
    assert text["Epoch"] == (
        f"The score is sensitive to the epoch: an error of {2 * step:.2g} h "
        f"({2 * step / 6:.2g} durations) changes the logit by −1.00; the score is highest, 0.9526, "
        f"if the views are shifted by +{2 * step:.2f} h."
    )
    assert text["Next check"].startswith("Check the epoch and the statistics of the event")


def test_attribution_that_is_spread_evenly_is_not_concentrated(found):
    even = {name: np.ones(len(view)) for name, view in found.event.views.items()}
    text = texts(found, gradients=replace(found.gradients, views=even))
    assert text["Attribution"].startswith("The attribution is not concentrated in the transit: ")
    assert " 1.0 times as much as if it were spread evenly." in text["Attribution"]


def test_the_view_with_the_largest_influence_is_named(found):
    views = {"global": 2.1, "rebinned_local": -1.0, "secondary": 2.0, "wide": 2.2}
    assert texts(found, views=views)["Attribution"].endswith(
        " The view with the largest influence is the rebinned local view: if all its bins were 0, "
        "the score would be 0.2689."
    )


def test_views_without_attribution_have_no_statement(found):
    none = {name: np.zeros(len(view)) for name, view in found.event.views.items()}
    assert "Attribution" not in texts(found, gradients=replace(found.gradients, views=none))


def test_the_transits_of_another_event_are_part_of_the_conclusion(found):
    own = found.event.ephemeris
    other = astronet.Ephemeris(own.period, own.epoch + found.event.secondary, own.duration)
    assert "event 7 of the star" in texts(found, [Sibling(7, other)])["Secondary"]
