"""Features of views: known values of simulated signals, invariants, and degenerate input."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from astronet.errors import LightCurveError
from astronet.lightcurves import LOCAL, Ephemeris
from astronet.lightcurves.features.coverage import without_repeats
from astronet.lightcurves.features.definition import LARGEST, solve_symmetric
from astronet.lightcurves.features.depth import IN_PPM, features_in_ppm
from astronet.lightcurves.features.event import FEATURES, GROUPS, view_features

N, FRACTION = 2001, 0.02
EVENT = Ephemeris(period=10.0, epoch=0.0, duration=10.0 * FRACTION)
PHASE = (np.arange(N) + 0.5) / N - 0.5
X = PHASE / FRACTION
"""Time since mid-transit of the bins of the global view [durations]."""


def noise(sigma, seed=0):
    return np.random.default_rng(seed).normal(0, sigma, N)


def box(phase=0.0, depth=1.0, width=FRACTION):
    """Return a box-shaped dip at a phase, across ±0.5."""
    away = np.abs((PHASE - phase + 0.5) % 1 - 0.5)
    return np.where(away < width / 2, -depth, 0.0)


def named(view, event=EVENT, **more):
    """Return the features by name; all bins are measured unless stated otherwise."""
    found = view_features(view, event, **{"measured": np.ones(N, bool), **more})
    return dict(zip((f.name for f in FEATURES), found, strict=True))


def test_every_feature_has_its_own_name_and_a_formula():
    names = [feature.name for feature in (*FEATURES, *IN_PPM)]
    assert len(set(names)) == len(names)
    assert all(feature.formula for feature in (*FEATURES, *IN_PPM))
    assert len(view_features(box(), EVENT)) == len(FEATURES) == sum(map(len, GROUPS.values()))


# Noise


def test_white_noise():
    found = named(box() + noise(0.01))
    assert found["scatter"] == pytest.approx(-2, abs=0.02)
    assert found["neighbour_scatter"] == pytest.approx(-2, abs=0.02)
    assert found["percentile_1"] == pytest.approx(-2.33, abs=0.25)
    assert found["percentile_5"] == pytest.approx(-1.64, abs=0.15)
    assert found["percentile_95"] == pytest.approx(1.64, abs=0.15)
    assert found["percentile_99"] == pytest.approx(2.33, abs=0.25)
    assert found["skewness"] == pytest.approx(0, abs=0.2)
    assert found["kurtosis"] == pytest.approx(0, abs=0.4)
    assert found["autocorrelation"] == pytest.approx(0, abs=0.07)
    for name in ("outlier_scatter", "red_noise", "red_noise_4", "red_noise_16"):
        assert found[name] == pytest.approx(0, abs=0.1), name


def test_red_noise_is_larger_on_longer_scales():
    """Each value is repeated in 16 bins, so means over 4 bins do not average it down."""
    blocks = np.repeat(np.random.default_rng(1).normal(0, 0.02, N // 16 + 1), 16)[:N]
    found = named(box() + blocks + noise(0.01))
    assert found["autocorrelation"] == pytest.approx(0.75, abs=0.1)  # 0.8 · 15/16
    assert found["red_noise"] == pytest.approx(np.log10(np.sqrt(5)), abs=0.1)
    assert found["red_noise_16"] == pytest.approx(np.log10(np.sqrt(1 + 16 * 4)), abs=0.2)


def test_outliers_out_of_transit():
    view = box() + noise(0.01)
    view[[100, 300, 1700]] = [0.5, 0.7, -0.9]
    found = named(view)
    assert (found["lowest"], found["highest"]) == pytest.approx((-0.9, 0.7), abs=0.01)
    assert found["outlier_scatter"] > 0.3 and found["kurtosis"] > 100


# Boxes


def test_depths_and_phases_of_dips():
    """Transit 1, dips of 0.4 and 0.2 and a brightening of 0.3; the median out of transit is 0."""
    found = named(box() + box(0.3, 0.4) + box(-0.2, 0.2) + box(0.15, -0.3))
    assert found["transit_depth"] == pytest.approx(1)
    assert found["secondary_depth"] == found["secondary_ratio"] == pytest.approx(0.4)
    assert found["secondary_phase"] == pytest.approx(0.3, abs=1 / N)
    assert found["third_depth"] == pytest.approx(0.2)
    assert found["brightest_height"] == pytest.approx(0.3)
    assert found["dips_above_30_percent"] == 1
    assert found["dips_above_50_percent"] == 0
    assert found["half_phase_ratio"] == pytest.approx(0)


def test_significance_is_the_depth_in_units_of_the_scatter_of_boxes():
    """The box has 40 bins, so white noise of 0.1 becomes 0.1 / √40 = 0.0158."""
    found = named(box() + noise(0.1))
    assert found["transit_significance"] == pytest.approx(1 / 0.0158, rel=0.3)
    assert 1.5 < found["secondary_significance"] < 5
    assert found["unique_transit"] > 40
    assert abs(found["dip_above_brightest"]) < 2
    assert found["dips_above_50_percent"] == 0


@pytest.mark.parametrize(
    ("phases", "name"),
    [
        ([0.5], "half_phase_significance"),
        ([1 / 3, -1 / 3], "third_phase_significance"),
        ([0.25, -0.25], "quarter_phase_significance"),
    ],
)
def test_transits_at_a_fraction_of_the_period_are_recognised(phases, name):
    """A folded light curve with two, three or four equal transits has too long a period."""
    found = named(box() + sum(box(phase) for phase in phases) + noise(0.1))
    assert found[name] == pytest.approx(found["transit_significance"], rel=0.1)
    assert found["secondary_ratio"] == pytest.approx(1, abs=0.1)
    others = {"half_phase_significance", "third_phase_significance", "quarter_phase_significance"}
    assert all(abs(found[other]) < 5 for other in others - {name})


def test_a_secondary_at_the_edge_of_the_transit_is_not_counted():
    """The dip is 2.6 durations wide, longer than catalogued; nothing else is deep."""
    found = named(box(width=2.6 * FRACTION) + box(0.4, 0.1))
    assert found["secondary_depth"] == pytest.approx(0.1)
    assert found["secondary_phase"] == pytest.approx(0.4, abs=1 / N)


# Harmonics


@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_amplitude_of_a_harmonic(order):
    found = named(box() + 0.3 * np.cos(2 * np.pi * order * PHASE + 0.7) + noise(0.01))
    assert found[f"harmonic_{order}"] == pytest.approx(np.log10(0.3), abs=0.01)
    expected = np.log10(0.3 / (0.01 * np.sqrt(2 / N)))
    assert found[f"harmonic_significance_{order}"] == pytest.approx(expected, abs=0.05)
    assert found["harmonic_fraction"] == pytest.approx(1, abs=0.01)
    assert max(found[f"harmonic_{k}"] for k in (1, 2, 3, 4) if k != order) < -2.5


def test_signs_of_reflection_and_ellipsoidal_variations():
    """The star is faintest at mid-transit for both; ellipsoidal: brightest at quadrature."""
    reflection = named(box() - 0.1 * np.cos(2 * np.pi * PHASE) + noise(0.01))
    ellipsoidal = named(box() - 0.1 * np.cos(4 * np.pi * PHASE) + noise(0.01))
    assert reflection["reflection_cosine"] < -100 and abs(reflection["ellipsoidal_cosine"]) < 5
    assert ellipsoidal["ellipsoidal_cosine"] < -100 and abs(ellipsoidal["reflection_cosine"]) < 5


# Shape


def test_shape_of_a_box():
    found = named(box())
    assert found["local_depth"] == 1
    assert [found["width_half"], found["area"]] == pytest.approx([1, 1], abs=0.05)
    assert found["width_ratio"] > 0.9
    assert [found[f"profile_{k}"] for k in (1, 2, 3)] == pytest.approx([1, 1, 1])
    assert found["profile_6"] == pytest.approx(0, abs=0.03)
    assert found["fit_depth"] == pytest.approx(1, abs=0.1)
    assert found["fit_width"] * (1 - found["fit_ingress"] / 2) == pytest.approx(1, abs=0.1)
    assert found["fit_ingress"] <= 0.25
    assert found["box_against_v"] < -1


def test_shape_of_a_v():
    found = named(-np.clip(1 - np.abs(X) / 0.6, 0, 1))
    deepest = 1 - 0.04 / 0.6  # median of the central bin, of ±0.08
    assert found["local_depth"] == pytest.approx((1 - 0.125 / 0.6) / deepest, abs=0.02)
    assert found["width_half"] == pytest.approx(1.2 * (1 - found["local_depth"] / 2), abs=0.05)
    assert found["width_ratio"] == pytest.approx(0.44, abs=0.03)  # (1 − 0.8 D) / (1 − 0.2 D)
    assert found["fit_ingress"] == 1
    assert found["fit_width"] == pytest.approx(1.2, abs=0.15)
    assert found["fit_unexplained"] < 0.02
    assert found["box_against_v"] > 1


def test_a_symmetric_dip_has_no_asymmetry_and_a_sawtooth_has():
    """The sawtooth falls linearly from x = −0.5 to −1 at 0.5; its centroid is at 1/6."""
    symmetric, sawtooth = named(box()), named(np.where(np.abs(X) < 0.5, -(X + 0.5), 0.0))
    assert [symmetric["asymmetry"], symmetric["centroid"]] == pytest.approx([0, 0], abs=0.01)
    assert sawtooth["centroid"] == pytest.approx(1 / 6, abs=0.02)
    assert sawtooth["minimum_position"] == pytest.approx(0.5, abs=0.1)
    # mean of f(x) − f(−x) = −2x over 0 < x < 0.5, in units of D = 0.5: 0.5 · 2/3 / 0.5
    assert sawtooth["asymmetry"] == pytest.approx(2 / 3, abs=0.05)


def test_trend_and_steps_next_to_the_transit():
    slope = named(box() + 0.05 * X * (np.abs(X) < 10))
    curved = named(box() - 0.02 * X**2 * (np.abs(X) < 10))
    step = named(box() + 0.3 * (X > 0) * (X < 10))
    assert slope["slope"] == pytest.approx(0.05, abs=0.003)
    # D is the depth below the median of 1 < |x| < 4, where the flux has fallen by 0.02 · 2.5²
    assert curved["curvature"] == pytest.approx(-0.02 / (1 - 0.125), rel=0.05)
    assert step["shoulder_step"] == pytest.approx(0.3, rel=0.05)
    assert named(box())["shoulder_height"] == pytest.approx(0, abs=1e-6)
    bump = named(box() + box(FRACTION, -0.4, 0.5 * FRACTION))
    assert bump["shoulder_height"] == pytest.approx(0.4, abs=0.02)


# Secondary


def test_a_secondary_eclipse_has_the_shape_of_the_transit():
    found = named(box() + box(0.4, 0.3))
    assert found["eclipse_depth"] == pytest.approx(0.3)
    assert found["eclipse_scale"] == pytest.approx(0.3, abs=0.01)
    assert found["eclipse_correlation"] == pytest.approx(1, abs=0.01)
    assert found["eclipse_width"] == pytest.approx(1, abs=0.05)
    assert found["eclipse_edge_ratio"] == pytest.approx(0, abs=0.1)


def test_without_a_secondary_the_deepest_noise_does_not_have_its_shape():
    found = named(box() + noise(0.1))
    assert abs(found["eclipse_scale"]) < 0.1 and found["eclipse_correlation"] < 0.7


# Coverage


def test_fractions_of_empty_bins():
    measured = np.ones(N, bool)
    measured[np.abs(PHASE) > 0.45] = False  # across the ends: a gap of a tenth
    measured[np.abs(X) < 0.25] = False
    found = named(box(), measured=measured)
    assert found["transit_fraction"] == pytest.approx(np.log10(FRACTION))
    assert found["empty_fraction"] == pytest.approx(0.1 + FRACTION / 2, abs=2 / N)
    assert found["largest_gap"] == pytest.approx(0.1, abs=2 / N)
    assert found["empty_in_transit"] == pytest.approx(0.5, abs=0.05)


def test_the_fill_value_of_empty_bins_has_no_effect():
    measured = np.random.default_rng(2).random(N) > 0.3
    view = box() + 0.2 * box(0.3) + noise(0.02)
    filled = [np.where(measured, view, value) for value in (0.0, 7.0, np.nan)]
    first, *rest = [view_features(one, EVENT, measured) for one in filled]
    assert all(np.array_equal(first, other) for other in rest)


def test_empty_bins_of_a_published_view_are_recognised_by_their_equal_values():
    measured = np.random.default_rng(3).random(N) > 0.3
    view = np.where(measured, box() + noise(0.02), 0.0005)
    assert np.array_equal(without_repeats(view), measured)
    assert np.array_equal(view_features(view, EVENT), view_features(view, EVENT, measured))
    assert without_repeats(noise(0.02)).all() and without_repeats(np.zeros(N)).all()


# All features


@settings(deadline=None, derandomize=True, max_examples=30)
@given(st.integers(0, 2**32 - 1))
def test_time_reversal_changes_only_the_signs_of_sines(seed):
    event = Ephemeris(10.0, 0.0, 10.0 * 41 / N)  # an odd number of bins has a central one
    view = box() + 0.4 * box(0.31) + noise(0.05, seed) + 0.1 * np.sin(2 * np.pi * PHASE)
    forward, backward = named(view, event), named(view[::-1], event)
    for name in ("beaming_sine", "ellipsoidal_sine"):
        assert backward[name] == pytest.approx(-forward[name], abs=1e-6)
    for group in ("boxes", "harmonics", "shape", "fits", "secondary", "coverage"):
        names = [f.name for f in GROUPS[group] if not f.name.endswith(("_sine", "_position"))]
        # The bins of the local view are half-open, so a value at an edge can change its bin.
        limit = 0.15 if group in ("shape", "fits", "secondary") else 1e-6
        expected = [forward[name] for name in names]
        assert [backward[name] for name in names] == pytest.approx(expected, abs=limit, rel=limit)


VALUES = st.sampled_from([0.0, -1.0, 1.0, 1e-30, -1e30, np.nan, np.inf, -np.inf])


@settings(deadline=None, derandomize=True, max_examples=60)
@given(
    st.lists(VALUES, min_size=4, max_size=60),
    st.floats(1e-4, 0.99),
    st.sampled_from([None, 0.0, 0.5, 1.0]),
    st.booleans(),
)
def test_features_are_always_finite(values, fraction, filled, with_local):
    view = np.resize(values, 2001).astype(np.float64)
    measured = None if filled is None else np.random.default_rng(0).random(2001) < filled
    local = np.resize(values[::-1], LOCAL.bins) if with_local else None
    with np.errstate(all="raise", under="ignore"):
        found = view_features(view, Ephemeris(3.0, 0.0, 3.0 * fraction), measured, local)
    assert np.isfinite(found).all() and np.abs(found).max() <= LARGEST


@pytest.mark.parametrize("bins", [2, 5, 201])
def test_short_views_have_features(bins):
    assert np.isfinite(view_features(np.linspace(-1, 1, bins), EVENT)).all()


def test_a_mask_of_another_view_is_rejected():
    with pytest.raises(
        LightCurveError, match=r"the shape \[201\], but the global view has 2001 bins"
    ):
        view_features(box(), EVENT, np.ones(201, bool))


def test_a_flat_view_has_no_dips():
    found = named(np.zeros(N))
    zero = ("transit_depth", "secondary_depth", "local_depth", "fit_depth", "harmonic_fraction")
    assert not any(found[name] for name in zero)
    assert found["scatter"] == -6


def test_a_given_local_view_is_used():
    x = np.linspace(-3.92, 3.92, 201)
    local = np.where(np.abs(x) < 0.25, -1.0, 0.0)
    found = named(box(), local=local)
    assert found["width_half"] == pytest.approx(0.5, abs=0.05)
    assert found["transit_depth"] == 1


def test_least_squares_with_a_redundant_column_are_finite():
    rows = np.array([[1.0, 1, 1], [1, 1, 1], [0, 1, 2]])
    fit = solve_symmetric(rows @ rows.T, rows @ np.array([1.0, 3, 5]))
    assert fit @ rows == pytest.approx([1, 3, 5])


def test_features_in_ppm():
    """A transit of 500 ppm with noise of a tenth of it, and a secondary of a fifth."""
    features = view_features(box() + 0.2 * box(0.4) + noise(0.1), EVENT)
    known, unknown = features_in_ppm(np.stack([features, features]), np.array([500.0, np.nan]))
    found = dict(zip((f.name for f in IN_PPM), known, strict=True))
    assert found["depth_known"] == 1 and found["depth_ppm"] == pytest.approx(np.log10(500))
    assert found["scatter_ppm"] == pytest.approx(np.log10(50), abs=0.05)
    assert found["secondary_ppm"] == pytest.approx(np.log10(100), abs=0.1)
    assert not unknown.any()
