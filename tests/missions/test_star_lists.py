"""Stars in lists, in tables and in folders of light curves."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from light_curve_files import write_k2, write_qlp, write_spoc
from samples import Archive

from astronet.errors import AstronetError, CatalogError, ConfigError, MissingFilesError, RunError
from astronet.missions import MISSIONS, custom, k2, kepler, tess
from astronet.missions.options import source_with
from astronet.missions.settings import SOURCES
from astronet.missions.star_lists import all_stars, read_stars

COLUMNS = {"TIME": 1325 + 0.02 * np.arange(10), "PDCSAP_FLUX": np.ones(10), "SAP_FLUX": np.ones(10)}


@pytest.mark.parametrize(
    ("text", "mission", "stars"),
    [
        ("757450\n11446443\n757450\n", "kepler", [757450, 11446443]),
        ("# mine\n\nKIC 757450\r\nkplr011446443\n", "kepler", [757450, 11446443]),
        ("\ufeffTIC 25155310\n", "tess", [25155310]),
        ("kepid,kepmag\n757450,15\n", "kepler", [757450]),
        ("star\n5\n6\n5\n", "kepler", [5, 6]),
        ("rowid,tid,toi\n1,25155310,114.01\n", "tess", [25155310]),
        ("star\tperiod_days\nKIC 5\t3\n", "kepler", [5]),
        ("mine\nb 2\n3\n", "custom", ["mine", "b 2", "3"]),
        ("star,x\nmine,1\nyours,2\n", "custom", ["mine", "yours"]),
    ],
)
def test_stars_are_read_from_lists_and_tables(
    text: str, mission: str, stars: list[int | str], tmp_path: Path
) -> None:
    (tmp_path / "stars.csv").write_text(text, encoding="utf-8", newline="")
    assert read_stars(tmp_path / "stars.csv", mission) == stars


def test_an_event_table_is_a_list_of_its_stars(archive: Archive, tmp_path: Path) -> None:
    table = pd.read_csv(archive.catalog, comment="#")
    expected = table["kepid"].unique().tolist()
    assert read_stars(archive.catalog, "kepler") == expected
    table.rename(columns={"kepid": "star"})[["star"]].to_parquet(tmp_path / "t.parquet")
    assert read_stars(tmp_path / "t.parquet", "kepler") == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "contains no stars; give one star per line, or a table with a column of stars"),
        ("# only a comment\n", "contains no stars; give one star per line"),
        ("kepid\n", "has a header but no rows, so it lists no stars; give one star per line"),
        ("757450, 7\n", "line 1: '757450, 7' is not a star number; give one star per line"),
        ("757450 7\n8\n", "line 1: '757450 7' is not a star number; give one star per line"),
        ("a, b\nc\n", "has no column of stars, only a, b; name the column star, or give a list"),
        ("name,x\na,1\n", "has no column of stars, only name, x; name the column star, or give"),
        ("757450\nKepler-90\n", "line 2: 'Kepler-90' is not a star number; give one star per line"),
        ("757450\nTIC 5\n", "line 2: TIC 5 is a TESS star, but the light curves are read as those"),
        ("tid\n5\n", "belong to the mission tess, but the mission of the light curves is kepler"),
        ("kepid\n1.14E+07\n", "is a rounded star number; give all digits"),
        (f"757450\n{'9' * 5000}\n", "is not a star number; give one star per line"),
    ],
)
def test_an_invalid_list_is_an_error_with_a_remedy(text: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "stars.csv").write_text(text)
    with pytest.raises(AstronetError) as error:
        read_stars(tmp_path / "stars.csv", "kepler")
    assert isinstance(error.value, CatalogError | RunError)
    assert message in str(error.value) and "stars.csv" in str(error.value)
    assert "\n" not in str(error.value)


def test_a_missing_list_is_an_error(tmp_path: Path) -> None:
    message = "missing.txt does not exist; give the path of a text file with one star per line, or"
    with pytest.raises(CatalogError, match=message) as caught:
        read_stars(tmp_path / "missing.txt", "kepler")
    assert caught.value.arguments == ("stars",)


def test_kepler_stars_with_files_are_listed(archive: Archive, tmp_path: Path) -> None:
    expected = pd.read_csv(archive.catalog, comment="#")["kepid"].unique().tolist()
    assert set(kepler.list_stars(archive.light_curves)) >= set(expected)
    for name in (
        "kplr000757450-2009131105131_llc.fits.gz",
        "0114/011446443/kplr011446443-2009131105131_llc.fits",
        "a/kplr000000005-2009131105131_slc.fits",
        "quarantine/kplr000000006-2009131105131_llc.fits",
        "kplr000000007-2009131105131_llc.fits.part",
        "kplr000000008-2009131105131_INJECTED-inj1_llc.fits",
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert kepler.list_stars(tmp_path) == [757450, 11446443]
    assert kepler.list_stars(tmp_path, kepler.KeplerReader(cadence="short")) == [5]
    assert kepler.list_stars(tmp_path, kepler.KeplerReader(injected="inj1")) == [8]


def test_tess_and_k2_stars_with_files_are_listed(tmp_path: Path) -> None:
    write_spoc(tmp_path, 25155310, 1, COLUMNS)
    write_spoc(tmp_path / "tid/s0002/0000/0000/2515/5310", 25155310, 2, COLUMNS)
    write_qlp(tmp_path / "s0001", 7, 1, COLUMNS)
    write_k2(tmp_path / "c1", 201367065, 1, COLUMNS)
    assert tess.list_stars(tmp_path) == [7, 25155310]
    assert tess.list_stars(tmp_path, tess.TessReader(products=("spoc",))) == [25155310]
    assert k2.list_stars(tmp_path) == [201367065]
    assert k2.list_stars(tmp_path, k2.K2Reader(cadence="short")) == []


def test_custom_stars_are_the_names_of_the_files(tmp_path: Path) -> None:
    for name in ("b.csv", "a b.fits.gz", "007.ecsv", ".hidden.csv", "notes.txt", "sub/c.csv"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    reader = custom.CustomReader(clock="bkjd")
    assert custom.list_stars(tmp_path, reader) == ["007", "a b", "b"]
    assert custom.list_stars(tmp_path / "b.csv", reader) == ["b"]
    (tmp_path / "candidates.csv").touch()
    outputs = [tmp_path / "candidates.csv"]
    assert all_stars(tmp_path, "custom", reader, outputs) == ["007", "a b", "b"]


@pytest.mark.parametrize("mission", MISSIONS)
def test_a_folder_without_light_curves_is_an_error(mission: str, tmp_path: Path) -> None:
    options = ["clock=bkjd"] if mission == "custom" else []
    reader = source_with(mission, options).reader
    with pytest.raises(MissingFilesError, match=f"no light-curve files of the mission {mission};"):
        all_stars(tmp_path, mission, reader)
    with pytest.raises(AstronetError, match="missing (is not a folder|does not exist); give the"):
        all_stars(tmp_path / "missing", mission, reader)


@pytest.mark.parametrize(
    ("mission", "options"),
    [
        ("kepler", []),
        ("custom", ["clock=btjd", "flux=f"]),
        ("custom", []),
        ("custom", ["clock=utc"]),
        ("tess", ["products=[qlp]", "drop_quality=0"]),
        ("tess", ["product=[qlp]"]),
        ("tess", ["zzz=1", "drop_quality=-1"]),
        ("tess", ["nonsense"]),
        ("kepler", ["a.b=1"]),
        ("kepler2", []),
    ],
)
def test_settings_of_another_mission_are_no_defaults(mission: str, options: list[str]) -> None:
    def outcome(*arguments):
        try:
            return source_with(mission, options, *arguments)
        except ConfigError as error:
            return str(error), error.arguments

    assert outcome() == outcome(SOURCES["k2"]())


def test_settings_of_the_same_mission_are_defaults() -> None:
    trained = source_with("tess", ["products=[qlp]", "drop_quality=0"])
    reader = source_with("tess", ["drop_quality=1"], trained).reader
    assert reader == source_with("tess", ["products=[qlp]", "drop_quality=1"]).reader


@pytest.mark.parametrize(
    ("mission", "option", "message"),
    [
        ("tess", "nonsense", "'nonsense' is not of the form key=value; write the name of"),
        ("kepler", "zzz=1", "mission kepler: unknown reader option zzz; valid options: cadence, "),
        ("kepler", "fluxx=1", "mission kepler: unknown reader option fluxx; did you mean flux?"),
        ("custom", "flux=f", "mission custom: the reader option clock is missing; set it to bkjd"),
        ("custom", "clock=utc", "mission custom: reader option clock = 'utc': input should be "),
    ],
)
def test_errors_name_the_reader_option_as_it_was_given(
    mission: str, option: str, message: str
) -> None:
    with pytest.raises(ConfigError) as error:
        source_with(mission, [option])
    assert str(error.value).startswith(message)
    assert error.value.arguments == ("reader",)
