"""The examples in the docstrings of the notebook API run on files in the layout of the archive."""

import doctest
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from light_curve_files import write_k2, write_spoc

import astronet
from astronet.config import load_config
from astronet.dataset.store import ViewStore
from astronet.missions import custom, k2, kepler, tess
from astronet.prepare import prepare
from astronet.runs.scorer import Scorer
from astronet.simulation.kepler_calendar import kepler_calendar
from astronet.simulation.kepler_writer import write_quarter

STAR, PERIOD, EPOCH, DURATION = 11446443, 2.47061, 132.646, 0.0743
"""TrES-2 b, of which the examples read simulated files."""

OBJECTS = {
    "LightCurve": astronet.LightCurve,
    "LightCurve.from_arrays": astronet.LightCurve.from_arrays,
    "Ephemeris": astronet.Ephemeris,
    "ViewSpec": astronet.ViewSpec,
    "flatten": astronet.flatten,
    "make_view": astronet.make_view,
    "load": astronet.load,
    "Scorer.score": Scorer.score,
    "ViewStore.open": ViewStore.open,
    "kepler.read_light_curve": kepler.read_light_curve,
    "k2.read_light_curve": k2.read_light_curve,
    "tess.read_light_curve": tess.read_light_curve,
    "custom.read_light_curve": custom.read_light_curve,
    "read_catalog": kepler.read_catalog,
}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with light curves of one star, its catalogue, and a store of its view."""
    place = tmp_path_factory.mktemp("examples")
    calendar, noise = kepler_calendar(), np.random.default_rng(1)
    for quarter in (1, 2, 3):
        time = calendar.time[calendar.rows(quarter)]
        phase = (time - EPOCH + PERIOD / 2) % PERIOD - PERIOD / 2
        depth = 0.014 * np.clip((DURATION / 2 - np.abs(phase)) / 0.01, 0, 1)
        flux = 1e4 * (1 - depth) + noise.normal(0, 2, len(time))
        columns = {"TIME": time, "PDCSAP_FLUX": flux}
        write_quarter(place / "data/raw/kepler", STAR, quarter, columns)
    catalog = place / "data/catalogs/q1_q17_dr24_tce.csv"
    catalog.parent.mkdir(parents=True)
    catalog.write_text(
        "kepid,tce_plnt_num,tce_period,tce_time0bk,tce_duration,av_training_set\n"
        f"{STAR},1,{PERIOD},{EPOCH},{24 * DURATION},PC\n"
    )
    (place / "data/raw/mine.csv").write_text(
        "time,flux\n" + "".join(f"{1400 + k / 48:.5f},{1 + k % 3 / 1e4}\n" for k in range(960))
    )
    steps = 0.02 * np.arange(3000)
    write_k2(
        place / "data/raw/k2", 201367065, 1, {"TIME": 1977 + steps, "PDCSAP_FLUX": 1 + 0 * steps}
    )
    write_spoc(
        place / "data/raw/tess", 25155310, 1, {"TIME": 1325 + steps, "PDCSAP_FLUX": 1 + 0 * steps}
    )
    sources = [f"source.catalog={catalog}", f"source.light_curves={place / 'data/raw/kepler'}"]
    settings = [*sources, f"store={place / 'data/stores/dr24'}"]
    prepare(load_config("astronet", settings), workers=1, quiet=True)
    return place


@pytest.mark.parametrize("name", OBJECTS)
def test_examples_print_what_they_say(
    name: str, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(place)
    examples = [test for test in found(name, OBJECTS[name]) if test.examples]
    assert examples, f"{name} has no example"
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    for example in examples:
        report: list[str] = []
        runner.run(example, out=report.append)
        assert runner.failures == 0, "".join(report)


def found(name: str, target: Any) -> list[doctest.DocTest]:
    """Return the examples of the docstring of an object, not of its members."""
    return doctest.DocTestFinder(recurse=False).find(target, name, globs={})
