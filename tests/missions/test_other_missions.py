"""Light curves that are read as those of the wrong mission: the error names the right one."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from light_curve_files import write_k2, write_spoc
from searching import write_kepler

from astronet.errors import ArchiveError, MissingFilesError
from astronet.missions import MISSIONS
from astronet.missions.options import source_with
from astronet.missions.other_missions import read_star
from astronet.missions.star_lists import all_stars

TIC, EPIC = 25155310, 201367065
COLUMNS = {"TIME": 1325 + 0.02 * np.arange(10), "PDCSAP_FLUX": np.ones(10), "SAP_FLUX": np.ones(10)}


@pytest.fixture
def folders(tmp_path: Path) -> dict[str, tuple[Path, int]]:
    """Folder of each mission with the files of one star, and the star's number."""
    (kic,) = write_kepler(tmp_path / "kepler", 1, quarters=(1,))
    write_spoc(tmp_path / "tess", TIC, 1, COLUMNS)
    write_k2(tmp_path / "k2", EPIC, 1, COLUMNS)
    numbers = {"kepler": kic, "tess": TIC, "k2": EPIC}
    return {name: (tmp_path / name, number) for name, number in numbers.items()}


def reader_of(mission: str) -> Any:
    return source_with(mission, ["clock=bkjd"] if mission == "custom" else []).reader


@pytest.mark.parametrize("read_as", MISSIONS)
@pytest.mark.parametrize("mission", ["kepler", "tess", "k2"])
def test_the_error_names_the_mission_of_the_files(
    folders: dict[str, tuple[Path, int]], mission: str, read_as: str
) -> None:
    folder, star = folders[mission]
    if mission == read_as:
        assert len(read_star(mission, folder, star, reader_of(mission)).curve) > 0
        return
    with pytest.raises(ArchiveError) as caught:
        read_star(read_as, folder, str(star) if read_as == "custom" else star, reader_of(read_as))
    catalogue = MISSIONS[mission].SPEC.star_catalog
    assert str(caught.value) == (
        f"{folder} contains light curves of {catalogue} {star} (mission {mission}), but none for "
        f"the mission {read_as}; set mission to {mission}"
    )
    assert caught.value.arguments == ("mission",)
    if read_as != "custom":
        with pytest.raises(MissingFilesError, match=f"but files of the mission {mission}; set"):
            all_stars(folder, read_as, reader_of(read_as))


def test_a_star_without_any_files_is_to_be_downloaded(
    folders: dict[str, tuple[Path, int]],
) -> None:
    with pytest.raises(MissingFilesError, match="long-cadence files of KIC 7 .*; download them"):
        read_star("kepler", folders["tess"][0], 7, reader_of("kepler"))
