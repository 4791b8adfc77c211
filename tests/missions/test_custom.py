import warnings

import numpy as np
import pytest
from astropy.table import Table
from astropy.time import Time
from hypothesis import given
from hypothesis import strategies as st
from light_curve_files import write_spoc
from pydantic import ValidationError

from astronet.errors import ArchiveError, AstronetError, CatalogError, ConfigError, LightCurveError
from astronet.lightcurves import LightCurve
from astronet.missions import MISSIONS, custom
from astronet.missions.custom import (
    CustomReader,
    list_files,
    read_light_curve,
)

TIME, FLUX = [1400.0, 1400.5, 1402.0], [1.0, 0.9, 1.1]


def csv(folder, content, name="mine.csv"):
    (folder / name).write_text(content)
    return folder / name


def rows(time=TIME, flux=FLUX):
    return "time,flux\n" + "".join(f"{t},{f}\n" for t, f in zip(time, flux, strict=True))


@pytest.mark.parametrize(
    ("clock", "unit", "first"),
    [
        ("btjd", "d", 1400.0),
        ("bkjd", "d", 3567.0),
        ("bjd", "d", 2458400.0),
        ("btjd", "h", 1400.0 * 24),
        ("btjd", "s", 1400.0 * 86400),
    ],
)
def test_declared_times_become_bkjd(tmp_path, clock, unit, first):
    step = {"d": 1, "h": 24, "s": 86400}[unit]
    time = [first, first + 0.5 * step, first + 2 * step]
    csv(tmp_path, rows(time))
    curve = read_light_curve(tmp_path, "mine", CustomReader(clock=clock, unit=unit))
    assert curve.star == "mine"
    assert curve.time.tolist() == pytest.approx([3567.0, 3567.5, 3569.0], abs=1e-9)
    assert curve.flux.tolist() == FLUX
    assert curve.segment.tolist() == [0, 0, 1]
    same = LightCurve.from_arrays("mine", time, FLUX, clock=clock, unit=unit)
    assert same.time.tolist() == curve.time.tolist()


@given(
    st.lists(st.floats(1400, 9000), min_size=1, max_size=20).map(sorted),
    st.sampled_from([("bkjd", 0.0), ("btjd", 2167.0), ("bjd", -2454833.0)]),
)
def test_times_are_the_same_on_every_clock(bkjd, clock):
    name, zero = clock
    if name == "btjd" and np.median(bkjd) - zero < 1300:
        return
    curve = LightCurve.from_arrays(1, np.array(bkjd) - zero, np.ones(len(bkjd)), clock=name)
    np.testing.assert_allclose(curve.time, bkjd, rtol=0, atol=1e-9)


def test_other_column_names_comments_and_missing_fluxes_are_read(tmp_path):
    csv(tmp_path, "# my star\nBTJD,mag,SAP,part\n1400,9,1,1\n1400.1,9,,1\n1400.2,9,3,2\n")
    options = {"clock": "btjd", "time": "btjd", "flux": "sap", "segment": "part"}
    curve = read_light_curve(tmp_path, "mine", CustomReader(**options))
    assert curve.flux.tolist() == [1, 3] and curve.segment.tolist() == [0, 1]


def test_ecsv_is_read_with_its_units(tmp_path):
    table = Table({"time": np.array(TIME), "flux": np.array(FLUX)})
    table["time"].unit = "d"
    table.write(tmp_path / "a.ecsv", format="ascii.ecsv")
    assert read_light_curve(tmp_path, "a", CustomReader(clock="btjd")).time[0] == 3567
    table["time"].unit = "s"
    table.write(tmp_path / "b.ecsv", format="ascii.ecsv")
    assert error_of(LightCurveError, tmp_path, "b") == (
        f"{tmp_path / 'b.ecsv'}: star b: the times are in s, not in d as declared; "
        "declare the correct unit, or convert the times"
    )
    table["time"] = np.ma.masked_less(86400.0 * np.array(TIME), 1400.2 * 86400)
    table["time"].unit = "s"
    table.write(tmp_path / "c.ecsv", format="ascii.ecsv")
    curve = read_light_curve(tmp_path, "c", CustomReader(clock="btjd", unit="s"))
    assert curve.time.tolist() == [3567.5, 3569.0] and curve.flux.tolist() == FLUX[1:]


@pytest.mark.parametrize("scale", ["tdb", "utc"])
def test_clock_of_astropy_times_is_checked(tmp_path, scale):
    time = Time(np.array(TIME) + 2457000, format="jd", scale=scale)
    Table({"time": time, "flux": FLUX}).write(tmp_path / "a.ecsv", format="ascii.ecsv")
    if scale == "tdb":
        assert read_light_curve(tmp_path, "a", CustomReader(clock="bjd")).time.tolist() == [
            3567,
            3567.5,
            3569,
        ]
        assert "the times are in bjd, not in btjd as declared" in error_of(
            LightCurveError, tmp_path, "a"
        )
    else:
        assert "not barycentric TDB" in error_of(LightCurveError, tmp_path, "a", clock="bjd")


def test_fits_files_are_read_by_lightkurve(tmp_path):
    columns = {"TIME": TIME, "PDCSAP_FLUX": FLUX, "SAP_FLUX": FLUX}
    write_spoc(tmp_path, 5, 1, columns).rename(tmp_path / "five.fits")
    curve = read_light_curve(tmp_path, "five", CustomReader(clock="btjd"))
    assert curve.time.tolist() == [3567, 3567.5, 3569]
    assert curve.flux.tolist() == pytest.approx(FLUX)
    message = error_of(LightCurveError, tmp_path, "five", clock="bkjd")
    assert "not in bkjd as declared; declare the clock btjd" in message
    (tmp_path / "six.fits").write_text("no fits")
    message = error_of(ArchiveError, tmp_path, "six")
    assert message.startswith(f"{tmp_path / 'six.fits'} is not a FITS file (7 bytes, starting")


def test_times_of_lightkurve_are_converted_from_their_clock():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import lightkurve
    curve = lightkurve.LightCurve(time=Time(TIME, format="btjd", scale="tdb"), flux=FLUX)
    assert LightCurve.from_lightkurve("x", curve).time.tolist() == [3567, 3567.5, 3569]
    with pytest.raises(
        LightCurveError,
        match=r"star x: the light curve has no column sap; choose one of time, flux",
    ):
        LightCurve.from_lightkurve("x", curve, "sap")


def error_of(error, folder, star="mine", clock="btjd", **options):
    with pytest.raises(error) as caught:
        read_light_curve(folder, star, CustomReader(clock=clock, **options))
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("first", "declared", "suggested"),
    [
        (2458400.0, "bkjd", "BKJD; they look like BJD"),
        (2458400.0, "btjd", "BTJD; they look like BJD"),
        (58400.0, "bkjd", "BKJD; they look like MJD"),
        (1400.0, "bjd", "BJD; they look like BKJD or BTJD"),
        (200.0, "btjd", "BTJD; they look like BKJD"),
        (1400.0 * 86400, "btjd", "BTJD; they look like BTJD in s"),
        (-1e9, "bkjd", "BKJD"),
    ],
)
def test_times_on_another_clock_are_rejected(tmp_path, first, declared, suggested):
    path = csv(tmp_path, rows([first, first, first]))
    assert error_of(LightCurveError, tmp_path, clock=declared) == (
        f"{path}: star mine: times with a median of {first:.12g} d cannot be {suggested}; "
        "declare the correct clock and unit, or convert the times"
    )


def test_the_clock_must_be_declared():
    assert list(CustomReader.model_fields) == ["clock", "unit", "time", "flux", "segment"]
    with pytest.raises(ValidationError, match=r"clock\n *Field required"):
        CustomReader()
    with pytest.raises(ValidationError, match=r"clock\n *Input should be 'bkjd', 'btjd' or 'bjd'"):
        CustomReader(clock="jd")
    known = "clock='jd' is unknown; choose one of bkjd, btjd, bjd"
    with pytest.raises(ConfigError, match=known):
        LightCurve.from_arrays("mine", TIME, FLUX, clock="jd")
    with pytest.raises(ConfigError, match="unit='min.' is unknown; choose one of d, h, min, s"):
        LightCurve.from_arrays("mine", TIME, FLUX, clock="bjd", unit="min.")


@pytest.mark.parametrize(
    "star", ["../mine", "a/b", ".", "..", "", "/etc/passwd", ".hidden", "a\nb", "x" * 101]
)
def test_star_names_that_are_paths_are_rejected(tmp_path, star):
    (tmp_path / "in").mkdir()
    csv(tmp_path, rows())
    assert "is not a valid star name; use up to 100 letters," in error_of(
        ArchiveError, tmp_path / "in", star
    )


def test_missing_segment_numbers_are_rejected(tmp_path):
    csv(tmp_path, "time,flux,sector\n3000,1,1\n3000.1,1,\n3000.2,1,2\n")
    assert (
        "column sector has rows without a value; add the missing values, or "
        "omit the reader option segment" in error_of(LightCurveError, tmp_path, segment="sector")
    )


def test_files_are_found_by_name(tmp_path):
    path = csv(tmp_path, rows(), "WASP-126 b.csv")
    assert list_files(tmp_path, "WASP-126 b") == [path]
    assert list_files(path, "any") == [path]
    assert list_files(tmp_path, 7 if csv(tmp_path, rows(), "7.csv") else 0)[0].name == "7.csv"
    assert error_of(ArchiveError, tmp_path, "b") == (
        f"there is no light curve of star b in {tmp_path}; "
        "name its file b.csv (or .csv.gz, .ecsv, .fits, .fits.gz)"
    )
    csv(tmp_path, rows(), "7.ecsv")
    assert error_of(ArchiveError, tmp_path, 7) == (
        f"{tmp_path} contains several files of star 7 (7.csv and 7.ecsv); keep only one of them"
    )
    assert error_of(ArchiveError, tmp_path / "no") == (
        f"the file or folder {tmp_path / 'no'} does not exist; give the folder that contains "
        "mine.csv"
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            "t,flux\n1400,1\n",
            "has no column time, only t, flux; rename a column, or set",
        ),
        ("time,flux\na,1\n", "column time, row 1 (line 2 of the file): 'a' is not a number"),
        ("time,flux\n1400,True\n", "column flux contains logical values, not real numbers"),
        ("time,flux\n1400,\n", "no point has a finite time and flux"),
        ("time,flux\n1400\n", "is truncated"),
        ("time,flux\n1401,1\n1400,1\n", "the times are not in increasing order"),
        ('time flux\n1400 1\n1401 "2\n', "cannot be parsed as a table ("),
        (f"time flux {'x ' * 20_000}\n", "has 20,002 columns; give a table with time and flux"),
        (f"time,flux{',x' * 20_000}\n1,2\n", "has 20,002 columns, more than any event table"),
        (f"t,{'x' * 5000}\n1,2\n", "; rename a column, or set the reader options time, flux and"),
        ("", "is empty"),
    ],
)
def test_error_of_an_invalid_file_is_one_line(tmp_path, content, message):
    path = csv(tmp_path, content)
    error = error_of(AstronetError, tmp_path)
    assert message in error and str(path) in error


def test_stars_in_tables_must_be_numbers(tmp_path):
    assert MISSIONS["custom"] is custom
    heading = "star,period_days,epoch_bkjd,duration_days\n"
    table = csv(tmp_path, heading + "7,2,3500,0.1\n", "events.csv")
    assert custom.read_catalog(table)["star"].tolist() == [7]
    table = csv(tmp_path, heading + "7,2,3500,0.1\nWASP-126,2,3500,0.1\n", "events.csv")
    with pytest.raises(CatalogError) as error:
        custom.read_catalog(table)
    assert str(error.value).startswith(
        f"{table}: column star contains 'WASP-126', which is not a number; "
    )
    assert str(error.value).endswith("1.csv, 2.csv …, and give these numbers in the column")


@pytest.mark.parametrize("heading", ["Time,time,flux", "TIME,Time,time,flux"])
def test_an_exact_column_name_wins(tmp_path, heading):
    others = heading.count(",") - 1
    lines = [f"{'7,' * others}{t},{f}" for t, f in zip(TIME, FLUX, strict=True)]
    csv(tmp_path, "\n".join([heading, *lines]))
    curve = read_light_curve(tmp_path, "mine", CustomReader(clock="btjd"))
    assert curve.time.tolist() == [3567, 3567.5, 3569]


@pytest.mark.parametrize("heading", ["time,flux,flux", "time,FLUX,Flux", "TIME,Time,flux"])
def test_several_columns_of_a_name_are_an_error(tmp_path, heading):
    csv(tmp_path, heading + "\n1400,1,2\n1400.1,1,3\n")
    name = "time" if "Time" in heading else "flux"
    message = error_of(ArchiveError, tmp_path)
    assert f"has several columns {name} (" in message and "rename all but one" in message


def test_a_numbered_column_name_is_not_a_repeat(tmp_path):
    csv(tmp_path, "time,flux,flux.1\n1400,1,2\n1400.1,1,3\n")
    assert read_light_curve(tmp_path, "mine", CustomReader(clock="btjd")).flux.tolist() == [1, 1]


@pytest.mark.parametrize("separator", [" ", "   ", ","])
def test_columns_separated_by_spaces_are_read(tmp_path, separator):
    lines = [f"{t}{separator}{f}" for t, f in zip(TIME, FLUX, strict=True)]
    csv(tmp_path, "\n".join(["# my star", f"time{separator}flux", *lines]) + "\n")
    curve = read_light_curve(tmp_path, "mine", CustomReader(clock="btjd"))
    assert curve.time.tolist() == [3567, 3567.5, 3569] and curve.flux.tolist() == FLUX


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("# time,flux\n1400,1\n", ": the header row '# time,flux' is a comment; remove the #"),
        ("# time flux\n1400 1\n", ": the header row '# time flux' is a comment; remove the #"),
        ("1400,1\n1401,1\n", "has no header row (its first row is '1400,1'); add a header row"),
        ("time flux\n1400 1\n1401\n", "separated by spaces, but line 3 has 1 fields, and"),
        ("time flux\n1400,1\n", "separated by spaces, but line 2 has 1 fields, and the header"),
        ("PK\x03\x04\x14", " is not a text table but a ZIP archive or a spreadsheet (xlsx)"),
    ],
)
def test_files_without_a_header_row_or_of_another_kind_are_named(tmp_path, content, message):
    csv(tmp_path, content)
    assert message in error_of(ArchiveError, tmp_path)
