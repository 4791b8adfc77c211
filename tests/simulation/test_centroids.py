"""Simulated centroids: geometry, motion, and files whose offsets are found again."""

import numpy as np
import pandas as pd
import pytest
from astropy.io import fits
from astropy.wcs import WCS

from astronet.lightcurves import Ephemeris
from astronet.missions import kepler
from astronet.missions.kepler import KeplerReader
from astronet.simulate import simulate
from astronet.simulation.centroids import (
    centroid_shift,
    draw_centroids,
    draw_source,
    orientation,
    orientation_cards,
)
from astronet.simulation.kepler_calendar import kepler_calendar
from astronet.simulation.star import simulate_star
from astronet.vetting.centroid import measure_centroid


def test_the_centroid_moves_away_from_a_star_that_loses_light():
    np.testing.assert_allclose(
        centroid_shift(np.array([0.0, -0.5]), (3.0, -1.0)), [[0, 0], [-3, 1]]
    )


def test_the_orientation_is_that_of_the_header_cards():
    for quarter in (1, 2, 3, 4):
        header = fits.Header(
            {"CTYPE1": "RA---TAN", "CTYPE2": "DEC--TAN"} | orientation_cards(quarter)
        )
        matrix = 3600 * WCS(header).pixel_scale_matrix
        np.testing.assert_allclose(matrix, orientation(quarter), rtol=1e-9)


def test_sources_are_unresolved_or_at_most_12_arcsec_away():
    draw = np.random.default_rng(1)
    distances = np.array([np.hypot(*draw_source(draw)) for _ in range(500)])
    assert 0.6 < (distances > 0).mean() < 0.8
    assert distances[distances > 0].min() >= 1 and distances.max() <= 12


def test_the_centroid_follows_the_position():
    calendar = kepler_calendar()
    drawn = draw_centroids(np.random.default_rng(2), calendar, np.zeros((len(calendar), 2)), 1e-4)
    rows = calendar.rows(5)
    for axis in range(2):
        pair = np.stack([drawn.centroid[rows, axis], drawn.position[rows, axis]])
        assert np.corrcoef(pair)[0, 1] > 0.9


def test_only_blended_binaries_have_an_offset():
    calendar = kepler_calendar()
    for seed in range(12):
        kind = ("planet", "binary", "variable", "noise")[seed % 4]
        star = simulate_star(np.random.default_rng(seed), calendar, kind)
        assert star.shift.shape == (len(calendar), 2)
        if any(event.source != (0, 0) for event in star.events):
            assert "binary" in {event.kind for event in star.events}
            assert star.shift.any()
        else:
            assert not star.shift.any()


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    out = tmp_path_factory.mktemp("simulated")
    simulate(out, stars=6, seed=3, workers=1)
    return out


def test_offsets_of_simulated_stars_are_found_in_their_files(archive):
    table = pd.read_csv(archive / "tce.csv", comment="#")
    reader = KeplerReader(centroid="moments")
    seen = 0
    for _, row in table.iterrows():
        curve = kepler.read_light_curve(archive / "light_curves", row["kepid"], reader)
        same = table[(table["kepid"] == row["kepid"]) & (table.index != row.name)]
        others = [_ephemeris(other) for _, other in same.iterrows()]
        found = measure_centroid(curve, _ephemeris(row), others)
        if row["simulated_offset"] == 0:
            assert found.significance < 4
        else:
            seen += 1
            assert found.significance > 4
            assert abs(found.offset - row["simulated_offset"]) < 4 * found.offset_error
    assert seen > 0


def test_files_have_motion_and_orientation(archive):
    reader = KeplerReader(centroid="moments")
    curve = kepler.read_light_curve(archive / "light_curves", 900000001, reader)
    assert np.isfinite(curve.centroid).all() and np.isfinite(curve.position).all()
    assert np.ptp(curve.position, axis=0).min() > 0.05
    assert len(curve.orientation) == curve.part[-1] + 1


def _ephemeris(row):
    return Ephemeris(row["tce_period"], row["tce_time0bk"], row["tce_duration"] / 24)
