"""Stores of simulated views, which need no light curves."""

from pathlib import Path

import numpy as np
import pandas as pd

from astronet import GLOBAL, REBINNED_LOCAL, ViewStore


def store_of_transits(path: Path, events: int, validated: int = 0) -> ViewStore:
    """Return a store of noise; every second event is a planet and has a transit.

    The split of the first `events` rows is train, that of the others is val.
    """
    generator = np.random.default_rng(0)
    total = events + validated
    planet = np.arange(total) % 2 == 0
    views = {}
    for name, spec in (("global", GLOBAL), ("local", REBINNED_LOCAL)):
        view = 0.1 * generator.standard_normal((total, spec.bins), np.float32)
        middle, width = spec.bins // 2, 20
        view[planet, middle - width : middle + width] -= 1
        views[name] = view
    index = pd.DataFrame({"star": range(1, total + 1), "number": 1})
    index["period_days"], index["duration_days"], index["epoch_bkjd"] = 10.0, 0.2, 131.0
    index["label"] = np.where(planet, "PC", "AFP")
    index["split"] = np.where(np.arange(total) < events, "train", "val")
    specs = {"global": GLOBAL, "local": REBINNED_LOCAL}
    return ViewStore.create(path, index, [views], specs, {})
