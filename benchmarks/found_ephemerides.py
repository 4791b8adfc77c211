"""Scores with ephemerides that a search found: `python -m benchmarks.found_ephemerides FOLDER`.

FOLDER contains kepler/ (light curves) and dr24/ (the TCE table). Each star is searched, and each of
its planets that is found is scored twice with the shipped weights: with the ephemeris of the
catalogue and with that of the search. The planets are those labelled PC in DR24 and all planets of
Kepler-90. The third score uses the period and the epoch of the search with the duration of the
catalogue.
"""

from benchmarks.measuring import one_thread

one_thread()

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import torch

import astronet
from astronet import Ephemeris, SearchSettings
from astronet.missions import kepler
from astronet.runs.scorer import Scorer
from benchmarks import kepler_90
from benchmarks.measuring import show
from benchmarks.searching.curves import star_numbers

SAME_PERIOD = 1e-3
"""Largest relative difference of the periods of the catalogue and of the search."""

Scores = tuple[float, float, float]


def main(folder: Path) -> None:
    """Print the scores of each planet, and the median change."""
    torch.set_num_threads(1)
    scorer = astronet.load("pretrained")
    rows: list[tuple[str, ...]] = []
    changes: list[float] = []
    labelled: list[bool] = []
    for star, label, reference, found in _planets(folder):
        if found is None:
            rows.append((str(star), f"{reference.period:.5f}", label, "not found", "–", "–", "–"))
            continue
        scores = _scores(scorer, folder, star, reference, found)
        changes.append(abs(scores[1] - scores[0]))
        labelled.append(label == "PC")
        durations = f"{reference.duration:.3f}, {found.duration:.3f}"
        values = [f"{score:.4f}" for score in scores]
        rows.append((str(star), f"{reference.period:.5f}", label, durations, *values))
    columns = (
        "star", "period [d]", "label", "durations [d]", "score, catalogue", "score, search",
        "search, duration of the catalogue",
    )  # fmt: skip
    show("Scores with the ephemerides of the catalogue and of the search", columns, rows)
    change = np.array(changes)
    print(f"median change {np.median(change):.4f} of {len(change)} planets, "
          f"{np.median(change[labelled]):.4f} of the {sum(labelled)} labelled ones; "
          f"largest {change.max():.4f}")  # fmt: skip


def _planets(folder: Path) -> Iterator[tuple[int, str, Ephemeris, Ephemeris | None]]:
    """Yield each planet: star, label, ephemeris of the catalogue, and of the search if found."""
    table = pd.read_csv(folder / "dr24" / "q1_q17_dr24_tce.csv", comment="#")
    for star in star_numbers(folder):
        planets = _catalogued(table, star)
        if not planets:
            continue
        curve = kepler.read_light_curve(folder / "kepler", star)
        candidates = astronet.find_transits(curve, SearchSettings(max_signals=10))
        for label, reference in planets:
            same = [
                candidate.ephemeris
                for candidate in candidates
                if abs(candidate.ephemeris.period / reference.period - 1) < SAME_PERIOD
            ]
            yield star, label, reference, same[0] if same else None


def _catalogued(table: pd.DataFrame, star: int) -> list[tuple[str, Ephemeris]]:
    """Return the labels and ephemerides of a star's planets."""
    rows = table[(table["kepid"] == star) & (table["av_training_set"] == "PC")]
    values = rows[["tce_period", "tce_time0bk", "tce_duration"]].to_numpy(float)
    planets = [("PC", Ephemeris(period, epoch, hours / 24)) for period, epoch, hours in values]
    if star == kepler_90.NUMBER:
        known = [planet.period for _, planet in planets]
        planets += [
            (f"Kepler-90 {name}", Ephemeris(*values))
            for name, values in kepler_90.PLANETS.items()
            if min(abs(values[0] / np.array(known) - 1)) > SAME_PERIOD
        ]
    return planets


def _scores(
    scorer: Scorer, folder: Path, star: int, reference: Ephemeris, found: Ephemeris
) -> Scores:
    """Return the scores with the catalogue, with the search, and with a mixture of both."""
    curve = kepler.read_light_curve(folder / "kepler", star)
    mixed = Ephemeris(found.period, found.epoch, reference.duration)
    first, second, third = (
        float(scorer.score(curve, ephemeris)) for ephemeris in (reference, found, mixed)
    )
    return first, second, third


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.found_ephemerides")
    parser.add_argument("folder", type=Path, help="folder with kepler/ and dr24/")
    main(parser.parse_args().folder)
