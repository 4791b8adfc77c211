"""Speed of two workers: `python -m benchmarks.workers DATA [--stars N] [--rounds N]`.

Compares the wall time per star of `astronet prepare` and `astronet predict pretrained` with two
workers with half of the core's CPU time: reading, detrending, views and (for `predict`) scores of
the same stars in one process without other work. The light curves are copies of a Kepler star with
17 quarters, and of a TESS sector at 2 min. The commands run for N and for 3 N stars (default: 60
and 180; four times as many of TESS), so that their start does not count. Needs 3 GB of disk.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.copied_stars import copied
from benchmarks.measuring import show

FIRST = 900_000_001
VERBS = ("prepare", "predict")
MISSIONS = {"kepler": ("Kepler, 17 quarters", 1), "tess": ("TESS, a sector at 2 min", 4)}
"""Title of each mission, and the number of its stars in multiples of N."""

CORE = """
import json, sys, time
from pathlib import Path
import torch
torch.set_num_threads(1)
import astronet
from astronet.config import load_config
from astronet.missions.tables import read_catalog
from astronet.runs.prediction_parts import SMALLEST_PART, content_of
from astronet.runs.stacked import unmeasured
from astronet.stars.views import Recipe, prepare_events, stars_in

config, table, curves, mission = sys.argv[1:]
experiment = load_config(config)
events = read_catalog(Path(table), mission=mission)
recipe = Recipe.of(experiment.source, experiment.preparation, experiment.views)
stars = stars_in(events)

def prepared(recipe, stars):
    for star in stars[:3]:
        prepare_events(recipe, star)
    start = time.process_time()
    found = [prepare_events(recipe, star) for star in stars]
    return found, (time.process_time() - start) / len(stars)

_, views = prepared(recipe, stars)
scorer = astronet.load("pretrained")
listed = stars_in(events, unmeasured(scorer.stacks, events))
found, whole = prepared(scorer.recipe(Path(curves), experiment.source, stars=len(stars)), listed)
parts = [found[k : k + SMALLEST_PART] for k in range(0, len(stars), SMALLEST_PART)]

def scored(parts):
    for part in parts:
        rows = [event.row for star in part for event in star.events]
        content_of(scorer, events.iloc[rows], mission, part)

scored(parts[:2])
start = time.process_time()
scored(parts)
whole += (time.process_time() - start) / len(stars)
print(json.dumps({"prepare": views, "predict": whole}))
"""

CONFIG = """\
source:
  mission: {mission}
  catalog: {table}
  light_curves: {curves}
data:
  labels: toi
store: {out}
"""


def main(data: Path, number: int, rounds: int) -> None:
    """Run the benchmark, and print the table."""
    rows = []
    with tempfile.TemporaryDirectory() as made:
        for mission, (title, times) in MISSIONS.items():
            stars = times * number
            folder = Path(made) / mission
            _write_stars(data, mission, folder / "curves", 3 * stars)
            for count in (stars, 3 * stars):
                _write_inputs(folder, mission, count)
            cores = []
            found: dict[str, list[tuple[float, float]]] = {verb: [] for verb in VERBS}
            for _ in range(rounds):
                cores.append(_core(folder, mission, stars))
                for verb in VERBS:
                    few, many = (_run(verb, folder, mission, n) for n in (stars, 3 * stars))
                    wall, cpu = ((many[k] - few[k]) / (2 * stars) for k in (0, 1))
                    found[verb].append((wall, cpu))
            for verb in VERBS:
                core = float(np.median([one[verb] for one in cores]))
                wall, cpu = np.median(found[verb], axis=0)
                rows.append(
                    [
                        *(title, verb, f"{1e3 * core:.1f}", f"{1e3 * wall:.1f}"),
                        *(f"{wall / (core / 2):.2f}", f"{cpu / core:.2f}"),
                    ]
                )
    columns = ["light curves", "command", "core, ms/star", "wall, ms/star"]
    columns += ["wall / (core / 2)", "CPU of all processes / core"]
    show(f"Two workers, {3 * number} stars (TESS: 4 x), {rounds} rounds", columns, rows, width=140)


def _write_stars(data: Path, mission: str, folder: Path, stars: int) -> None:
    """Write copies of a star's files in the layout of a folder per star."""
    if mission == "kepler":
        source = max((data / "kepler").glob("*/*"), key=lambda one: len(list(one.glob("*_llc*"))))
        contents = {path.name: path.read_bytes() for path in source.glob("*_llc.fits")}
        number, keyword, digits = int(source.name), "KEPLERID", 9
    else:
        path = next((data / "real_missions/tess").glob("tess*s_lc.fits"))
        contents = {path.name: path.read_bytes()}
        number, keyword, digits = int(path.name.split("-")[2]), "TICID", 16
    for star in range(FIRST, FIRST + stars):
        own = f"{star:0{digits}d}"
        place = folder / (f"{own[:4]}/{own}" if mission == "kepler" else own)
        place.mkdir(parents=True)
        for name, content in contents.items():
            renamed = name.replace(f"{number:0{digits}d}", own)
            (place / renamed).write_bytes(copied(content, keyword, star))


def _write_inputs(folder: Path, mission: str, stars: int) -> None:
    """Write a table with one event of each star, and a config."""
    generator = np.random.default_rng(0)
    first = 140 if mission == "kepler" else 3493.0
    table = folder / f"{stars}.csv"
    events = {
        "star": np.arange(FIRST, FIRST + stars),
        "number": 1,
        "period_days": generator.uniform(0.8, 9, stars),
        "epoch_bkjd": generator.uniform(first, first + 9, stars),
        "duration_days": generator.uniform(0.08, 0.25, stars),
        "label": "PC",
    }
    pd.DataFrame(events).to_csv(table, index=False)
    config = CONFIG.format(
        mission=mission, table=table, curves=folder / "curves", out=folder / f"store-{stars}"
    )
    (folder / f"{stars}.yaml").write_text(config)


def _core(folder: Path, mission: str, stars: int) -> dict[str, float]:
    """Return the CPU time per star of each command's core [s]."""
    words = [folder / f"{stars}.yaml", folder / f"{stars}.csv", folder / "curves", mission]
    command = [sys.executable, "-c", CORE, *map(str, words)]
    ended = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True)
    found: dict[str, float] = json.loads(ended.stdout.splitlines()[-1])
    return found


def _run(verb: str, folder: Path, mission: str, stars: int) -> tuple[float, float]:
    """Run a command with two workers; return the wall time and the CPU time [s]."""
    words = ["prepare", "--config", str(folder / f"{stars}.yaml")]
    if verb == "predict":
        words = ["predict", "pretrained", "--table", str(folder / f"{stars}.csv")]
        words += ["--data", str(folder / "curves"), "--mission", mission]
        words += ["--out", str(folder / f"scores-{stars}.csv")]
    words += ["--workers", "2", "--overwrite", "--quiet"]
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    ended = subprocess.run(
        [sys.executable, "-m", "astronet", *words], stdout=subprocess.DEVNULL, check=False
    )
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    assert ended.returncode == 0, "the command failed"
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="Folder of real light curves.")
    parser.add_argument("--stars", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=2)
    given = parser.parse_args()
    main(given.data, given.stars, given.rounds)
