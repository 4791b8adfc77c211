"""Centroid statistics that are measured with the views of a star's events."""

from pathlib import Path

import numpy as np
import pytest
from samples import Archive
from searching import FIRST, planet_of, write_custom, write_kepler

from astronet.lightcurves import GLOBAL, Ephemeris
from astronet.lightcurves.settings import Preparation
from astronet.missions import custom, kepler
from astronet.missions.custom import CustomReader
from astronet.missions.kepler import KeplerReader
from astronet.stars.centroids import measured_centroids, reading_centroids
from astronet.stars.views import Recipe, Star, prepare_events, stars_in
from astronet.vetting.centroid import centroid_statistic, measure_centroid

CENTROIDS = KeplerReader(centroid="moments")


def recipe_of(folder: Path) -> Recipe:
    return Recipe("kepler", folder, KeplerReader(), Preparation(), {"global": GLOBAL})


def star_of(archive: Archive) -> Star:
    """A star with several events, of which the last one is measured."""
    stars = stars_in(kepler.read_catalog(archive.catalog))
    star = max(stars, key=lambda one: len(one.events))
    assert len(star.events) > 1
    return Star(star.star, star.events, frozenset({star.events[-1][0]}))


def test_the_statistic_is_that_of_the_centroid_shift_with_the_other_events_masked(
    archive: Archive,
) -> None:
    star = star_of(archive)
    events = prepare_events(recipe_of(archive.light_curves), star).events
    curve = kepler.read_light_curve(archive.light_curves, int(star.star), CENTROIDS)
    *others, last = (Ephemeris(*event) for _, *event in star.events)
    assert events[-1].centroid == measure_centroid(curve, last, others, 1e-3).statistic
    assert events[-1].centroid == centroid_statistic(curve, last, others)
    assert np.isnan([event.centroid for event in events[:-1]]).all()


def test_a_shifted_source_has_a_larger_statistic_than_the_target(archive: Archive) -> None:
    table = kepler.read_catalog(archive.catalog)
    strong = table[table["snr"] > 50]
    chosen = strong.loc[[strong["simulated_offset"].idxmax(), strong["simulated_offset"].idxmin()]]
    assert chosen["simulated_offset"].iloc[0] > 1 > chosen["simulated_offset"].iloc[1]
    found = {}
    for star in stars_in(chosen.reset_index(drop=True), np.array([True, True])):
        found |= {e.row: e for e in prepare_events(recipe_of(archive.light_curves), star).events}
    assert found[0].centroid > 100 * found[1].centroid


def test_centroids_are_read_only_on_request(archive: Archive) -> None:
    star = star_of(archive)
    (event,) = prepare_events(
        recipe_of(archive.light_curves), Star(star.star, star.events[:1])
    ).events
    assert np.isnan(event.centroid)
    assert reading_centroids(KeplerReader()) == CENTROIDS
    assert reading_centroids(KeplerReader(centroid="psf")).centroid == "psf"
    assert reading_centroids(CustomReader(clock="btjd")) == CustomReader(clock="btjd")


def test_files_without_centroids_have_no_statistic(tmp_path: Path) -> None:
    write_kepler(tmp_path / "kepler", 1)
    planet = planet_of(0)
    event = (0, planet.period, planet.epoch, 0.2)
    found = prepare_events(recipe_of(tmp_path / "kepler"), Star(FIRST, (event,), frozenset({0})))
    assert found.events[0].views is not None and np.isnan(found.events[0].centroid)
    write_custom(tmp_path / "custom", 1)
    curve = custom.read_light_curve(tmp_path / "custom", "1", CustomReader(clock="btjd"))
    assert np.isnan(measured_centroids(curve, [Ephemeris(3.1, 3501.0, 0.2)], [0])).all()


def test_a_transit_without_centroids_has_no_statistic(archive: Archive) -> None:
    star = star_of(archive)
    curve = kepler.read_light_curve(archive.light_curves, int(star.star), CENTROIDS)
    before = Ephemeris(4000.0, float(curve.time[0]) - 50, 0.2)
    assert np.isnan(measured_centroids(curve, [before], [0])).all()
    assert measured_centroids(curve, [before], []) == pytest.approx([np.nan], nan_ok=True)
