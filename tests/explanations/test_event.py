import numpy as np
import pytest
from explaining import EPHEMERIS, SMALL, event
from hypothesis import given
from hypothesis import strategies as st

from astronet.lightcurves import GLOBAL, SECONDARY, SECONDARY_OUTSIDE


def test_phases_of_the_transit_bins_are_within_the_duration():
    views = event()
    for name in ("global", "rebinned_local", "wide"):
        dip = views.phases(name)[views.views[name] < -0.5]
        assert np.abs(dip).max() < 0.7 * EPHEMERIS.duration
        assert len(dip) == pytest.approx(
            EPHEMERIS.duration / np.diff(views.phases(name)[:2])[0], abs=3
        )


def test_secondary_is_half_a_period_from_the_transit():
    assert abs(event(secondary=0.004).secondary) == pytest.approx(5, abs=0.05)
    assert event(SMALL).secondary is not None
    assert event({"local": SMALL["local"]}).secondary is None


def test_views_of_a_light_curve_are_consistent():
    views = event()
    again = views.with_global(views.views["global"])
    for name, view in views.views.items():
        assert np.array_equal(view, again.views[name])


@given(phase=st.floats(-5, 5), width=st.floats(0.01, 2))
def test_number_of_bins_inside_an_interval_matches_its_width(phase, width):
    views = event(SMALL)
    step = EPHEMERIS.period / 201
    inside = views.inside("global", phase, width)
    assert inside.sum() == pytest.approx(max(width, step) / step, abs=1)
    far = views.phases("global")[~inside]
    assert (np.abs((far - phase + 5) % 10 - 5) >= width / 2 - 1e-9).all()


def test_each_view_has_the_secondary_of_its_own_definition():
    """A dip of 2.6 durations ends where `SECONDARY` searches; the eclipse is at phase 0.5."""
    specs = {"global": GLOBAL, "secondary": SECONDARY, "outside": SECONDARY_OUTSIDE}
    views = event(specs)
    phase = views.phases("global")
    whole = np.where(np.abs(phase) < 1.3 * EPHEMERIS.duration, -1.0, 0.0)
    whole[np.abs(phase) > 4.9] = -0.3
    wide = views.with_global(whole)
    assert abs(wide.centre_phase("secondary")) == pytest.approx(1.5 * EPHEMERIS.duration, abs=0.02)
    assert abs(wide.centre_phase("outside")) == pytest.approx(5, abs=0.05)
    assert wide.secondary == wide.centre_phase("secondary")
    assert (wide.views["secondary"].min(), wide.views["outside"].min()) == pytest.approx((-1, -0.3))
