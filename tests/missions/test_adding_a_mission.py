"""Adding a mission requires one new module and its name in `missions/__init__.py`."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from samples import REPOSITORY

from astronet.missions import MISSIONS

MODULE = '''
"""Light curves of a mission that does not exist."""

import io
from pathlib import Path

import numpy as np

from astronet.catalogs.layouts import Layout, named, number, text
from astronet.errors import ArchiveError
from astronet.lightcurves.lightcurve import LightCurve
from astronet.missions.files import Content, StarData, sources_known
from astronet.missions.reader import ReaderOptions
from astronet.missions.spec import ArchiveSpec, ArchiveTable, MissionSpec
from astronet.missions.tables import read_catalog as read_catalog


class DemoReader(ReaderOptions):
    """Options of the reader."""

    offset: float = 0.0
    """Number that is added to every flux."""


LAYOUT = Layout(
    "demo table",
    {
        "star": named("demoid"),
        "period_days": (("demo_period", number),),
        "epoch_bkjd": (("demo_epoch", number),),
        "duration_days": (("demo_duration", number),),
        "label": (("demo_label", text),),
    },
    "complete it",
)

SPEC = MissionSpec(
    name="demo_mission",
    title="Demo",
    reader=DemoReader,
    catalog=Path("data/catalogs/demo.csv"),
    light_curves=Path("data/raw/demo"),
    star_catalog="DIC",
    digits=6,
    prefixes=("DIC",),
    star_columns=("demoid",),
    layouts=(LAYOUT,),
    tables={"demo": ArchiveTable("Demo events", LAYOUT)},
    archive=ArchiveSpec(
        author="DEMO", stem="demo{star}", endings={"long": "_l.csv", "short": "_s.csv"}
    ),
)


def list_files(folder, star, reader=DemoReader()):
    path = Path(folder) / f"demo{SPEC.padded(star)}_l.csv"
    if not path.is_file():
        raise ArchiveError(f"there is no {path}", command=SPEC.download(star, out=folder))
    return [path]


def list_stars(folder, reader=DemoReader()):
    return sorted(int(path.name[4:10]) for path in Path(folder).glob("demo*_l.csv"))


def read_star(folder, star, reader=DemoReader()):
    (path,) = list_files(folder, star)
    file = Content.read(path, folder)
    with sources_known([file.source]):
        time, flux = np.loadtxt(io.BytesIO(file.data), delimiter=",", unpack=True)
        return StarData(LightCurve(star, time, flux + reader.offset), (file.source,))


def read_light_curve(folder, star, reader=DemoReader()):
    return read_star(folder, star, reader).curve
'''


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy of the package with the new mission, and the files of one star with transits."""
    place = tmp_path_factory.mktemp("mission")
    without = shutil.ignore_patterns("__pycache__", "*.safetensors")
    package = Path(shutil.copytree(REPOSITORY / "astronet", place / "astronet", ignore=without))
    (package / "missions/demo_mission.py").write_text(MODULE)
    registry = package / "missions/__init__.py"
    before = registry.read_text(encoding="utf-8")
    after = before.replace(f'"{list(MISSIONS)[-1]}")', f'"{list(MISSIONS)[-1]}", "demo_mission")')
    assert after != before
    registry.write_text(after, encoding="utf-8")

    time = np.arange(100, 160, 0.0204)
    flux = 1 + 1e-4 * np.random.default_rng(0).standard_normal(len(time))
    flux[np.abs((time - 102.0 + 3.5) % 7.0 - 3.5) < 0.08] -= 0.001
    (place / "curves").mkdir()
    np.savetxt(place / "curves/demo000007_l.csv", np.stack([time, flux], 1), delimiter=",")
    (place / "table.csv").write_text(
        "demoid,demo_period,demo_epoch,demo_duration,demo_label\n7,7,102,0.16,PC\n8,7,102,0.16,PC\n"
    )
    (place / "config.yaml").write_text(
        "source: {mission: demo_mission, catalog: table.csv, light_curves: curves}\nstore: store\n"
    )
    return place


def output(place: Path, *words: str, status: int = 0) -> str:
    environment = os.environ | {"PYTHONPATH": str(place)}
    command = [sys.executable, *words]
    done = subprocess.run(command, capture_output=True, text=True, cwd=place, env=environment)
    assert done.returncode == status, done.stderr
    return done.stdout


def test_star_of_a_new_mission_is_prepared(place: Path) -> None:
    shown = output(
        place,
        "-m",
        "astronet",
        "prepare",
        "--config",
        "config.yaml",
        "--workers",
        "1",
        "--overwrite",
        status=3,  # one of two events cannot be prepared
    )
    assert "store: 1 event of 1 star" in shown and "skipped: 1 event" in shown
    assert "7,demo000007_l.csv," in (place / "store/sources.csv").read_text()
    assert "there is no curves/demo000008_l.csv" in (place / "store/skipped.csv").read_text()


def test_configs_archives_and_catalogues_support_a_new_mission(place: Path) -> None:
    assert output(
        place,
        "-c",
        """
import astronet
from pathlib import Path
from astronet.archives.choosing import choose_targets
from astronet.archives.names import resolve
from astronet.archives.snapshots import catalogs
from astronet.cli.catalogs import after_show
from astronet.catalog import show_catalog
from astronet.config import load_config
from astronet.errors import AstronetError

def error_of(function, *arguments):
    try:
        function(*arguments)
    except AstronetError as error:
        return str(error)

config, table = Path("config.yaml"), Path("table.csv")
print(astronet.missions.demo_mission.read_light_curve("curves", 7).star)
print(load_config(config, ["source.reader.offset=1"]).source.reader)
print(error_of(load_config, config, ["source.reader.ofset=1"]))
print(error_of(load_config, config, ["source.mission=demo"]))
print(resolve("dic-7", "demo_mission"), resolve("7", "demo_mission").padded)
print(error_of(resolve, "DIC 7"))
print(choose_targets(table, mission="demo_mission")[1].file_names("short").pattern)
print(error_of(choose_targets, table))
print(catalogs()["demo"].title)
print("next: " + after_show(show_catalog(table)))
""",
    ).splitlines() == [
        "7",
        "offset=1.0",
        "config.yaml: unknown key source.reader.ofset; did you mean offset?",
        "config.yaml: source.mission = 'demo' is unknown; choose one of "
        + ", ".join(map(repr, [*MISSIONS, "demo_mission"])),
        "DIC 7 000007",
        "DIC 7 is a Demo star; set mission to demo_mission",
        r"demo000008_s\.csv",
        "table.csv is a demo table, so its stars belong to the mission demo_mission, but the "
        "mission of the light curves is kepler; set mission to demo_mission",
        "Demo events",
        "next: astronet prepare --config astronet source.catalog=table.csv "
        "source.mission=demo_mission data.labels=dr24_autovetter",
    ]
