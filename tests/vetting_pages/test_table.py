"""Stars and candidates of event tables with entries that are not numbers, or not possible."""

from pathlib import Path

import pytest

from astronet.missions.tables import read_catalog
from astronet.vetting_pages.table import candidates_of

HEADING = "star,period_days,epoch_bkjd,duration_days"


@pytest.fixture
def table(tmp_path: Path) -> Path:
    return tmp_path / "candidates.csv"


def test_optional_columns_of_texts_are_unknown(table: Path) -> None:
    table.write_text(f"{HEADING},depth_ppm,star_radius_sun,star_logg\n1,3,100,0.1,--,a,b\n")
    (star,) = candidates_of(read_catalog(table))
    assert star.stellar is None and len(star.candidates) == 1


@pytest.mark.parametrize("logg", ["1e308", "-1e308", "5000", "inf", "nan"])
@pytest.mark.parametrize("radius", ["1", "1e300"])
def test_impossible_sizes_of_stars_are_unknown(table: Path, radius: str, logg: str) -> None:
    table.write_text(f"{HEADING},star_radius_sun,star_logg\n1,3,100,0.1,{radius},{logg}\n")
    (star,) = candidates_of(read_catalog(table))
    assert star.stellar is None if radius == "1e300" else star.stellar.mass is None
