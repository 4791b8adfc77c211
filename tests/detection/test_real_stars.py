"""Search of real light curves of Kepler, K2 and TESS."""

from pathlib import Path

import numpy as np
import pytest
from simulated_curves import since_transit

from astronet.detection.search import find_transits
from astronet.detection.settings import SearchSettings
from astronet.lightcurves.clock import BKJD_ZERO, ZERO_POINTS
from astronet.missions import custom, k2, kepler, tess
from astronet.missions.custom import CustomReader

BTJD = ZERO_POINTS["BTJD"] - BKJD_ZERO


def search(curve, signals: int):
    return find_transits(curve, SearchSettings(max_signals=signals))


@pytest.mark.slow
def test_the_eight_planets_of_kepler_90_are_the_first_eight_signals(shared: Path):
    found = search(kepler.read_light_curve(shared / "data/kepler", 11442793), 8)
    periods = [7.00815, 8.71937, 14.44912, 59.73667, 91.93913, 124.9144, 210.60697, 331.60059]
    np.testing.assert_allclose(sorted(c.ephemeris.period for c in found), periods, rtol=1e-3)


def test_tres_2_b_is_the_first_signal(shared: Path):
    [found] = search(kepler.read_light_curve(shared / "data/kepler", 11446443), 1)
    assert found.ephemeris.period == pytest.approx(2.47061, rel=1e-4)
    late = since_transit(np.array(found.ephemeris.epoch), 2.47061, 132.646)
    assert abs(late) < 0.1 * 0.074


@pytest.mark.parametrize(("begin", "days"), [(131.0, 10), (540.0, 14), (800.0, 27)])
def test_tres_2_b_in_a_short_part_of_its_light_curve(shared: Path, begin: float, days: float):
    curve = kepler.read_light_curve(shared / "data/kepler", 11446443)
    [found] = search(curve.where((curve.time > begin) & (curve.time < begin + days)), 3)
    assert found.ephemeris.period == pytest.approx(2.47061, abs=2e-3)
    assert found.depth == pytest.approx(0.0142, rel=0.03)
    assert found.flags == ()


@pytest.mark.parametrize("days", [10, 14, 20, 27])
def test_no_flags_in_short_parts_of_a_light_curve(shared: Path, days: int):
    curve = kepler.read_light_curve(shared / "data/kepler", 11446443)
    for begin in np.linspace(curve.time[0], curve.time[-1] - days, 8):
        inside = (curve.time > begin) & (curve.time < begin + days)
        if inside.sum() > 0.9 * days / 0.0204:
            [found] = search(curve.where(inside), 1)
            assert found.flags == ()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("star", "periods"),
    [
        (757450, [8.88492]),
        (2439243, [26.0204]),
        (2854914, [25.9341, 83.4463]),
        (2857607, [41.8668]),
        (2985587, [3.37572]),
        (11446443, [2.47061]),
    ],
)
def test_kepler_planets_have_no_flags(shared: Path, star: int, periods: list[float]):
    found = search(kepler.read_light_curve(shared / "data/kepler", star), len(periods))
    assert [one.flags for one in found] == [()] * len(periods)
    np.testing.assert_allclose(sorted(c.ephemeris.period for c in found), periods, rtol=1e-4)


def test_depth_and_duration_despite_timing_variations(shared: Path):
    """One transit of Kepler-90 g is three hours early, and one a day late."""
    found = search(kepler.read_light_curve(shared / "data/kepler", 11442793), 2)
    [planet] = [one for one in found if abs(one.ephemeris.period / 210.607 - 1) < 1e-3]
    assert "timing_variations" in planet.flags
    assert planet.transits == 6
    assert planet.depth == pytest.approx(0.0043, rel=0.03)
    assert planet.ephemeris.duration == pytest.approx(0.526, rel=0.05)


@pytest.mark.parametrize(
    ("star", "period", "epoch", "depth"),
    [
        (25155310, 3.2888, 1327.52, 0.0075),
        (38846515, 2.8494, 1326.76, 0.0074),
        (149603524, 4.4120, 1326.09, 0.014),
    ],
)
def test_planets_in_one_tess_sector(shared: Path, star: int, period, epoch, depth):
    [found] = search(tess.read_light_curve(shared / "data/real_missions/tess", star), 1)
    assert found.ephemeris.period == pytest.approx(period, rel=1e-3)
    late = since_transit(np.array(found.ephemeris.epoch), period, epoch + BTJD)
    assert abs(late) < 0.02
    assert found.depth == pytest.approx(depth, rel=0.08)
    assert found.flags == ()


def test_two_planets_of_a_k2_star(shared: Path):
    first, *others = search(k2.read_light_curve(shared / "data/real_missions/k2", 206103150), 3)
    assert first.ephemeris.period == pytest.approx(4.1591, rel=1e-3)
    assert any(abs(other.ephemeris.period / 9.0307 - 1) < 1e-3 for other in others)
    assert first.flags == ()


def other_curve(shared: Path, pattern: str, reader: CustomReader):
    [path] = (shared / "data/real_missions/other").glob(pattern)
    return custom.read_light_curve(path, path.stem, reader)


def test_two_planets_of_a_star_of_k2sff(shared: Path):
    found = search(other_curve(shared, "hlsp_k2sff*", CustomReader(clock="bkjd")), 3)
    for period in (10.0546, 24.647):
        assert any(abs(one.ephemeris.period / period - 1) < 1e-3 for one in found), period


def test_wasp_18_b_in_an_export_of_lightkurve(shared: Path):
    found = search(other_curve(shared, "WASP18b*", CustomReader(clock="btjd")), 1)
    assert found[0].ephemeris.period == pytest.approx(0.9415, rel=1e-3)
    assert found[0].flags == ("secondary",)  # its occultation
