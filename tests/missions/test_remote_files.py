"""Light curves in object stores and on web servers: the same as those of local files."""

import gzip
import logging
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from light_curve_files import write_k2, write_spoc
from object_store import ObjectStore, object_store, web_server
from searching import FIRST, write_custom, write_kepler

from astronet.errors import ArchiveError, MissingFilesError
from astronet.files import remote_access
from astronet.files.remote import location
from astronet.missions import MISSIONS
from astronet.missions.custom import CustomReader
from astronet.missions.kepler import KeplerReader
from astronet.missions.other_missions import read_star
from astronet.missions.reader import ReaderOptions
from astronet.missions.remote_files import places_of


@pytest.fixture(scope="module")
def store() -> Iterator[ObjectStore]:
    with object_store() as found:
        yield found


def check_equal(
    mission: str, folder: Path, url: str, star: int | str, reader: ReaderOptions
) -> None:
    """Check that the light curve and the provenance do not depend on where the files are."""
    local = read_star(mission, folder, star, reader)
    remote = read_star(mission, location(url), star, reader)
    assert remote.sources == local.sources
    assert np.array_equal(remote.curve.time, local.curve.time)
    assert np.array_equal(remote.curve.flux, local.curve.flux)
    assert np.array_equal(remote.curve.segment, local.curve.segment)


def moved(paths: list[Path], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for path in paths:
        path.rename(folder / path.name)


@pytest.mark.parametrize("layout", ["0050/005000001", "005000001", "."])
def test_kepler_files_are_found_in_each_layout(
    store: ObjectStore, tmp_path: Path, layout: str
) -> None:
    write_kepler(tmp_path / "written", 2)
    if layout == "0050/005000001":
        folder = tmp_path / "written"
    else:
        folder = tmp_path / "data"
        moved(sorted((tmp_path / "written").rglob("*.fits")), folder / layout)
    url = store.add(folder, f"kepler-{layout.count('/')}{len(layout)}")
    check_equal("kepler", folder, url, FIRST, KeplerReader())
    with web_server(folder) as server:
        check_equal("kepler", folder, server, FIRST, KeplerReader())


TIC, EPIC = 25155310, 201912552


@pytest.mark.parametrize("layout", ["tid/s{sector:04}/{quads}", "s{sector:04}/{quads}", "25155310"])
def test_tess_files_are_found_in_each_layout(
    store: ObjectStore, tmp_path: Path, layout: str
) -> None:
    columns = {"TIME": 1330 + np.arange(50) / 10, "PDCSAP_FLUX": 1 + np.arange(50) / 1e4}
    for sector in (1, 2):
        place = layout.format(sector=sector, quads="0000/0000/2515/5310")
        folder = tmp_path / "data" / place
        folder.mkdir(parents=True, exist_ok=True)
        later = {**columns, "TIME": columns["TIME"] + 27 * (sector - 1)}
        write_spoc(folder, TIC, sector, later)
    url = store.add(tmp_path / "data", f"tess-{layout[0]}")
    check_equal("tess", tmp_path / "data", url, TIC, MISSIONS["tess"].SPEC.reader())
    with web_server(tmp_path / "data") as server:
        check_equal("tess", tmp_path / "data", server, TIC, MISSIONS["tess"].SPEC.reader())


@pytest.mark.parametrize("layout", ["c1/201900000/12000", str(EPIC), "."])
def test_k2_files_are_found_in_each_layout(store: ObjectStore, tmp_path: Path, layout: str) -> None:
    columns = {"TIME": 2000 + np.arange(50) / 10, "PDCSAP_FLUX": 1 + np.arange(50) / 1e4}
    (tmp_path / layout).mkdir(parents=True, exist_ok=True)
    write_k2(tmp_path / layout, EPIC, 1, columns)
    url = store.add(tmp_path, f"k2-{len(layout)}")
    check_equal("k2", tmp_path, url, EPIC, MISSIONS["k2"].SPEC.reader())


def test_custom_files_are_found_by_name_or_by_their_own_url(
    store: ObjectStore, tmp_path: Path
) -> None:
    (name, other) = write_custom(tmp_path, 2)
    (tmp_path / f"{other}.csv").rename(tmp_path / "my star.csv")
    url, reader = store.add(tmp_path, "custom"), CustomReader(clock="btjd")
    with web_server(tmp_path) as server:
        for root in (url, server):
            check_equal("custom", tmp_path, root, name, reader)
            check_equal("custom", tmp_path, root, "my star", reader)
            single = read_star("custom", location(f"{root}/{name}.csv"), "any", reader)
            assert single.sources[0].path == f"{root}/{name}.csv"
            assert len(single.curve) > 1000


def test_only_the_files_that_the_reader_selects_are_copied(
    store: ObjectStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_kepler(tmp_path, 1)
    folder = next(tmp_path.glob("*/*"))
    for path in list(folder.iterdir()):
        short = path.with_name(path.name.replace("_llc", "_slc"))
        short.write_bytes(b"0" * 10**6)
        (folder / f"{path.name}.gz").write_bytes(gzip.compress(path.read_bytes()))
    url = store.add(tmp_path, "selected")
    monkeypatch.setattr(remote_access, "MAX_SIZE", 999_999)
    check_equal("kepler", tmp_path, url, FIRST, KeplerReader())


def test_a_star_without_files_is_an_error_that_names_the_places(store: ObjectStore) -> None:
    with pytest.raises(MissingFilesError) as caught:
        read_star("kepler", location("s3://sky/kepler"), 757450, KeplerReader())
    assert str(caught.value).startswith(
        "there are no light curves of KIC 757450 in s3://sky/kepler that the reader options select "
        "(0007/000757450/*, 000757450/*, kplr000757450-*); check the URL"
    )
    assert caught.value.command is None


@pytest.mark.parametrize("mission", ["kepler", "k2", "tess"])
def test_no_listing_contains_the_files_of_all_stars(mission: str) -> None:
    """Before a pattern, or at the end, each place names the star or a folder of few entries."""
    for group in places_of(MISSIONS[mission].SPEC, 25155310):
        for place in group:
            assert "25155310" in place.replace("/", "") or "2515" in place
            before = place.partition("*")[0]
            assert before == place or before in ("tid/s", "s", "c")


def test_an_error_names_the_url_and_the_copies_are_deleted(
    store: ObjectStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    write_kepler(tmp_path / "data", 1)
    path = sorted((tmp_path / "data").rglob("*.fits"))[0]
    path.write_bytes(path.read_bytes()[:10_000])
    url = store.add(tmp_path / "data", "cut")
    with pytest.raises(ArchiveError, match="is truncated|ends early|bytes") as caught:
        read_star("kepler", location(url), FIRST, KeplerReader())
    assert str(caught.value).startswith(f"{url}/0050/005000001/{path.name}")
    assert str(tmp_path) not in str(caught.value)
    assert list((tmp_path / "temporary").iterdir()) == []


def test_a_warning_names_the_url(
    store: ObjectStore, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (name,) = write_custom(tmp_path, 1)
    path = tmp_path / f"{name}.csv"
    lines = path.read_text().splitlines()
    lines[10:40] = [line.partition(",")[0] + ",0" for line in lines[10:40]]
    path.write_text("\n".join(lines))
    url = store.add(tmp_path, "warned")
    with caplog.at_level(logging.WARNING, "astronet"):
        read_star("custom", location(url), name, CustomReader(clock="btjd"))
    (message,) = (one.getMessage() for one in caplog.records if one.name == "astronet")
    assert message.startswith(f"{url}/{name}.csv: dropped 30 points")
