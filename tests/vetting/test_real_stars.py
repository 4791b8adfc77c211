"""Centroid shifts of real stars: background binaries are separated from planets by the offset."""

import numpy as np
import pytest

from astronet.lightcurves import Ephemeris, LightCurve
from astronet.missions import k2, kepler, tess
from astronet.vetting.centroid import measure_centroid


def saved_light_curve(path):
    """Return the light curve of an archive of arrays; see the README of the data."""
    with np.load(path) as arrays:
        return LightCurve(
            int(path.stem),
            arrays["time"],
            arrays["pdcsap_flux"],
            arrays["quarter"],
            centroid=np.stack([arrays["mom_centr1"], arrays["mom_centr2"]], axis=1),
            position=np.stack([arrays["pos_corr1"], arrays["pos_corr2"]], axis=1),
            orientation={
                int(row[0]): 3600 * row[5:7, np.newaxis] * row[1:5].reshape(2, 2)
                for row in arrays["wcs"]
            },
        )


@pytest.mark.parametrize(
    ("star", "ephemeris", "depth", "expected"),
    [  # distance in DR25's difference images [arcsec]
        (892772, Ephemeris(5.0926, 133.454, 3.642 / 24), 239.7e-6, 4.92),
        (2860114, Ephemeris(0.941598, 132.037, 0.9807 / 24), 481.3e-6, 3.26),
    ],
)
def test_events_flagged_as_offset_have_an_offset(shared, star, ephemeris, depth, expected):
    curve = saved_light_curve(shared / f"data/kepler_centroids/{star:09d}.npz")
    result = measure_centroid(curve, ephemeris, depth=depth)
    assert result.offset > 10 * result.offset_error
    assert 0.5 < result.offset / expected < 1.5


@pytest.mark.parametrize(
    ("star", "ephemeris"),
    [
        (11446443, Ephemeris(2.47061, 132.646, 1.783 / 24)),  # TrES-2 b, significant but on target
        (757450, Ephemeris(8.88492, 134.452, 2.078 / 24)),
        (11442793, Ephemeris(331.60059, 140.496, 0.618)),  # Kepler-90 h
    ],
)
def test_planets_of_kepler_are_on_the_target(shared, star, ephemeris):
    reader = kepler.KeplerReader(centroid="moments")
    curve = kepler.read_light_curve(shared / "data/kepler", star, reader)
    assert measure_centroid(curve, ephemeris).offset < 0.5


def test_planets_of_tess_and_k2_are_on_the_target(shared):
    reader = tess.TessReader(centroid="moments")
    curve = tess.read_light_curve(shared / "data/real_missions/tess", 25155310, reader)
    assert measure_centroid(curve, Ephemeris(3.2888, 3494.52, 0.142)).offset < 2
    reader = k2.K2Reader(centroid="moments")
    curve = k2.read_light_curve(shared / "data/real_missions/k2", 206103150, reader)
    assert measure_centroid(curve, Ephemeris(4.1591, 2145.818, 0.149)).offset < 2
