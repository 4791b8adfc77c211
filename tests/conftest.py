"""Fixtures for all tests."""

import json
import os
import shutil

# One thread per process: on a busy core, training with two threads is six times slower.
for pool in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[pool] = "1"

from collections.abc import Iterator
from pathlib import Path

import pytest
from archive_server import FILES, FIRST, ArchiveServer, RepeatedSky
from browser import CHROMIUM, NOT_FOUND, Browser, browsing
from local_server import serving
from samples import REPOSITORY, SMALL_CONFIG, Archive, SmallRun


@pytest.fixture(scope="session")
def shared() -> Path:
    """Folder of real data and golden vectors; tests that use it are skipped if it is missing."""
    root = Path(os.environ.get("ASTRONET_SHARED", REPOSITORY.parent / "shared"))
    if not (root / "golden").is_dir():
        pytest.skip(f"no real data at {root}; set ASTRONET_SHARED to the folder of the data")
    return root


@pytest.fixture(scope="session")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Archive:
    """FITS files and TCE table of thirty simulated Kepler stars."""
    from astronet.simulate import simulate

    folder = tmp_path_factory.mktemp("archive")
    return Archive(folder / "light_curves", simulate(folder, stars=30, seed=3, workers=1))


@pytest.fixture(scope="session")
def small_config(tmp_path_factory: pytest.TempPathFactory, archive: Archive) -> Path:
    """Config for the archive with a network that trains in seconds."""
    folder = tmp_path_factory.mktemp("small")
    path = folder / "small.yaml"
    path.write_text(SMALL_CONFIG.format(archive=archive, store=folder / "store"))
    return path


@pytest.fixture(scope="session")
def small_run(small_config: Path) -> SmallRun:
    """Run of the small network, trained on the prepared archive."""
    from astronet.config import load_config
    from astronet.prepare import prepare
    from astronet.train import train

    experiment = load_config(small_config)
    prepare(experiment, workers=1, quiet=True)
    run = train(experiment, small_config.parent / "run", quiet=True)
    return SmallRun(small_config, experiment.store, run.path)


@pytest.fixture(scope="session")
def sky(tmp_path_factory: pytest.TempPathFactory) -> RepeatedSky:
    """Thirty stars that share the files of one star, about 150 kB each."""
    from astronet.simulate import simulate

    folder = tmp_path_factory.mktemp("sky")
    simulate(folder, stars=1, workers=1)
    paths = sorted((folder / "light_curves").glob("*/*/*.fits"))
    for path in paths[FILES:]:
        path.unlink()
    return RepeatedSky(folder / "light_curves", FIRST, 30)


@pytest.fixture
def server(sky: RepeatedSky) -> Iterator[ArchiveServer]:
    with serving(ArchiveServer(sky)) as server:
        yield server


@pytest.fixture(scope="session")
def networks_alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with a copy of the shipped weights without their trees."""
    from astronet.runs import shipped

    folder = Path(shutil.copytree(shipped.FOLDER, tmp_path_factory.mktemp("shipped") / "networks"))
    for path in folder.glob("*.stack.*"):
        path.unlink()
    for name in shipped.shipped_names(folder):
        path = folder / f"{name}.json"
        path.write_text(json.dumps(json.loads(path.read_text()) | {"stack": None}))
    return folder


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Chromium; tests that use it are skipped if it is not installed."""
    if CHROMIUM is None:
        pytest.skip(NOT_FOUND)
    with browsing(tmp_path_factory.mktemp("profile")) as one:
        yield one
