"""The same star read as files of each mission gives the same light curve, views and score."""

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from commands import command
from light_curve_files import BTJD, write_qlp, write_spoc
from samples import Archive, SmallRun

from astronet import missions
from astronet.config import load_config
from astronet.dataset.store import ViewStore
from astronet.errors import CatalogError
from astronet.lightcurves import GLOBAL, LOCAL, Ephemeris
from astronet.lightcurves.preparation import prepare_star
from astronet.lightcurves.settings import Preparation
from astronet.missions import MISSIONS, ReaderOptions, custom, kepler, tess
from astronet.missions.settings import SOURCES
from astronet.missions.tables import read_catalog
from astronet.prepare import prepare

STARS = 2


def as_tess(source: Path, kepid: int, folder: Path) -> None:
    """Write a Kepler star as TESS files: one sector per quarter, the last one by QLP."""
    for file in kepler.read_files(source, kepid):
        columns = {"TIME": file.time - BTJD, "PDCSAP_FLUX": file.flux, "KSPSAP_FLUX": file.flux}
        write = write_qlp if file.part == 17 else write_spoc
        write(folder, kepid, file.part + 1, columns)


def as_csv(source: Path, kepid: int, folder: Path) -> None:
    """Write a Kepler star as a CSV table with times in BJD."""
    files = kepler.read_files(source, kepid)
    columns = {
        "time": np.concatenate([file.time for file in files]) + 2454833,
        "flux": np.concatenate([file.flux for file in files]).astype(float),
        "quarter": np.concatenate([np.full(len(file.time), file.part) for file in files]),
    }
    pd.DataFrame(columns).to_csv(folder / f"{kepid}.csv", index=False)


@pytest.fixture(scope="module")
def events(archive: Archive) -> pd.DataFrame:
    """Events of the first stars of the archive."""
    table = kepler.read_catalog(archive.catalog)
    return table[table["star"].isin(table["star"].unique()[:STARS])].reset_index(drop=True)


@pytest.fixture(scope="module")
def folders(
    archive: Archive, events: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Path]:
    """Folders of the stars as TESS files and as CSV, each with a table of events."""
    as_tics, as_custom = tmp_path_factory.mktemp("tess"), tmp_path_factory.mktemp("custom")
    for star in events["star"].unique():
        as_tess(archive.light_curves, int(star), as_tics)
        as_csv(archive.light_curves, int(star), as_custom)
    toi = pd.DataFrame(
        {
            "tid": events["star"],
            "toi": 100 + events.index + events["number"] / 100,
            "tfopwg_disp": events["label"].map({"PC": "CP"}).fillna("FP"),
            "pl_orbper": events["period_days"],
            "pl_tranmid": events["epoch_bkjd"] + 2454833,
            "pl_trandurh": events["duration_days"] * 24,
        }
    )
    toi.to_csv(as_tics / "toi.csv", index=False)
    events.to_csv(as_custom / "events.csv", index=False)
    return as_tics, as_custom


def test_views_do_not_depend_on_the_mission(
    archive: Archive, events: pd.DataFrame, folders: tuple[Path, Path]
) -> None:
    star = int(events["star"][0])
    curves = [
        kepler.read_light_curve(archive.light_curves, star),
        tess.read_light_curve(folders[0], star),
        custom.read_light_curve(
            folders[1], star, custom.CustomReader(clock="bjd", segment="quarter")
        ),
    ]
    rows = events[events["star"] == star]
    ephemerides = [
        Ephemeris(*row) for row in rows[["period_days", "epoch_bkjd", "duration_days"]].to_numpy()
    ]
    first, *others = [
        prepare_star(curve, ephemerides, {"global": GLOBAL, "local": LOCAL}, Preparation())
        for curve in curves
    ]
    for curve, prepared in zip(curves[1:], others, strict=True):
        np.testing.assert_array_equal(curve.segment, curves[0].segment)
        np.testing.assert_allclose(curve.time, curves[0].time, rtol=0, atol=1e-8)
        np.testing.assert_array_equal(curve.flux, curves[0].flux)
        for ours, reference in zip(prepared, first, strict=True):
            for name in ("global", "local"):
                np.testing.assert_allclose(
                    ours.views[name], reference.views[name], rtol=0, atol=1e-6
                )


def sources(folders: tuple[Path, Path]) -> dict[str, list[str]]:
    return {
        "tess": [
            f"source={{mission: tess, catalog: {folders[0] / 'toi.csv'}, "
            f"light_curves: {folders[0]}}}",
            "data.labels=toi",
        ],
        "custom": [
            f"source={{mission: custom, catalog: {folders[1] / 'events.csv'}, "
            f"light_curves: {folders[1]}, reader: {{clock: bjd, segment: quarter}}}}",
        ],
    }


@pytest.mark.parametrize("mission", ["tess", "custom"])
def test_store_does_not_depend_on_the_mission(
    small_run: SmallRun,
    events: pd.DataFrame,
    folders: tuple[Path, Path],
    mission: str,
    tmp_path: Path,
) -> None:
    overrides = [*sources(folders)[mission], f"store={tmp_path / 'store'}"]
    store = prepare(load_config(small_run.config, overrides), workers=1, quiet=True)
    from_kepler = ViewStore.open(small_run.store)
    rows = from_kepler.index["star"].isin(events["star"]).to_numpy()
    assert store.index["star"].tolist() == events["star"].tolist()
    for name in ("global", "local"):
        np.testing.assert_allclose(
            store.views[name], from_kepler.views[name][rows], rtol=0, atol=1e-6
        )


def ephemeris_of(event: pd.Series) -> dict[str, float]:
    columns = {"period": "period_days", "epoch": "epoch_bkjd", "duration": "duration_days"}
    return {option: event[column] for option, column in columns.items()}


def scored(run: Path, out: Path, **options: object) -> pd.DataFrame:
    done = command("predict", run, out=out, overwrite=True, **options)
    assert done.status == 0, done.err
    return pd.read_csv(out, dtype={"star": str}, keep_default_na=False, na_values={"score": [""]})


def test_run_scores_files_of_another_mission(
    small_run: SmallRun,
    events: pd.DataFrame,
    archive: Archive,
    folders: tuple[Path, Path],
    tmp_path: Path,
) -> None:
    one = events.iloc[0]
    event, run = ephemeris_of(one), small_run.run
    star, out = str(one["star"]), tmp_path / "scores.csv"
    score = scored(run, out, star=star, data=archive.light_curves, **event)["score"].iloc[0]
    bjd = ["clock=bjd", "segment=quarter"]
    named = tmp_path / "my star.csv"
    named.write_bytes((folders[1] / f"{star}.csv").read_bytes())
    for given, mission, reader in (
        ({"data": folders[0]}, "tess", []),
        ({"data": folders[1]}, "custom", bjd),
        ({"data": named}, "custom", bjd),
        ({"data": tmp_path, "star": "my star"}, "custom", bjd),
    ):
        options = event | {"star": star, "mission": mission, "reader": reader} | given
        if mission == "custom":  # the epoch is on the declared clock
            options["epoch"] += 2454833
        table = scored(run, out, **options)
        assert table["score"].iloc[0] == pytest.approx(score, abs=1e-6)
        assert table["star"].iloc[0] == options["star"]
    for mission, reader, table in (("tess", [], "toi.csv"), ("custom", bjd, "events.csv")):
        folder = folders[0 if mission == "tess" else 1]
        given = {"table": folder / table, "data": folder, "mission": mission, "reader": reader}
        found = scored(run, out, **given, workers=1)
        assert found["reason"].eq("").all() and len(found) == len(events)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"reader": ["clock=bjd"]},
            "--reader requires --mission (without it, files are read as in training); add "
            "--mission",
        ),
        ({"mission": "tes"}, "unknown mission 'tes'; choose one of kepler, "),
        (
            {"mission": "custom"},
            "the reader option clock is missing; set it to bkjd, btjd",
        ),
        (
            {"mission": "custom", "reader": ["clok=bjd"]},
            "unknown reader option clok; did you mean clock?",
        ),
        ({"star": "my star"}, "'my star' is not a valid KIC number; give a whole number of"),
        (
            {"mission": "custom", "reader": ["clock=bkjd"]},
            "cannot be BKJD; they look like BJD; declare the correct clock",
        ),
        (
            {"mission": "custom", "reader": ["clock=bjd"], "epoch": 166.0},
            "is probably in BKJD, but the times of the light curve are in BJD; add 2454833 d to",
        ),
        (
            {"star": "../x", "mission": "custom", "reader": ["clock=bjd"]},
            "is not a valid star name",
        ),
    ],
)
def test_invalid_options_are_rejected(
    small_run: SmallRun,
    events: pd.DataFrame,
    folders: tuple[Path, Path],
    tmp_path: Path,
    given: dict,
    message: str,
) -> None:
    star = str(events["star"][0])
    options = {"star": star, "data": folders[1], "period": 2.0, "epoch": 150.0, "duration": 0.1}
    result = command("predict", small_run.run, **(options | given), out=tmp_path / "scores.csv")
    assert result.status == 1
    assert message in result.error and result.err.count("\n") == 1


def test_custom_file_is_not_overwritten_or_used_as_a_folder(
    small_run: SmallRun, tmp_path: Path
) -> None:
    file = tmp_path / "mine.csv"
    file.write_text("time,flux\n1,1\n")
    options = {"star": "1", "data": file, "period": 2.0, "epoch": 150.0, "duration": 0.1}
    result = command("predict", small_run.run, **options, out=file)
    assert "would change the input" in result.error
    result = command("predict", small_run.run, **options, out=tmp_path / "scores.csv")
    assert "is a file, not a folder; give the folder of the light curves" in result.error
    assert result.error.endswith("(--data, --mission, --reader)")


@pytest.mark.parametrize("name", MISSIONS)
def test_mission_is_an_attribute_of_the_package(name: str) -> None:
    check = f"import astronet; print(astronet.missions.{name}.SPEC.name)"
    found = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True)
    assert found.stdout.strip() == name, found.stderr


@pytest.mark.parametrize("name", MISSIONS)
def test_mission_implements_the_protocol(name: str) -> None:
    module, spec = MISSIONS[name], MISSIONS[name].SPEC
    assert spec.name == name and issubclass(spec.reader, ReaderOptions)
    for function in ("read_star", "read_light_curve", "list_files", "read_catalog"):
        assert callable(getattr(module, function))
    source = SOURCES[name]
    assert source.model_fields["catalog"].default == spec.catalog
    assert source.model_fields["light_curves"].default == spec.light_curves


def test_registry_contains_only_missions() -> None:
    folder = Path(missions.__file__).parent
    modules = [import_module(f"astronet.missions.{path.stem}") for path in folder.glob("[!_]*.py")]
    with_spec = {module.SPEC.name for module in modules if hasattr(module, "SPEC")}
    assert "files" not in MISSIONS and len(MISSIONS) == len(with_spec)
    assert set(MISSIONS) == with_spec
    with pytest.raises(KeyError):
        MISSIONS["files"]


@pytest.mark.parametrize("module", ["", *(f".{name}" for name in MISSIONS), ".tables"])
def test_importing_missions_loads_no_heavy_packages(module: str) -> None:
    heavy = {"astropy", "lightkurve", "pandas", "numba", *(() if module else ("numpy", "pydantic"))}
    check = f"import astronet.missions{module}, sys; print({heavy} & {{*sys.modules}})"
    found = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True)
    assert found.stdout.strip() == "set()", found.stderr


def test_tables_may_give_star_numbers_of_every_mission():
    from astronet.catalogs.layouts import STAR_CATALOGS

    specs = [mission.SPEC for mission in MISSIONS.values()]
    assert set(STAR_CATALOGS) == {spec.star_catalog for spec in specs} - {""}


@pytest.mark.parametrize("mission", MISSIONS)
@pytest.mark.parametrize("star", ["star", "kepid", "tid", "epic_hostname"])
def test_canonical_columns_do_not_identify_a_mission(
    mission: str, star: str, tmp_path: Path
) -> None:
    """Only the star's column does; depths and SNRs have the same names in all missions."""
    table = tmp_path / "table.csv"
    rest = "period_days,epoch_bkjd,duration_days,depth_ppm,snr,star_radius_sun"
    table.write_text(f"{star},{rest}\n5,3,130,0.1,100,9,1\n")
    owner = {"kepid": "kepler", "tid": "tess", "epic_hostname": "k2"}.get(star)
    if owner in (None, mission) or mission == "custom":
        events = read_catalog(table, mission=mission)
        assert events[["star", "depth_ppm", "snr"]].to_numpy().tolist() == [[5, 100, 9]]
    else:
        with pytest.raises(CatalogError, match=f"table with column {star}, so its stars belong"):
            read_catalog(table, mission=mission)
