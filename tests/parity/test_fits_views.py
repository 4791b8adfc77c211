"""Views from Kepler FITS files, compared with those of the original code."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import astronet
from astronet.lightcurves.arrays import Views
from astronet.lightcurves.features.event import FEATURES, view_features
from astronet.lightcurves.views import FoldedCurve
from astronet.missions import kepler

KEPLER_90 = 11442793
"""Kepler ID of a star with four missing quarters, whose views may differ."""


@pytest.fixture(scope="module")
def stored(shared: Path) -> dict[tuple[int, int], tuple[Views, Views]]:
    archive = np.load(shared / "data/dr24/views_trainval.npz")
    stars = {int(folder.name) for folder in (shared / "data/kepler").glob("*/*")}
    rows = [row for row, star in enumerate(archive["kepid"]) if star in stars]
    views = zip(archive["global_view"][rows], archive["rebinned_local_view"][rows], strict=True)
    keys = zip(archive["kepid"][rows].tolist(), archive["tce_plnt_num"][rows].tolist(), strict=True)
    return dict(zip(keys, views, strict=True))


def events(shared: Path) -> Iterator[tuple[tuple[int, int], astronet.Ephemeris]]:
    catalog = kepler.read_catalog(shared / "data/dr24/q1_q17_dr24_tce.csv")
    for _, event in catalog.iterrows():
        ephemeris = event["period_days"], event["epoch_bkjd"], event["duration_days"]
        yield (event["star"], event["number"]), astronet.Ephemeris(*ephemeris)


def test_views_from_files_equal_the_original(
    shared: Path, stored: dict[tuple[int, int], tuple[Views, Views]]
) -> None:
    worst = []
    flat: dict[int, astronet.LightCurve] = {}
    for key, ephemeris in events(shared):
        if key not in stored:
            continue
        if key[0] not in flat:
            curve = kepler.read_light_curve(shared / "data/kepler", key[0])
            flat[key[0]] = astronet.flatten(curve)
        specs = (astronet.GLOBAL, astronet.REBINNED_LOCAL)
        views = [astronet.make_view(flat[key[0]], ephemeris, spec) for spec in specs]
        differences = [
            float(np.abs(mine - theirs.astype(float)).max())
            for mine, theirs in zip(views, stored[key], strict=True)
        ]
        worst.append((*key, *differences))
    table = pd.DataFrame(worst, columns=["star", "number", "global", "rebinned_local"])
    complete = table[table["star"] != KEPLER_90]
    assert len(complete) == 14
    assert complete["global"].max() <= 2e-3
    assert complete["rebinned_local"].max() <= 2e-3


def test_features_from_files_equal_those_of_the_original_views(
    shared: Path, stored: dict[tuple[int, int], tuple[Views, Views]]
) -> None:
    """Views in half precision change quantiles in units of the scatter of deep, quiet transits."""
    names = [feature.name for feature in FEATURES]
    compared = [k for k, name in enumerate(names) if not name.startswith("percentile")]
    agreeing = []
    for key, ephemeris in events(shared):
        if key in stored and key[0] != KEPLER_90:
            curve = astronet.flatten(kepler.read_light_curve(shared / "data/kepler", key[0]))
            whole = FoldedCurve.of(curve, ephemeris)
            mine = view_features(whole.view(astronet.GLOBAL), ephemeris)
            published = view_features(stored[key][0].astype(np.float32), ephemeris)
            close = np.isclose(mine, published, rtol=0.02, atol=0.02)[compared]
            agreeing.append(close.mean())
    assert len(agreeing) == 14
    assert min(agreeing) >= 0.9 and np.mean(agreeing) >= 0.97
