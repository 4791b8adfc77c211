"""Tests of the views of one star and of one event."""

from pathlib import Path

import numpy as np
import pytest
from samples import Archive

from astronet.errors import ArchiveError, Command, LightCurveError
from astronet.lightcurves import GLOBAL, LOCAL, Ephemeris
from astronet.lightcurves.settings import Preparation
from astronet.missions import kepler
from astronet.missions.kepler import KeplerReader
from astronet.stars.views import Recipe, Star, event_views, prepare_events, stars_in

VIEWS = {"global": GLOBAL, "local": LOCAL}


@pytest.fixture
def recipe(archive: Archive) -> Recipe:
    return Recipe("kepler", archive.light_curves, KeplerReader(), Preparation(), VIEWS)


@pytest.fixture
def star(archive: Archive) -> Star:
    return stars_in(kepler.read_catalog(archive.catalog))[0]


def test_the_views_of_one_event_are_those_of_the_store(recipe: Recipe, star: Star) -> None:
    prepared = prepare_events(recipe, star)
    for event, (_, *ephemeris) in zip(prepared.events, star.events, strict=True):
        found = event_views(recipe, star.star, Ephemeris(*ephemeris))
        assert event.views is not None and found.views.keys() == VIEWS.keys()
        for name in VIEWS:
            np.testing.assert_array_equal(found.views[name], event.views.views[name])
        assert found.warning == event.views.warning


def test_the_reader_options_reach_the_reader(recipe: Recipe, star: Star) -> None:
    ephemeris = Ephemeris(*star.events[0][1:])
    inverted = Recipe(
        recipe.mission, recipe.folder, KeplerReader(invert=True), recipe.preparation, recipe.views
    )
    views = [event_views(each, star.star, ephemeris).views["local"] for each in (recipe, inverted)]
    assert not np.array_equal(*views)


def test_the_original_error_is_raised(recipe: Recipe, star: Star, tmp_path: Path) -> None:
    event = Ephemeris(*star.events[0][1:])
    with pytest.raises(ArchiveError, match="no long-cadence files of KIC 1 in") as missing:
        event_views(recipe, 1, event)
    options = {"stars": 1, "mission": "kepler", "cadence": "long", "out": recipe.folder}
    assert missing.value.command == Command("download", options)
    with pytest.raises(LightCurveError, match="are in different time systems|is probably in BJD"):
        event_views(recipe, star.star, Ephemeris(event.period, 2454999.0, event.duration))


def test_a_star_that_cannot_be_read_is_a_reason_and_its_files(
    recipe: Recipe, star: Star, archive: Archive, tmp_path: Path
) -> None:
    file = kepler.list_files(archive.light_curves, int(star.star))[0]
    (tmp_path / file.name).write_bytes(file.read_bytes()[:20000])
    damaged = Recipe("kepler", tmp_path, recipe.reader, recipe.preparation, recipe.views)
    prepared = prepare_events(damaged, star)
    assert all("is truncated" in event.reason for event in prepared.events)
    assert [source.path for source in prepared.sources] == [file.name]
