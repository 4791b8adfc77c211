import numpy as np
import pytest

from astronet.errors import LightCurveError
from astronet.lightcurves import GLOBAL, LOCAL, Ephemeris, LightCurve, ViewSpec
from astronet.lightcurves.preparation import prepare_star
from astronet.lightcurves.settings import Preparation

INNER = Ephemeris(period=5.0, epoch=2.0, duration=0.2)
OUTER = Ephemeris(period=13.0, epoch=3.0, duration=0.3)
VIEWS = {"global": GLOBAL, "local": LOCAL}
ALONE = Preparation()


def curve(*planets: tuple[Ephemeris, float], days: float = 100.0) -> LightCurve:
    time = np.arange(0, days, 0.02043)
    flux = 1e4 * (1 + 1e-5 * np.random.default_rng(1).standard_normal(len(time)))
    for planet, depth in planets:
        phase = (time - planet.epoch + planet.period / 2) % planet.period - planet.period / 2
        flux[np.abs(phase) < planet.duration / 2] *= 1 - depth
    return LightCurve(7, time, flux)


def test_each_event_gets_its_views_in_order():
    prepared = prepare_star(
        curve((INNER, 0.001), (OUTER, 0.002)), [OUTER, INNER], VIEWS, Preparation()
    )
    assert [set(event.views) for event in prepared] == [{"global", "local"}] * 2
    assert all(event.views["local"][100] < -0.9 for event in prepared)


def test_transits_of_another_planet_can_be_removed():
    star = curve((INNER, 0.001), (OUTER, 0.002))
    with_other = prepare_star(star, [INNER, OUTER], VIEWS, Preparation())[0].views["global"]
    removing = Preparation(remove_other_transits=True)
    without = prepare_star(star, [INNER, OUTER], VIEWS, removing)[0].views["global"]
    transit = slice(940, 1061)  # of the inner planet, at phase 0
    assert np.delete(with_other, np.r_[transit]).min() < -0.5
    assert np.delete(without, np.r_[transit]).min() > -0.1


def test_transits_of_a_known_planet_give_no_warning():
    """The event's period is six times that of the planet, whose transits are deeper."""
    event = Ephemeris(period=30.0, epoch=8.0, duration=0.3)
    star = curve((INNER, 0.003), (event, 0.002), days=120.0)
    alone, known = (
        prepare_star(star, events, VIEWS, ALONE)[0].warning for events in ([event], [event, INNER])
    )
    assert alone.startswith("an equally deep dip occurs ") and known == ""


def test_an_eclipse_with_the_same_period_still_gives_a_warning():
    eclipse = Ephemeris(INNER.period, INNER.epoch + 0.4 * INNER.period, INNER.duration)
    star = curve((INNER, 0.001), (OUTER, 0.002), (eclipse, 0.001))
    for event in prepare_star(star, [INNER, OUTER, eclipse], VIEWS, ALONE)[::2]:
        assert event.warning.startswith("an equally deep dip occurs 2 d from the transit")


def test_an_event_with_a_fraction_of_another_period_keeps_its_transits():
    """Without the transits of the wrong event, none would be left."""
    third = Ephemeris(INNER.period / 3, INNER.epoch, INNER.duration)
    [event, _] = prepare_star(curve((INNER, 0.001)), [INNER, third], VIEWS, ALONE)
    assert event.warning == ""


def test_an_eclipse_with_the_same_period_can_be_kept_when_other_planets_are_removed():
    eclipse = Ephemeris(INNER.period, INNER.epoch + 0.4 * INNER.period, INNER.duration)
    star = curve((INNER, 0.001), (OUTER, 0.002), (eclipse, 0.0005))
    depths = {}
    for removed in (True, "other_periods"):
        preparation = Preparation(remove_other_transits=removed)
        view = prepare_star(star, [INNER, OUTER, eclipse], VIEWS, preparation)[0].views["global"]
        depths[removed] = np.delete(view, np.r_[slice(940, 1061)]).min()
    assert depths["other_periods"] == pytest.approx(-0.5, abs=0.1)  # without the planet's −2
    assert depths[True] > -0.1


def test_masked_transits_are_not_fitted():
    long = Ephemeris(period=20.0, epoch=10.0, duration=1.0)
    quiet = curve((long, 3e-4))
    spots = 1 + 1e-3 * np.sin(2 * np.pi * quiet.time / 4)  # needs a small knot spacing
    star = LightCurve(7, quiet.time, quiet.flux * spots)

    def overshoot_beside_the_transit(preparation: Preparation) -> float:
        view = prepare_star(star, [long], {"local": LOCAL}, preparation)[0].views["local"]
        return float(view.max())

    masked = overshoot_beside_the_transit(Preparation(mask_transits=True))
    assert masked < 0.5 < overshoot_beside_the_transit(Preparation())


def test_an_event_without_views_does_not_affect_the_others():
    outside = Ephemeris(period=400.0, epoch=300.0, duration=0.3)
    event, reason = prepare_star(curve((INNER, 0.001)), [INNER, outside], VIEWS, Preparation())
    assert set(event.views) == {"global", "local"}
    assert isinstance(reason, LightCurveError)
    assert str(reason).startswith("local view: no data within 1.2 d of a transit at period 400 d")


def test_a_curve_too_short_for_a_spline_is_rejected():
    with pytest.raises(LightCurveError, match="no segment can be fitted with a spline"):
        prepare_star(LightCurve(7, [1, 1.1, 1.2], [1, 1, 1]), [INNER], VIEWS, Preparation())


def test_the_mask_shows_which_global_bins_contain_points():
    sparse = LightCurve(7, np.arange(0, 27, 0.5), 1 - 0.01 * (np.arange(54) % 9 == 4))
    event = Ephemeris(period=4.5, epoch=2.0, duration=0.4)
    (found,) = prepare_star(sparse, [event], {"global": ViewSpec(bins=9), "fine": GLOBAL}, ALONE)
    assert found.measured.tolist() == [True] * 9
    (found,) = prepare_star(sparse, [event], {"global": GLOBAL}, ALONE)
    assert found.measured.sum() == 9
    (found,) = prepare_star(sparse, [event], {"whole": GLOBAL}, ALONE)
    assert found.measured is None
