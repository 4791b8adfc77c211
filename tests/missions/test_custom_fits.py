"""Custom FITS files: reader options, declared units and clocks, and files of other kinds."""

import warnings

import numpy as np
import pytest
from astropy import units as u
from astropy.io import fits
from astropy.table import QTable, Table
from astropy.time import Time
from light_curve_files import write_qlp

from astronet.errors import AstronetError
from astronet.missions.custom import CustomReader, read_light_curve

POINTS = 30
TIME = 1400 + 0.02 * np.arange(POINTS)
FLUX = 1 + 1e-3 * np.random.default_rng(0).standard_normal(POINTS)


def write(folder, *columns, header=None, primary=None, name="LC"):
    table = fits.BinTableHDU.from_columns(columns, name=name)
    table.header.update(header or {})
    first = fits.PrimaryHDU()
    first.header.update(primary or {})
    fits.HDUList([first, table]).writeto(folder / "mine.fits")
    return folder / "mine.fits"


def column(name, values, unit=None, form="D"):
    return fits.Column(name, form, unit=unit, array=values)


def read(folder, clock="btjd", **options):
    return read_light_curve(folder, "mine", CustomReader(clock=clock, **options))


def error_of(folder, clock="btjd", **options):
    with pytest.raises(AstronetError) as error:
        read(folder, clock, **options)
    assert "\n" not in str(error.value)
    assert str(error.value).startswith(str(folder / "mine."))
    return str(error.value).removeprefix(str(folder / "mine."))


def test_reader_options_apply_to_fits_files(tmp_path):
    night = column("Night", np.arange(POINTS) // 10, form="J")
    write(tmp_path, column("T", TIME * 24), column("SAP", FLUX), night)
    curve = read(tmp_path, time="t", flux="sap", segment="night", unit="h")
    np.testing.assert_allclose(curve.time, TIME + 2167)
    assert curve.flux.tolist() == FLUX.tolist()
    assert curve.segment.tolist() == (np.arange(POINTS) // 10).tolist()
    assert "has no column time, only T, SAP, Night; rename a column, or set" in error_of(tmp_path)


def test_reader_options_apply_to_products_that_lightkurve_reads(tmp_path):
    columns = {
        "TIME": TIME,
        "KSPSAP_FLUX": FLUX,
        "SAP_FLUX": 2 * FLUX,
        "ORBITID": [9] * 15 + [10] * 15,
    }
    write_qlp(tmp_path, 5, 1, columns).rename(tmp_path / "mine.fits")
    curve = read(tmp_path, flux="KSPSAP_FLUX", segment="orbitid")
    np.testing.assert_allclose(curve.flux, FLUX, rtol=1e-6)
    assert curve.segment.tolist() == [0] * 15 + [1] * 15
    assert "the times are in days, not in h as declared" in error_of(tmp_path, unit="h")


@pytest.mark.parametrize(
    ("unit", "header"),
    [
        (None, {}),
        ("d", {}),
        ("BJD - 2457000, days", {}),
        ("BTJD", {}),
        ("Days", {"TREFPOS": "BARYCENTER", "TIMEOFFS": 0.0, "TIMEZERO": 0}),
        (None, {"BJDREFI": 2457000, "BJDREFF": 0.0}),
        ("d", {"BJDREFI": 2457000, "BJDREFR": 0.0, "TIMESYS": "TDB"}),
        (None, {"JDREFI": 2457000, "JDREFF": 0.0, "TIMEUNIT": "d"}),
        ("d", {"MJDREFI": 56999, "MJDREFF": 0.5}),
    ],
)
def test_declared_zero_points_are_compared_with_the_clock(tmp_path, unit, header):
    write(tmp_path, column("TIME", TIME, unit), column("FLUX", FLUX), header=header)
    assert read(tmp_path).time.tolist() == (TIME + 2167).tolist()
    if unit not in (None, "d", "Days") or any("REFI" in key for key in header):
        message = error_of(tmp_path, clock="bkjd")
        assert "not in bkjd as declared; declare the correct clock" in message


@pytest.mark.parametrize(
    ("unit", "header", "message"),
    [
        ("s", {}, "the times are in s, not in d as declared; declare the correct unit"),
        (None, {"TIMEUNIT": "s"}, "the times are in s, not in d as declared"),
        ("d", {"BJDREFI": 2457000, "BJDREFF": 0.5}, "in BJD - 2457000.5, d, not in btjd"),
        ("BTJD", {"BJDREFI": 2454833}, "unit of the times is 'BTJD', but the header gives BJD - 2"),
        ("d", {"TIMESYS": "UTC"}, "the time system is UTC, not barycentric TDB"),
        ("d", {"TIMESYS": "HJD"}, "the time system is HJD, not barycentric TDB"),
        ("d", {"TIMESYS": "JD"}, "the time system is JD, not barycentric TDB"),
        ("JD - 2457000", {}, "so their time system is JD, not barycentric BJD_TDB"),
        ("d", {"TREFPOS": "TOPOCENTER"}, "TREFPOS = TOPOCENTER, so the times are not barycentric"),
        ("d", {"TREFPOS": "GEOCENTER"}, "TREFPOS = GEOCENTER, so the times are not barycentric"),
        ("d", {"TIMEOFFS": 0.5}, "the header has TIMEOFFS = 0.5, which is not supported; add it"),
        ("d", {"TIMEZERO": 7}, "the header has TIMEZERO = 7, which is not supported; add it"),
    ],
)
def test_contradictions_are_errors(tmp_path, unit, header, message):
    write(tmp_path, column("TIME", TIME, unit), column("FLUX", FLUX), header=header)
    assert message in error_of(tmp_path)


def test_magnitudes_and_text_are_converted(tmp_path):
    magnitudes = column("MAG", 12 - 2.5 * np.log10(FLUX), "mag")
    text = column("TEXT", np.array([f"{f:.6f}" for f in FLUX[:-1]] + ["--"]), form="8A")
    write(tmp_path, column("TIME", TIME), magnitudes, text)
    np.testing.assert_allclose(read(tmp_path, flux="mag").flux, FLUX / np.median(FLUX), rtol=1e-6)
    assert read(tmp_path, flux="text").flux.tolist() == np.round(FLUX[:-1], 6).tolist()


@pytest.mark.parametrize("unit", ["mag(AB)", "mag(ct/s)", "ABmag", "mag", "mmag"])
def test_units_of_magnitudes_are_recognised(tmp_path, unit):
    scale = 1000 if unit == "mmag" else 1
    magnitudes = column("MAG", scale * (12 - 2.5 * np.log10(FLUX)), unit)
    write(tmp_path, column("TIME", TIME), magnitudes)
    np.testing.assert_allclose(read(tmp_path, flux="mag").flux, FLUX / np.median(FLUX), rtol=1e-6)


@pytest.mark.parametrize("unit", ["dB", "dex(Jy)", "deg"])
def test_other_units_of_fluxes_are_errors(tmp_path, unit):
    write(tmp_path, column("TIME", TIME), column("FLUX", FLUX, unit))
    assert "which is neither linear nor mag" in error_of(tmp_path)


@pytest.mark.parametrize("scale", ["tdb", "utc"])
def test_times_of_astropy_are_read(tmp_path, scale):
    time = Time(TIME + 2457000, format="jd", scale=scale)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a Time in UTC has no location
        QTable({"time": time, "flux": FLUX * u.electron}).write(tmp_path / "mine.fits")
    if scale == "tdb":
        np.testing.assert_allclose(read(tmp_path, clock="bjd").time, TIME + 2167)
        assert "the times are in bjd, not in btjd as declared" in error_of(tmp_path)
    else:
        assert "the time scale is utc, not barycentric TDB" in error_of(tmp_path, clock="bjd")


def test_times_in_single_precision_are_rejected(tmp_path):
    write(tmp_path, column("TIME", TIME + 2457000, form="E"), column("FLUX", FLUX))
    assert (
        "the times are in single precision, which has steps of 0.25 d at 2458400, so they have "
        "lost digits; store them in double precision" in error_of(tmp_path, clock="bjd")
    )
    (tmp_path / "mine.fits").unlink()
    write(tmp_path, column("TIME", TIME, form="E"), column("FLUX", FLUX))
    np.testing.assert_allclose(read(tmp_path).time, TIME + 2167, atol=1e-4)


def test_a_target_pixel_file_is_not_a_light_curve(tmp_path):
    pixels = fits.Column("FLUX", "12E", dim="(4,3)", array=np.ones((POINTS, 3, 4)))
    mission = {"TELESCOP": "TESS", "ORIGIN": "STScI/MAST", "CREATOR": "astrocut", "MISSION": "TESS"}
    quality = column("QUALITY", np.zeros(POINTS), form="J")
    write(tmp_path, column("TIME", TIME), pixels, quality, primary=mission, name="PIXELS")
    assert error_of(tmp_path) == "fits: it is a target pixel file; give a light curve"


@pytest.mark.parametrize(
    ("flux", "message"),
    [
        (fits.Column("FLUX", "4D", array=np.ones((POINTS, 4))), "4 values per row instead of one"),
        (
            fits.Column("FLUX", "6D", dim="(3,2)", array=np.ones((POINTS, 2, 3))),
            "2 × 3 values per row instead of one",
        ),
        (fits.Column("FLUX", "C", array=np.ones(POINTS, complex)), "contains complex numbers"),
        (fits.Column("FLUX", "L", array=np.ones(POINTS, bool)), "contains logical values"),
        (fits.Column("FLUX", "3A", array=["bad"] * POINTS), "row 1: 'bad' is not a number"),
        (
            fits.Column(
                "FLUX", "PD()", array=np.array([np.ones(k % 3) for k in range(POINTS)], "O")
            ),
            "has several values per row",
        ),
        (fits.Column("OTHER", "D", array=FLUX), "has no column flux, only TIME, OTHER"),
    ],
    ids=["vector", "image", "complex", "logical", "text", "variable", "other"],
)
def test_columns_of_other_kinds_are_named(tmp_path, flux, message):
    write(tmp_path, column("TIME", TIME), flux)
    assert message in error_of(tmp_path)


def test_files_without_a_table_or_without_rows_are_rejected(tmp_path):
    for extension in ([], [fits.ImageHDU(np.ones((3, 3)))], [fits.CompImageHDU(np.ones((9, 9)))]):
        hdus = fits.HDUList([fits.PrimaryHDU(), *extension])
        hdus.writeto(tmp_path / "mine.fits", overwrite=True)
        assert error_of(tmp_path) == "fits contains no table, only images; give a light curve"
    (tmp_path / "mine.fits").unlink()
    write(tmp_path, column("TIME", []), column("FLUX", []))
    assert "no point has a finite time and flux" in error_of(tmp_path)


def test_a_truncated_file_is_rejected(tmp_path):
    path = write(tmp_path, column("TIME", TIME), column("FLUX", FLUX))
    path.write_bytes(path.read_bytes()[:6000])
    assert error_of(tmp_path).startswith("fits is truncated (expected ")


def test_ascii_tables_are_read(tmp_path):
    columns = [fits.Column("TIME", "F15.6", array=TIME), fits.Column("FLUX", "F15.8", array=FLUX)]
    table = fits.TableHDU.from_columns(columns)
    fits.HDUList([fits.PrimaryHDU(), table]).writeto(tmp_path / "mine.fits")
    np.testing.assert_allclose(read(tmp_path).flux, FLUX, atol=1e-7)


def test_time_differences_are_rejected(tmp_path):
    time = Time(TIME + 2457000, format="jd", scale="tdb")
    Table({"time": time - time[0], "flux": FLUX}).write(tmp_path / "mine.ecsv")
    assert "the times are a TimeDelta, not an astropy Time" in error_of(tmp_path, clock="bjd")


@pytest.mark.parametrize(
    ("name", "options", "level"),
    [
        ("hlsp_k2sff_k2_lightcurve_201367065-c01_kepler_v1_llc.fits", {"clock": "bkjd"}, 1.0),
        (
            "hlsp_tglc_tess_ffi_gaiaid-5707485527450614656-s0034-cam2-ccd3_tess_v2_llc.fits",
            {"clock": "btjd", "flux": "cal_aper_flux"},
            1.0,
        ),
        ("WASP18b_lightcurve.fits", {"clock": "btjd"}, 47753.2),
    ],
)
def test_real_products_of_other_pipelines_are_read(shared, name, options, level):
    path = shared / "data/real_missions/other" / name
    curve = read_light_curve(path, "mine", CustomReader(**options))
    assert len(curve) > 1000 and np.isclose(np.median(curve.flux), level, rtol=0.01)
