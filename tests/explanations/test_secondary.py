import numpy as np
import pandas as pd
import pytest
from explaining import EPHEMERIS, SPECS, event, light_curve

import astronet
from astronet.explanations.event import Event
from astronet.explanations.secondary import (
    Sibling,
    is_next_to_transit,
    secondary_remark,
    siblings_at,
    siblings_in,
)
from astronet.lightcurves.views import make_views

SHORT = astronet.Ephemeris(EPHEMERIS.period, EPHEMERIS.epoch, EPHEMERIS.duration / 3)
"""Ephemeris whose duration is a third of that of the simulated transits."""


def event_of(curve, ephemeris):
    views = make_views(curve, ephemeris, SPECS)
    return Event("simulated", 1, ephemeris, SPECS, views, np.empty(0, np.float32))


def sibling(period=1.0, phase=0.5, number=2):
    """Another event, whose period is given in periods of the simulated event."""
    epoch = EPHEMERIS.epoch + phase * EPHEMERIS.period
    return Sibling(number, astronet.Ephemeris(period * EPHEMERIS.period, epoch, 0.25))


def test_secondary_eclipse_has_no_remark():
    one = event(secondary=0.004)
    assert abs(one.secondary) == pytest.approx(5, abs=0.1)
    assert not is_next_to_transit(one)
    assert secondary_remark(one, []) == ""


def test_transit_longer_than_its_duration_is_its_own_secondary():
    one = event_of(light_curve(), SHORT)
    assert abs(one.secondary) < 2.5 * SHORT.duration
    assert is_next_to_transit(one)
    remark = secondary_remark(one, [])
    assert "is next to the transit, 1." in remark
    assert "probably the transit itself, its edge or the flux beside it" in remark
    assert "the duration of the ephemeris (2 h) may be too short." in remark


@pytest.mark.parametrize(
    ("period", "phase", "end"),
    [
        (1.0, 0.5, "two events with the same period are often the primary and the secondary"),
        (0.5, 0.0, "not a secondary eclipse of this event"),
        (2.0, 0.5, "not a secondary eclipse of this event"),
        (2.0, 1.5, "not a secondary eclipse of this event"),
    ],
)
def test_transits_of_another_event_are_named(period, phase, end):
    one = event(secondary=0.004)
    remark = secondary_remark(one, [sibling(1.0, 0.2, 3), sibling(period, phase)])
    assert remark.startswith("The secondary is at the phase of event 2 of the star (period ")
    assert f"(period {10 * period:g} d)" in remark
    assert end in remark


@pytest.mark.parametrize(("period", "phase"), [(1.0, 0.2), (0.7, 0.5), (2.0, 1.2), (0.5, 0.1)])
def test_other_events_at_other_phases_are_not_named(period, phase):
    one = event(secondary=0.004)
    assert siblings_at(one, one.secondary, [sibling(period, phase)]) == []
    assert secondary_remark(one, [sibling(period, phase)]) == ""


def test_another_event_is_named_even_next_to_the_transit():
    one = event_of(light_curve(), SHORT)
    other = sibling(1.0, one.secondary / SHORT.period, 4)
    assert "the phase of event 4" in secondary_remark(one, [other])


def test_event_without_a_global_view_has_no_remark():
    one = event({"wide": SPECS["wide"]})
    assert secondary_remark(one, [sibling()]) == ""
    assert not is_next_to_transit(one)


def test_other_events_are_read_from_a_table():
    rows = [(1, 10.0, 3.0, 0.25), (2, 5.0, 4.0, 0.2), (3, np.nan, 4.0, 0.2)]
    columns = ["number", "period_days", "epoch_bkjd", "duration_days"]
    table = pd.DataFrame(rows, columns=columns, index=[7, 7, 7])
    assert siblings_in(table, 0) == [Sibling(2, astronet.Ephemeris(5.0, 4.0, 0.2))]
