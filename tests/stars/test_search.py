"""Search of one star, from its files to the rows of the tables."""

from dataclasses import replace

import numpy as np
import pytest
from searching import DEPTH, FIRST, planet_of, write_kepler

from astronet.detection.candidate import Candidate
from astronet.detection.settings import SearchSettings
from astronet.lightcurves import GLOBAL, LOCAL, Ephemeris
from astronet.lightcurves.settings import Preparation
from astronet.missions.kepler import KeplerReader
from astronet.stars.candidate_rows import (
    CANDIDATE_COLUMNS,
    STAR_COLUMNS,
    candidate_rows,
    star_row,
)
from astronet.stars.folds import fold_candidates
from astronet.stars.search import SearchedStar, SearchRecipe, search_star
from astronet.stars.views import Recipe, Star, prepare_events

PLANET = planet_of(0)


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> SearchRecipe:
    folder = tmp_path_factory.mktemp("star")
    write_kepler(folder, 1)
    scoring = Recipe(
        "kepler", folder, KeplerReader(), Preparation(), {"global": GLOBAL, "local": LOCAL}
    )
    return SearchRecipe("kepler", folder, KeplerReader(), SearchSettings(max_signals=2), scoring)


def test_the_views_are_those_of_an_event_table(recipe: SearchRecipe) -> None:
    found = search_star(recipe, Star(FIRST, ()))
    assert found.reason == "" and len(found.views) == len(found.candidates) > 0
    ephemerides = [one.ephemeris for one in found.candidates]
    events = tuple((k, e.period, e.epoch, e.duration) for k, e in enumerate(ephemerides))
    assert recipe.scoring is not None
    for one, other in zip(
        found.views, prepare_events(recipe.scoring, Star(FIRST, events)).events, strict=True
    ):
        assert one.views is not None and other.views is not None
        for name in ("global", "local"):
            np.testing.assert_array_equal(one.views.views[name], other.views.views[name])


def test_a_fold_shows_the_transit(recipe: SearchRecipe) -> None:
    event = (0, PLANET.period, PLANET.epoch, 0.2)
    (fold,) = fold_candidates(recipe, Star(FIRST, (event,)))
    assert fold is not None
    inside, outside = np.abs(fold.near_hours) < 2, np.abs(fold.near_hours) > 3
    assert np.median(fold.near_ppm[inside]) == pytest.approx(-1e6 * DEPTH, rel=0.05)
    assert np.abs(np.median(fold.near_ppm[outside])) < 50
    assert np.abs(fold.hours).max() <= 12 and len(fold.hours) == len(fold.ppm) <= 6000
    assert fold.whole_phase[[0, -1]] == pytest.approx([-0.49875, 0.49875])
    assert fold_candidates(recipe, Star(7, (event,))) == [None]


def test_a_fold_shows_the_transit_also_if_another_candidate_has_half_the_period(
    recipe: SearchRecipe,
) -> None:
    event = (0, PLANET.period, PLANET.epoch, 0.2)
    half = (1, PLANET.period / 2, PLANET.epoch, 0.25)
    fold, _ = fold_candidates(recipe, Star(FIRST, (event, half)))
    assert fold is not None
    inside = np.abs(fold.near_hours) < 2
    assert np.median(fold.near_ppm[inside]) == pytest.approx(-1e6 * DEPTH, rel=0.05)


def test_a_short_transit_is_shown_in_the_whole_period(recipe: SearchRecipe) -> None:
    """The 400 bins of a period of 93 d are longer than the transit of 0.2 d."""
    event = (0, 30 * PLANET.period, PLANET.epoch, 0.2)
    (fold,) = fold_candidates(recipe, Star(FIRST, (event,)))
    assert fold is not None
    phase, ppm = fold.whole_phase, fold.whole_ppm
    assert (np.diff(phase) > 0).all() and len(phase) == len(ppm)
    inside = np.abs(phase) * event[1] < 0.08
    assert inside.sum() == 4
    np.testing.assert_allclose(ppm[inside], -1e6 * DEPTH, rtol=0.1)


def test_the_reason_does_not_repeat_the_star(recipe: SearchRecipe) -> None:
    settings = SearchSettings(min_period=500)
    found = search_star(replace(recipe, settings=settings), Star(FIRST, ()))
    assert found.reason.startswith("three transits with a period of at least 500 d do not fit")
    assert found.arguments == ("min_period",)


def test_progress_counts_the_light_curve_and_its_null_curves(recipe: SearchRecipe) -> None:
    calls: list[int] = []
    settings = SearchSettings(max_signals=1, max_period=4, null_curves=3)
    found = search_star(
        replace(recipe, settings=settings), Star(FIRST, ()), lambda: calls.append(1)
    )
    assert len(found.candidates) == 1 and len(calls) == 1 + 3


def test_rows_contain_every_number_of_a_candidate() -> None:
    candidate = Candidate(
        Ephemeris(3.0, 130.0, 0.1), 1e-4, 1e-5, 1e-3, 1e-2, 2e-6, 12.0, 11.0, 9.0, 5.0, 7, 6,
        0.25, ("orbit", "sibling"),
    )  # fmt: skip
    (row,) = candidate_rows(SearchedStar(5, (candidate,)))
    assert list(row) == list(CANDIDATE_COLUMNS)
    assert list(row.values()) == [
        *(5, 1, 3.0, 130.0, 0.1, 100.0, 1e-5, 1e-3, 1e-2, 2.0),
        *(12.0, 11.0, 9.0, 5.0, 7, 6, 0.25, "orbit;sibling"),
    ]
    failed = star_row(SearchedStar(5, reason="no data", no_files=True))
    assert list(failed) == [*STAR_COLUMNS, "no_files", "arguments"]
    assert (failed["candidates"], failed["points"], failed["reason"]) == (0, 0, "no data")
