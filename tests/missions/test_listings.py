"""Folders with the files of many stars: they are read once, and changes are seen."""

import os
import time
from pathlib import Path

import pytest

import astronet.missions.listings as listings
from astronet.errors import MissingFilesError
from astronet.missions import k2, kepler, tess
from astronet.missions.listings import listing, subfolders

NAMES = {
    kepler: "kplr{star:09d}-2009131105131_llc.fits",
    k2: "ktwo{star:09d}-c01_llc.fits",
    tess: "tess2018206045859-s0001-{star:016d}-0120-s_lc.fits",
}
PLACES = {
    kepler: ("", "{star:09d}/"),
    k2: ("", "{star:09d}/", "c1/201900000/12000/"),
    tess: ("", "{star}/", "{star:016d}/"),
}


def write(folder: Path, mission, place: str, star: int) -> Path:
    path = folder / place.format(star=star) / NAMES[mission].format(star=star)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
    return path


def make_old(folder: Path) -> None:
    """Set the times of the last changes of a folder and its subfolders to an hour ago."""
    for one in (folder, *(path for path in folder.rglob("*") if path.is_dir())):
        os.utime(one, (time.time() - 3600,) * 2)


CASES = [(mission, place) for mission, places in PLACES.items() for place in places]


@pytest.mark.parametrize(("mission", "place"), CASES, ids=lambda value: str(value)[-30:])
def test_the_folder_is_read_once_for_all_stars(mission, place, tmp_path, monkeypatch) -> None:
    stars = range(201912001, 201912051)
    paths = {star: write(tmp_path, mission, place, star) for star in stars}
    make_old(tmp_path)
    read, folders = listings._read, []
    monkeypatch.setattr(listings, "_read", lambda folder: folders.append(folder) or read(folder))
    for star, path in paths.items():
        assert mission.list_files(tmp_path, star) == [path]
    assert folders.count(tmp_path) <= 1


@pytest.mark.parametrize("mission", NAMES, ids=lambda mission: mission.__name__)
def test_files_that_are_added_or_deleted_later_are_noticed(mission, tmp_path) -> None:
    first = write(tmp_path, mission, "", 201912001)
    make_old(tmp_path)
    assert mission.list_files(tmp_path, 201912001) == [first]
    with pytest.raises(MissingFilesError):
        mission.list_files(tmp_path, 201912002)
    second = write(tmp_path, mission, "", 201912002)
    assert mission.list_files(tmp_path, 201912002) == [second]
    first.unlink()
    with pytest.raises(MissingFilesError):
        mission.list_files(tmp_path, 201912001)


def test_a_change_within_the_resolution_of_the_clock_is_noticed(tmp_path) -> None:
    """Two changes can have the same time, so a listing is kept only of an old folder."""
    now = time.time()
    os.utime(tmp_path, (now, now))
    assert listing(tmp_path).files == {}
    (tmp_path / "kplr000000001-2009131105131_llc.fits").touch()
    os.utime(tmp_path, (now, now))
    assert list(listing(tmp_path).files) == ["000000001", "2009131105131"]


def test_only_folders_of_sectors_and_campaigns_are_kept(tmp_path) -> None:
    for name in ("s0002", "s0001", "tid", "25155310", "0000000025155310", ".s0003"):
        (tmp_path / name).mkdir()
    (tmp_path / "s0004").touch()
    assert listing(tmp_path).folders == ("s0001", "s0002", "tid")
    assert listing(tmp_path).files == {}
    assert subfolders(tmp_path, "s") == [tmp_path / "s0001", tmp_path / "s0002"]
    assert subfolders(tmp_path / "nowhere", "s") == []
