"""Verdicts in words."""

import math

import pytest

from astronet.vetting.checks import (
    Description,
    at_most_a_warning,
    both,
    one_sided,
    severity_of,
    two_sided,
)
from astronet.vetting.verdict import verdict_of


def check(name, severity):
    about = Description(name, name, "", "limits", "source")
    return about.result(f"{name} is {severity:g}", 1.0, severity)


UNKNOWN = Description("size", "size", "", "limits", "source").unknown("no radius")


@pytest.mark.parametrize(
    ("severity", "outcome"), [(0, "pass"), (0.6, "pass"), (2 / 3, "warn"), (1, "fail"), (9, "fail")]
)
def test_outcomes_follow_from_the_severity(severity, outcome):
    assert check("x", severity).outcome == outcome


def test_severities_of_probabilities():
    assert severity_of(0.001) == pytest.approx(1)
    assert severity_of(0.01) == pytest.approx(2 / 3)
    assert severity_of(1.0) == 0
    assert math.isfinite(severity_of(0.0))
    assert two_sided(-3.29) == pytest.approx(0.001, rel=0.01)
    assert one_sided(3.09) == pytest.approx(0.001, rel=0.01)
    assert two_sided(math.nan) == 1


def test_all_conditions_must_hold():
    assert both(3.0, 0.5) == 0.5
    assert check("x", at_most_a_warning(50)).outcome == "warn"


def test_checks_that_were_not_made_do_not_count():
    assert verdict_of([check("a", 0), UNKNOWN]) == "the only check passes; consistent with a planet"


def test_failed_checks_come_first_and_the_worst_two_are_named():
    checks = [check(name, k) for name, k in (("a", 0), ("v_shape", 1), ("odd_even", 3), ("b", 2))]
    assert verdict_of(checks) == (
        "3 of 4 checks fail: odd_even is 3; b is 2; and 1 more; probably an eclipsing binary with "
        "twice the period"
    )


def test_warnings_are_named_if_nothing_fails():
    assert verdict_of([check("a", 0.7), check("b", 0)]) == (
        "no check fails and 1 of 2 warns: a is 0.7; consistent with a planet"
    )


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (("odd_even", "secondary"), "twice the period"),
        (("sinusoid", "odd_even"), "variability"),
        (("centroid", "v_shape"), "another star"),
        (("edges",), "false alarm"),
        (("significance",), "too weak"),
        (("new",), "not consistent with a planet"),
    ],
)
def test_the_explanation_is_that_of_the_most_telling_check(names, words):
    assert words in verdict_of([check(name, 2) for name in names])


def test_weak_signals_of_variable_stars_are_variability():
    assert "variability" in verdict_of([check("significance", 2), check("sinusoid", 0.8)])
