"""All engines return the same results as the pool of processes."""

import logging
import math
import os
import pickle
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np
import pytest
from samples import SmallRun

from astronet.config import load_config
from astronet.execution.engine import Engine, run_stars
from astronet.execution.processes import Processes
from astronet.missions import MISSIONS
from astronet.stars.views import PreparedStar, Recipe, Star, prepare_stars, stars_in


@dataclass(frozen=True)
class Threads:
    """Small engine that pickles the task, as a cluster does."""

    workers: int

    def map(self, task: Callable, stars: Iterable) -> Iterator:
        with ThreadPoolExecutor(self.workers) as pool:
            calls = (pool.submit(pickle.loads(pickle.dumps(task)), star) for star in stars)
            waiting = deque(islice(calls, 2 * self.workers))
            while waiting:
                yield waiting.popleft().result()
                waiting.extend(islice(calls, 1))


@pytest.fixture(scope="module")
def recipe_and_stars(small_run: SmallRun) -> tuple[Recipe, list[Star]]:
    experiment = load_config(small_run.config)
    source = experiment.source
    table = MISSIONS[source.mission].read_catalog(source.catalog)
    recipe = Recipe.of(source, experiment.preparation, experiment.views)
    return recipe, stars_in(table)[:6]


@pytest.mark.parametrize("engine", [Processes(1), Processes(2), Threads(2)], ids=str)
def test_engines_return_the_same_results(
    recipe_and_stars: tuple[Recipe, list[Star]], engine: Engine
) -> None:
    recipe, stars = recipe_and_stars
    expected = list(prepare_stars(recipe, stars, Processes(1)))
    assert [star.star for star in expected] == [star.star for star in stars]
    for star, reference in zip(prepare_stars(recipe, stars, engine), expected, strict=True):
        assert_equal(star, reference)


def assert_equal(star: PreparedStar, reference: PreparedStar) -> None:
    assert star.sources == reference.sources
    for event, other in zip(star.events, reference.events, strict=True):
        np.testing.assert_equal(event.centroid, other.centroid)  # NaN if it was not measured
        changes = {"views": None, "centroid": 0.0}
        assert replace(event, **changes) == replace(other, **changes)
        views, others = (one.views.views if one.views else {} for one in (event, other))
        assert views.keys() == others.keys()
        for name in views:
            np.testing.assert_array_equal(views[name], others[name])


@pytest.mark.parametrize("engine", [Processes(1), Processes(2), Threads(2)], ids=str)
def test_results_are_in_the_order_of_the_stars(engine: Engine) -> None:
    assert list(run_stars(math.sqrt, iter(range(30)), engine)) == [math.sqrt(k) for k in range(30)]
    assert list(run_stars(math.sqrt, [], engine)) == []


def test_the_default_engine_is_the_pool_of_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1}, raising=False)
    assert os.getpid() not in set(run_stars(_process_id, range(9)))


def _process_id(_: int) -> int:
    return os.getpid()


def _warned(star: int) -> int:
    logging.getLogger("astronet").warning("star %d: dropped a point", star)
    return star


@pytest.mark.parametrize("workers", [1, 2])
def test_messages_of_the_task_are_logged_in_the_order_of_the_stars(
    workers: int, caplog: pytest.LogCaptureFixture
) -> None:
    assert list(run_stars(_warned, range(20), Processes(workers))) == list(range(20))
    assert caplog.messages == [f"star {star}: dropped a point" for star in range(20)]
