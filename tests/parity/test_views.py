"""Views of golden light curves and of DR24 equal those of the original code."""

import re

import numpy as np
import pandas as pd
import pytest

from astronet.errors import LightCurveError
from astronet.lightcurves import (
    LOCAL,
    REBINNED_LOCAL,
    Ephemeris,
    LightCurve,
    flatten,
    make_view,
)
from astronet.lightcurves.binning import bin_median
from astronet.lightcurves.views import FoldedCurve, bin_centres, recut

UNUSABLE = ["very_short_3points", "dur_invalid_bin_width"]
"""Light curves for which the original code makes no view, or a view of an impossible event."""


def test_bins_equal_the_original(case):
    """Counts are equal; medians agree to 1e-7, because the original uses single precision."""
    for name, event, spec in _possible_views(case):
        folded = FoldedCurve.of(case.flat, case.ephemeris(event))
        first, last, width = spec.window(folded.ephemeris)
        ours = bin_median(folded.phase, folded.flux, spec.bins, width, first, last)
        counts = case[f"{name}_counts"]
        np.testing.assert_array_equal(ours.points, counts, err_msg=name)
        medians, expected = ours.median[counts > 0], case[f"{name}_raw"][counts > 0]
        np.testing.assert_allclose(medians, expected, rtol=0, atol=1e-7, err_msg=name)


def test_views_of_the_detrended_curve_of_the_original(case):
    for name, event, spec in _possible_views(case):
        view = make_view(case.flat, case.ephemeris(event), spec)
        np.testing.assert_allclose(view, case[f"{name}_view64"], rtol=0, atol=1e-6, err_msg=name)


@pytest.mark.parametrize("against", ["view", "view64"])
def test_views_end_to_end(case, against):
    """The tolerance is 1e-6 + 3e-7/depth, because the original divides in single precision.

    The views of the original (`view`) are also normalised in single precision. In the inverted
    light curve the deepest bin is noise and the transit is many times higher, so the error is
    proportional to the height of the bin.
    """
    if case.name in UNUSABLE:
        return
    flat = flatten(case.curve)
    for name, event, spec in _possible_views(case):
        expected = case[f"{name}_{against}"]
        tolerance = np.full(spec.bins, 1e-6 + 3e-7 / _depth(case, name))
        if case.name == "kepler90_inverted" and against == "view":
            tolerance *= np.maximum(1, np.abs(expected))
        difference = np.abs(make_view(flat, case.ephemeris(event), spec) - expected)
        assert np.all(difference <= tolerance), f"{name}: {np.max(difference / tolerance):.2f}"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "local_all_empty",
            "no data within 0.4 d of a transit at period 400 d, epoch 222.1 d; "
            "check the ephemeris and its time system, or add the light-curve files that "
            "contain its transits",
        ),
        (
            "tiny_5points",
            "no data within 0.4 d of a transit at period 1 d, epoch 135 d; "
            "check the ephemeris and its time system, or add the light-curve files that "
            "contain its transits",
        ),
        (
            "very_short_3points",
            "star very_short_3points: no segment can be fitted with a spline (3 points in 1 "
            "segment; at least 4 points per segment are needed); add more light-curve files, "
            "or exclude "
            "this star",
        ),
        (
            "dur_invalid_bin_width",
            "a transit of 4 d cannot fit in a period of 0.5 d; "
            "durations are in days (divide NASA's tce_duration by 24)",
        ),
    ],
)
def test_unusable_light_curves_are_rejected(load_case, name, message):
    case = load_case(name)
    with pytest.raises(LightCurveError, match=f"^{re.escape(message)}$"):
        make_view(flatten(case.curve), case.ephemeris(0), LOCAL)


def test_rebinned_local_views_of_dr24(shared):
    """Views agree to 2e-3 of the height of a bin (at least 1), because they are stored as float16.

    The sample is every 28th event, 506 of 14,163, and the seven events without a dip. Views are
    made from a light curve and directly from the published global view.
    """
    with np.load(shared / "data" / "dr24" / "views_trainval.npz", allow_pickle=False) as file:
        local_views = file["rebinned_local_view"].astype(np.float64)
        flat = np.flatnonzero(local_views.min(axis=1) >= 0)
        assert len(flat) == 7
        rows = np.sort([*range(0, len(local_views), 28), *flat])
        stars, numbers = file["kepid"][rows], file["tce_plnt_num"][rows]
        global_views = file["global_view"][rows].astype(np.float64)
        local_views = local_views[rows]
    columns = ["kepid", "tce_plnt_num", "tce_period", "tce_duration"]
    table = pd.read_csv(shared / "data" / "dr24" / "q1_q17_dr24_tce.csv", usecols=columns)
    events = table.set_index(columns[:2]).loc[list(zip(stars, numbers, strict=True))]
    worst = 0.0
    for period, hours, flux, expected in zip(
        events.tce_period, events.tce_duration, global_views, local_views, strict=True
    ):
        event = Ephemeris(period, 0, hours / 24)
        cuts = [recut(flux, event, REBINNED_LOCAL)]
        if expected.min() < 0:
            curve = LightCurve("DR24", bin_centres(2001, period), flux)
            cuts.append(make_view(curve, event, REBINNED_LOCAL))
        for view in cuts:
            worst = max(worst, np.max(np.abs(view - expected) / np.maximum(1, np.abs(expected))))
    assert worst < 2e-3


def _possible_views(case):
    """Return the golden views of a light curve, without those of impossible events."""
    return [] if case.name in UNUSABLE else case.views()


def _depth(case, name):
    """Return the depth of the deepest bin below the median, before normalisation."""
    raw = np.where(case[f"{name}_counts"] > 0, case[f"{name}_raw"], np.median(case["flat_flux"]))
    return abs(raw.min() - np.median(raw))
