"""Predictions of many stars by two workers: `benchmarks.predict_batch [STARS] [WEIGHTS] [ROUNDS]`.

Scores the events of STARS (default: 100) simulated stars with the shipped weights WEIGHTS (default:
pretrained-full) and two workers, once with scores from the main process and once with scores from
the workers, and all of them one after another in one process, for comparison. They alternate in
ROUNDS (default: 3) rounds, so that other load affects them equally. The same is done for a few
stars, from which the startup follows. Compares the tables byte by byte. Needs 4.5 MB of disk per
star, and the extra [bench].
"""

from benchmarks.measuring import one_thread

if __name__ == "__main__":
    one_thread()

import json
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from itertools import product
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
import pandas as pd
import psutil

import astronet
from astronet.missions.tables import read_catalog
from astronet.predict import predict_to_file
from astronet.runs.prediction_parts import SMALLEST_PART, content_of
from astronet.runs.stacked import unmeasured
from astronet.simulate import LIGHT_CURVES, simulate
from astronet.stars.views import prepare_events, stars_in
from benchmarks.measuring import show

FEW, WORKERS = 16, 2
PLACES = ("main", "workers")


def main(folder: Path, stars: int, weights: str, rounds: int) -> None:
    """Run the benchmark and print the table."""
    whole = simulate(folder, stars=stars)
    few = folder / "few.csv"
    events = pd.read_csv(whole, comment="#")
    events[events["kepid"].isin(events["kepid"].unique()[:FEW])].to_csv(few, index=False)
    cores, rows, tables = [], [], set()
    found: dict[tuple[str, Path], list[dict[str, Any]]] = defaultdict(list)
    for _ in range(rounds):
        cores.append(_core(whole, folder / LIGHT_CURVES, weights))
        for place, table in product(PLACES, (few, whole)):
            found[place, table].append(_measured(folder, table, weights, place))
    prepared, scored = np.median(cores, axis=0)
    core = prepared + scored
    for place in PLACES:
        short, long = (_median(found[place, table]) for table in (few, whole))
        tables |= {one["sha256"] for one in found[place, whole]}
        rate = {name: (long[name] - short[name]) / (stars - FEW) for name in ("wall", "cpu")}
        rows.append(
            [
                place,
                f"{short['wall']:.1f}",
                f"{1e3 * long['wall'] / stars:.0f} ({long['wall'] / (core * stars / 2):.2f} ×)",
                f"{1e3 * rate['wall']:.0f} ({rate['wall'] / (core / 2):.2f} ×)",
                f"{1e3 * rate['cpu']:.0f} ({rate['cpu'] / core:.2f} ×)",
                f"{long['pss'] / 2**30:.2f}",
            ]
        )
    columns = [
        *("scores by", f"wall of {FEW} stars, s", "wall with startup, ms/star (/ half of core)"),
        *("wall, ms/star (/ half of core)", "CPU of all processes, ms/star (/ core)"),
        "memory, GiB",
    ]
    title = (
        f"{weights}, {stars} simulated stars, {WORKERS} workers; core: {1e3 * prepared:.0f} ms "
        f"(preparation) + {1e3 * scored:.1f} ms (scores) per star; tables "
        f"{'identical' if len(tables) == 1 else 'DIFFERENT'}"
    )
    show(title, columns, rows, width=160)


def _core(table: Path, curves: Path, weights: str) -> tuple[float, float]:
    """Return the CPU times of preparing and of scoring in this process [s/star]."""
    scorer = astronet.load(weights)
    events = read_catalog(table, mission="kepler")
    stars = stars_in(events, unmeasured(scorer.stacks, events))
    recipe = scorer.recipe(curves, stars=len(stars))
    prepare_events(recipe, stars[0])
    begin = time.process_time()
    prepared = [prepare_events(recipe, star) for star in stars]
    middle = time.process_time()
    for first in range(0, len(stars), SMALLEST_PART):
        some = prepared[first : first + SMALLEST_PART]
        rows = [event.row for star in some for event in star.events]
        content_of(scorer, events.iloc[rows], "kepler", some)
    end = time.process_time()
    return (middle - begin) / len(stars), (end - middle) / len(stars)


def _measured(folder: Path, table: Path, weights: str, place: str) -> dict[str, Any]:
    """Return the wall time and CPU time [s] of a prediction, and the memory of its processes."""
    out = folder / f"{place}.csv"
    words = [str(table), str(folder / LIGHT_CURVES), str(out), weights, place]
    code = f"from benchmarks.predict_batch import run; run({words!r})"
    start = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-c", code])
    peak, ended = 0, Event()
    cpu: dict[int, float] = {}
    while process.poll() is None:
        total = 0
        try:
            root = psutil.Process(process.pid)
            for one in [root, *root.children(recursive=True)]:
                total += one.memory_full_info().pss
                times = one.cpu_times()
                cpu[one.pid] = times.user + times.system
        except psutil.Error:
            pass
        peak = max(peak, total)
        ended.wait(0.1)
    assert process.returncode == 0
    wall = time.perf_counter() - start
    record = json.loads(out.with_suffix(".json").read_text())
    return {"wall": wall, "cpu": sum(cpu.values()), "pss": peak} | record["table"]


def _median(found: list[dict[str, Any]]) -> dict[str, float]:
    return {name: float(np.median([one[name] for one in found])) for name in ("wall", "cpu", "pss")}


def run(words: list[str]) -> None:
    """Write the predictions of a table, with scores computed in the given place."""
    table, curves, out, weights, place = words
    predict_to_file(
        astronet.load(weights),
        Path(table),
        Path(curves),
        Path(out),
        workers=WORKERS,
        scoring=place,  # type: ignore[arg-type]
        overwrite=True,
        quiet=True,
    )


if __name__ == "__main__":
    given = sys.argv[1:]
    with tempfile.TemporaryDirectory() as made:
        main(
            Path(made),
            int(given[0]) if given else 100,
            given[1] if len(given) > 1 else "pretrained-full",
            int(given[2]) if len(given) > 2 else 3,
        )
