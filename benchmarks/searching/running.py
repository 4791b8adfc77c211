"""Execution of the searches of a benchmark, one after another or in several processes."""

import multiprocessing
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import numpy as np
from rich.progress import track

from astronet import LightCurve
from benchmarks.searching import boxes, least_squares
from benchmarks.searching.curves import PERIODS, Star, read_star
from benchmarks.searching.engines import Engine, Found, Ours, timed
from benchmarks.searching.records import Record, Results, Task

HARMONICS = (1.0, 1 / 2, 2.0, 1 / 3, 3.0)
"""Multiples of an injected period near which the engines with `partial` search."""

_WIDTH = 0.01  # half-width of the interval around each multiple, relative to it
_PEER_NULLS = range(4)  # per star, because of their cost

ENGINES = ("ours", *boxes.ENGINES, *least_squares.ENGINES)


@dataclass(frozen=True)
class Plan:
    """Searches of a benchmark.

    Attributes:
        data: Folder that contains kepler/ and dr24/.
        engines: Names of the engines.
        stars: Stars that our engine searches.
        peer_stars: Stars that the other engines search.
        injections: Number of injections over all stars that our engine searches.
        peer_injections: Number of injections over all stars that the other engines search.
        nulls: Number of nulls per star that our engine searches.
        ours: Our engine.
    """

    data: Path
    engines: Sequence[str]
    stars: Sequence[int]
    peer_stars: Sequence[int]
    injections: int = 1000
    peer_injections: int = 100
    nulls: int = 20
    ours: Ours = field(default_factory=Ours)

    def tasks(self) -> Iterator[Task]:
        """Return all searches; those whose results are needed first come first."""
        for name in self.engines:
            engine, stars = engine_named(name, self.ours), self._stars(name)
            if engine.partial:
                yield from (Task(name, star, "real") for star in stars)
            count = self.peer_injections if engine.partial else self.injections
            for k in range(count):
                yield Task(name, stars[k % len(stars)], "injection", k // len(stars))
            for k in self._nulls(name):
                yield from (Task(name, star, "null", k) for star in stars)

    def _stars(self, name: str) -> Sequence[int]:
        return self.stars if name == "ours" else self.peer_stars

    def _nulls(self, name: str) -> Sequence[int]:
        return range(self.nulls) if name == "ours" else _PEER_NULLS


def peer_stars(stars: Sequence[int]) -> Sequence[int]:
    """Return every third of the stars, four of eleven."""
    return stars[::3]


def engine_named(name: str, ours: Ours) -> Engine:
    """Return the engine with a name."""
    engines: dict[str, Engine] = {"ours": ours, **boxes.ENGINES, **least_squares.ENGINES}
    return engines[name]


def run(plan: Plan, results: Results, workers: int = 1) -> None:
    """Run all searches whose results are missing, and append each result.

    Args:
        plan: Searches of the benchmark.
        results: Folder of results.
        workers: Number of processes.
    """
    missing = [task for task in plan.tasks() if task not in results.records]
    if not missing:
        return
    for name in {task.engine: None for task in missing}:
        todo = [task for task in missing if task.engine == name]
        first = [task for task in todo if task.kind == "real"]  # needed by the others
        for some in (first, [task for task in todo if task.kind != "real"]):
            step = partial(search, plan, results)
            for record in track(_map(step, some, workers), name, total=len(some)):
                results.add(record)


def _map(step: partial[Record], tasks: Sequence[Task], workers: int) -> Iterator[Record]:
    if workers == 1 or len(tasks) < 2:
        yield from map(step, tasks)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, mp_context=context) as pool:
        yield from pool.map(step, tasks)


def search(plan: Plan, results: Results, task: Task) -> Record:
    """Run one search, and return its record.

    The light curve is read, and the signal injected, before the time is measured.
    """
    # Only the strongest signal of a null counts.
    ours = replace(plan.ours, max_signals=1) if task.kind == "null" else plan.ours
    engine, star = engine_named(task.engine, ours), read_star(plan.data, task.star)
    curve = star.curve(task.kind, task.index)
    warm_up(engine)
    near = engine.partial and task.kind == "injection"
    background = results.background(replace(task, kind="real", index=0)) if near else {}
    intervals = _intervals(star, task.index) if near else []

    def step() -> Found:
        if near:
            return engine.search_near(curve, intervals, background)
        return engine.search(curve, PERIODS)

    try:
        found, cpu, wall = timed(step)
    except Exception as error:  # one failed search is one record with its reason
        print(f"{task}: {type(error).__name__}: {error}")
        return Record(task, (), 0.0, 0.0, len(curve), True, f"{type(error).__name__}: {error}")
    if found.background:
        results.save_background(task, found)
    return Record(task, tuple(found.signals), cpu, wall, len(curve), found.empty)


def _intervals(star: Star, index: int) -> list[tuple[float, float]]:
    """Return the intervals around the period of an injection and its harmonics."""
    period = star.injection(index).ephemeris.period
    middles = [period * ratio for ratio in HARMONICS]
    return [
        (max(p * (1 - _WIDTH), PERIODS[0]), min(p * (1 + _WIDTH), PERIODS[1]))
        for p in middles
        if PERIODS[0] <= p <= PERIODS[1]
    ]


_warm: set[str] = set()


def warm_up(engine: Engine) -> None:
    """Search a short light curve once per process, so that compilation is not timed."""
    if engine.name in _warm:
        return
    _warm.add(engine.name)
    time = np.arange(0, 60, 0.02)
    flux = 1 + 1e-3 * np.random.default_rng(0).standard_normal(len(time))
    flux[time % 2.7 < 0.1] -= 2e-3
    engine.search(LightCurve("warm-up", time, flux), (1.0, 5.0))
