"""Robust means, phase folding and binning equal those of the original code."""

import numpy as np
import pytest

from astronet.lightcurves import Ephemeris, fold
from astronet.lightcurves.binning import bin_median
from astronet.lightcurves.robust import robust_mean


@pytest.fixture(scope="module")
def units(shared):
    with np.load(shared / "golden" / "units.npz", allow_pickle=False) as file:
        return dict(file)


@pytest.mark.parametrize("n_sigma", [2, 3, 5])
@pytest.mark.parametrize("sample", range(8))
def test_robust_mean_equals_the_original(units, sample, n_sigma):
    name = f"robust{sample}_cut{n_sigma}"
    found = robust_mean(units[f"{name}_y"], n_sigma)
    assert np.array_equal(found.mask, units[f"{name}_mask"])
    np.testing.assert_allclose([found.mean, found.error], units[f"{name}_mean_sd"], rtol=1e-12)


@pytest.mark.parametrize("sample", range(4))
def test_fold_equals_the_original(units, sample):
    period, epoch = units[f"fold{sample}_P_t0"]
    phase = fold(units[f"fold{sample}_in"], Ephemeris(period, epoch, period / 10))
    assert np.array_equal(phase, units[f"fold{sample}_out"])


@pytest.mark.parametrize("sample", range(4))
def test_bins_equal_the_original(units, sample):
    bins, width, first, last = units[f"bin{sample}_args"]
    x, y = units[f"bin{sample}_x"], units[f"bin{sample}_y"]
    if np.isnan(first):  # defaults of the original: adjacent bins from the first to the last point
        first, last, width = x[0], x[-1], (x[-1] - x[0]) / bins
    counts = units[f"bin{sample}_counts"]
    for column, medians in zip(y.T, units[f"bin{sample}_result"].T, strict=True):
        ours = bin_median(x, np.ascontiguousarray(column), int(bins), width, first, last)
        assert np.array_equal(ours.points, counts)
        assert np.array_equal(np.isnan(ours.median), counts == 0)
        assert np.array_equal(ours.median[counts > 0], medians[counts > 0])
