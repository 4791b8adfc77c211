import numpy as np
import pytest
from astropy.io import fits
from light_curve_files import BTJD, write_qlp, write_spoc, write_tess_spoc
from pydantic import ValidationError

from astronet.errors import ArchiveError, CatalogError, Command, LightCurveError
from astronet.files.gzipped import gunzip
from astronet.missions import MISSIONS, fits_table, tess
from astronet.missions.tess import TessReader, list_files, read_files, read_light_curve

STAR = 25155310
DAYS = {"TIME": "d"}
PLACE = "0000/0000/2515/5310"


def sector(folder, number, flux, time=None, write=write_spoc, *, quality=0, **options):
    """Write a sector with cadences 0.5 d apart, starting at BTJD 1000 + 100 times its number."""
    flux = np.asarray(flux, float)
    time = 1000 + 100.0 * number + 0.5 * np.arange(len(flux)) if time is None else time
    columns = {
        "TIME": time,
        "SAP_FLUX": flux + 1000,
        "PDCSAP_FLUX": flux,
        "KSPSAP_FLUX": flux,
        "DET_FLUX": flux,
        "SYS_RM_FLUX": flux + 2000,
        "QUALITY": np.broadcast_to(quality, flux.shape),
    }
    return write(folder, STAR, number, columns, **options)


@pytest.mark.parametrize("write", [write_spoc, write_tess_spoc, write_qlp])
@pytest.mark.parametrize("number", [1, 60])
@pytest.mark.parametrize("zipped", [False, True])
def test_direct_reader_equals_astropy(tmp_path, write, number, zipped):
    path = sector(tmp_path, number, [1, 2, np.nan], write=write, quality=[0, 1, -1], zipped=zipped)
    content = path.read_bytes()
    plain = gunzip(content) if zipped else content
    table = fits_table._read_directly(path, plain, None, ("TICID", "SECTOR"))
    with fits.open(path, memmap=False) as file:
        file.verify("exception")
        assert table.header == {key: file[0].header[key] for key in table.header}
        assert table.columns == tuple(file[1].columns.names)
        for name in table.columns:
            np.testing.assert_array_equal(table.column(name), file[1].data[name])
            assert table.unit(name) == (file[1].columns[name].unit or "")
        for key in ("BJDREFI", "BJDREFF", "BJDREFR", "TIMESYS", "TIMEUNIT", "CROWDSAP", "TICID"):
            value = file[1].header.get(key)
            assert table.own(key) == (None if isinstance(value, fits.card.Undefined) else value)


def test_integer_columns_with_a_null_value_are_read_directly(tmp_path):
    path = tmp_path / "null.fits"
    column = fits.Column("QUALITY", "J", null=-1, array=np.array([0, -1, 5], np.int32))
    fits.BinTableHDU.from_columns([column], name="LIGHTCURVE").writeto(path)
    table = fits_table._read_directly(path, path.read_bytes(), "LIGHTCURVE", ())
    assert table.column("QUALITY").tolist() == fits.getdata(path)["QUALITY"].tolist() == [0, -1, 5]


def test_qlp_names_the_fraction_of_the_zero_point_bjdrefr(tmp_path):
    path = sector(tmp_path, 24, [1, 2], write=write_qlp, header={"BJDREFR": 0.25}, units=DAYS)
    assert "BJDREFF" not in fits.getheader(path, 1)
    assert read_light_curve(tmp_path, STAR).time.tolist() == [3400 + 2167.25, 3400.5 + 2167.25]
    sector(tmp_path, 24, [1, 2], write=write_qlp, without=["BJDREFR"])
    assert "the zero point of the times (BJDREFI and BJDREFF) is missing" in error_of(
        ArchiveError, tmp_path
    )


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("tess/hlsp_qlp_tess_ffi_s0024-0000000188589164_tess_v01_llc.fits", write_qlp),
        ("tess/tess2018206045859-s0001-0000000025155310-0120-s_lc.fits", write_spoc),
        ("tess/hlsp_tess-spoc_tess_phot_0000001925740387-s0027_tess_v1_lc.fits", write_tess_spoc),
    ],
)
def test_simulated_files_have_the_headers_of_real_files(tmp_path, shared, name, write):
    real = fits.getheader(shared / "data/real_missions" / name, 1)
    written = fits.getheader(sector(tmp_path, 24, [1, 2], write=write), 1)
    layout = ("TTYPE", "TFORM", "TUNIT")
    for key in real:
        if key.startswith(layout) or key in ("BJDREFI", "TIMESYS", "TIMEUNIT", "EXTNAME"):
            assert written[key] == real[key], key
    fractions = ("BJDREFF", "BJDREFR")
    assert [key in written for key in fractions] == [key in real for key in fractions]


@pytest.mark.parametrize(
    ("star", "product", "points"),
    [(188589164, "qlp", 2391), (1925740387, "tess-spoc", 3279), (25155310, "spoc", 18103)],
)
def test_real_files_of_every_product_are_read(shared, star, product, points):
    folder = shared / "data/real_missions/tess"
    curve = read_light_curve(folder, star, TessReader(products=[product]))
    assert len(curve) == points and 3480 < curve.time.min() < 5000


@pytest.mark.parametrize("write", [write_spoc, write_tess_spoc, write_qlp])
def test_zeros_instead_of_missing_fluxes_are_dropped(tmp_path, write, caplog):
    flux = 1 + 1e-3 * np.random.default_rng(0).standard_normal(100)
    measured = flux.astype(np.float32).tolist()
    flux[[3, 50, 51]] = 0
    path = sector(tmp_path, 1, flux, write=write)
    with caplog.at_level("WARNING", logger="astronet"):
        curve = read_light_curve(tmp_path, STAR)
    assert curve.flux.tolist() == [f for k, f in enumerate(measured) if k not in (3, 50, 51)]
    assert caplog.messages == [
        f"{path}: dropped 3 points whose flux is exactly 0: far from almost all other fluxes, so "
        "probably placeholders"
    ]


def test_flux_columns_in_mag_become_relative_fluxes(tmp_path):
    flux = [12.0, 12.0, 12.5]
    sector(tmp_path, 1, flux, units={"PDCSAP_FLUX": "mag"})
    assert read_light_curve(tmp_path, STAR).flux.tolist() == pytest.approx([1, 1, 10**-0.2])
    sector(tmp_path, 1, flux, units={"PDCSAP_FLUX": "dB"})
    assert "the unit of the fluxes is dB, which is neither linear nor mag" in error_of(
        LightCurveError, tmp_path
    )


def test_sectors_are_segments_and_times_are_bkjd(tmp_path):
    sector(tmp_path, 3, [5, 6])
    sector(tmp_path, 1, [1, 2, 3])
    curve = read_light_curve(tmp_path, STAR)
    assert curve.star == STAR
    assert curve.flux.tolist() == [1, 2, 3, 5, 6]
    assert curve.time.tolist() == [3267.0, 3267.5, 3268.0, 3467.0, 3467.5]
    assert curve.segment.tolist() == [0, 0, 0, 1, 1]


def test_zero_point_is_read_from_the_file(tmp_path):
    header = {"BJDREFI": 2456999, "BJDREFF": 0.25}
    sector(tmp_path, 1, [1, 2], header=header, units={"TIME": "d"})
    assert read_light_curve(tmp_path, STAR).time.tolist() == [1100 + BTJD - 0.75, 1100.5 + 2166.25]


@pytest.mark.parametrize(
    ("write", "place"),
    [
        (write_spoc, f"tid/s0001/{PLACE}"),
        (write_spoc, f"s0001/{PLACE}"),
        (write_tess_spoc, f"s0001/target/{PLACE}"),
        (write_qlp, f"s0001/{PLACE}"),
        (write_qlp, "0000000025155310"),
        (write_spoc, "25155310"),
        (write_spoc, "."),
    ],
)
@pytest.mark.parametrize("zipped", [False, True])
def test_folder_layouts_are_supported(tmp_path, write, place, zipped):
    path = sector(tmp_path / place, 1, [1, 2], write=write, zipped=zipped)
    assert list_files(tmp_path, STAR) == [path]
    assert read_light_curve(tmp_path, STAR).flux.tolist() == [1, 2]


def test_only_one_product_of_a_sector_is_read(tmp_path):
    sector(tmp_path, 1, [4], write=write_qlp)
    assert read_light_curve(tmp_path, STAR).flux.tolist() == [4]
    sector(tmp_path, 1, [3], write=write_tess_spoc)
    assert read_light_curve(tmp_path, STAR).flux.tolist() == [3]
    sector(tmp_path, 1, [2], fast=True)
    assert read_light_curve(tmp_path, STAR).flux.tolist() == [2]
    sector(tmp_path, 1, [1])
    sector(tmp_path, 2, [5], write=write_qlp)
    assert read_light_curve(tmp_path, STAR).flux.tolist() == [1, 5]
    assert read_light_curve(tmp_path, STAR, TessReader(products=["qlp", "fast"])).flux.tolist() == [
        4,
        5,
    ]
    assert read_light_curve(tmp_path, STAR, TessReader(products=["fast"])).flux.tolist() == [2]


def test_only_one_version_of_a_file_is_read(tmp_path):
    sector(tmp_path, 1, [2], version=120)
    newest = sector(tmp_path, 1, [1], version=214)
    sector(tmp_path, 1, [3], version=214, zipped=True)
    assert list_files(tmp_path, STAR) == [newest]


def test_detrended_flux_of_qlp_is_read_under_both_names(tmp_path):
    sector(tmp_path, 55, [1], write=write_qlp)
    sector(tmp_path, 56, [2], write=write_qlp)
    assert read_light_curve(tmp_path, STAR).flux.tolist() == [1, 2]
    assert read_light_curve(tmp_path, STAR, TessReader(flux="SAP_FLUX")).flux.tolist() == [
        1001,
        1002,
    ]


def test_flagged_points_are_dropped_by_default(tmp_path):
    sector(tmp_path, 1, [1, 2, 3, 4, 5], quality=[0, 128, 4096, 2**14, 16])
    assert read_light_curve(tmp_path, STAR).flux.tolist() == [1, 3]
    assert read_light_curve(tmp_path, STAR, TessReader(drop_quality=0)).flux.tolist() == [
        1,
        2,
        3,
        4,
        5,
    ]


def test_default_quality_bits_are_the_documented_ones():
    named = sum(2 ** (bit - 1) for bit in (1, 2, 3, 4, 5, 6, 8, 10, 15))
    assert named == tess.DEFAULT_QUALITY == 17087


def test_crowding_and_quality_flags_are_read(tmp_path):
    path = sector(tmp_path, 1, [1, 2], quality=[0, 128])
    (file,) = read_files(tmp_path, STAR)
    assert (file.path, file.part, file.release) == (path, 1, 1)
    assert (file.crowding, file.captured) == (0.9939, 0.8098)
    assert file.quality.tolist() == [0, 128]
    assert file.flux[0] == 1 and np.isnan(file.flux[1])
    path.unlink()
    sector(tmp_path, 1, [1, 2], write=write_qlp)
    (file,) = read_files(tmp_path, STAR)
    assert (file.crowding, file.captured) == (None, None)


def test_tess_is_registered():
    assert MISSIONS["tess"] is tess


def error_of(error, folder, star=STAR, command=None, **options):
    reader = TessReader(**options)
    with pytest.raises(error) as caught:
        read_light_curve(folder, star, reader)
    assert caught.value.command == command
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_missing_folder_and_files_are_rejected(tmp_path):
    assert error_of(ArchiveError, tmp_path / "no") == (
        f"{tmp_path / 'no'} is not a folder; give the folder that contains the files "
        f"tess*_lc.fits, either directly or in tid/s0001/{PLACE}/"
    )
    sector(tmp_path, 1, [1])
    command = Command("download", {"stars": 2515531, "mission": "tess", "out": tmp_path})
    assert error_of(ArchiveError, tmp_path, 2515531, command) == (
        f"there are no light curves of TIC 2515531 in {tmp_path} "
        "(products: spoc, fast, tess-spoc, qlp); download them"
    )
    assert "(products: qlp)" in error_of(ArchiveError, tmp_path, products=["qlp"])


@pytest.mark.parametrize("star", ["../../etc", "25155310", -1, 10**16, 1.5])
def test_star_numbers_that_are_not_integers_are_rejected(tmp_path, star):
    assert error_of(ArchiveError, tmp_path, star) == (
        f"{star!r} is not a valid TIC number; give a whole number of up to 16 digits"
    )


@pytest.mark.parametrize("extensions", [(0,), (1,), (0, 1)])
def test_a_file_with_the_number_of_another_star_in_any_header_is_rejected(tmp_path, extensions):
    path = sector(tmp_path, 1, [1])
    for extension in extensions:
        fits.setval(path, "TICID", value=1, ext=extension)
    assert " of TIC 1, not of TIC 25155310; delete" in error_of(ArchiveError, tmp_path)


def test_file_of_another_star_is_rejected(tmp_path):
    path = sector(tmp_path, 1, [1], header={"TICID": 5})
    assert error_of(ArchiveError, tmp_path) == (
        f"{path} contains sector 1 of TIC 5, not of TIC 25155310; "
        "delete the file, and download the light curves of the star to this folder again"
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"without": ["PDCSAP_FLUX"]},
            " has no column PDCSAP_FLUX; set the reader option flux to one of SAP_FLUX",
        ),
        ({"without": ["QUALITY"]}, " has no column QUALITY, only TIME, TIMECORR, CADENCENO, SAP_"),
        (
            {"without": ["BJDREFI"]},
            ": the zero point of the times (BJDREFI and BJDREFF) is missing; "
            "download the file again",
        ),
        (
            {"header": {"TIMESYS": "UTC"}},
            ": the time system is UTC, not barycentric TDB; "
            "convert the times to BJD_TDB, and read them with mission custom",
        ),
        (
            {"header": {"TIMEUNIT": "s"}},
            ": the times are in s, not in days (BJD); download the original file, "
            "or convert the times and read them with mission custom",
        ),
        ({"units": {"TIME": "s"}}, ": the times are in s, not in days (BJD); "),
        (
            {"header": {"BJDREFI": 2454833}},
            ": the unit of column TIME is 'BJD - 2457000, days', but BJDREFI and BJDREFF give "
            "BJD - 2454833; download the file again",
        ),
    ],
)
def test_error_names_the_problem_of_a_file(tmp_path, options, message):
    path = sector(tmp_path, 1, [1, 2], **options)
    assert error_of(ArchiveError, tmp_path).startswith(f"{path}{message}")


@pytest.mark.parametrize(
    "options",
    [
        {"without": ["TIMESYS", "TIMEUNIT", "SECTOR"]},
        {"units": {"TIME": "BJD-2457000, days"}},
        {"units": {"TIME": "BTJD"}},
        {"header": {"TICID": str(STAR)}},
    ],
)
def test_files_with_other_or_missing_keywords_are_read(tmp_path, options):
    sector(tmp_path, 1, [1, 2], write=write_qlp, **options)
    (file,) = read_files(tmp_path, STAR)
    assert file.part == 1 and file.time.tolist() == [3267.0, 3267.5]


@pytest.mark.parametrize("zipped", [False, True])
def test_truncated_file_is_rejected(tmp_path, zipped):
    path = sector(tmp_path, 1, np.arange(500), zipped=zipped)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    size = len(content) // 2
    expected = f"is a corrupt gzip file of {size} bytes" if zipped else "is truncated (expected "
    message = error_of(ArchiveError, tmp_path)
    assert message.startswith(f"{path} {expected}")
    assert zipped or f" bytes, found {size:,}); " in message


def test_missing_points_and_unknown_options_are_rejected(tmp_path):
    sector(tmp_path, 1, [np.nan])
    assert "no point has a finite time" in error_of(LightCurveError, tmp_path)
    assert list(TessReader.model_fields) == ["centroid", "flux", "drop_quality", "products"]
    with pytest.raises(ValidationError, match=r"cadence\n *Extra inputs are not permitted"):
        TessReader(cadence="long")


def test_toi_table_is_read_in_bkjd(tmp_path):
    (tmp_path / "toi.csv").write_text(
        "tid,toi,pl_orbper,pl_tranmid,pl_trandurh\n25155310,114.01,3.2888,2458327.5,2.4\n"
    )
    (event,) = tess.read_catalog(tmp_path / "toi.csv").itertuples()
    assert (event.star, event.number, event.epoch_bkjd) == (STAR, 1, 3494.5)
    assert event.duration_days == pytest.approx(0.1)
    with pytest.raises(CatalogError, match=r"no\.csv does not exist"):
        tess.read_catalog(tmp_path / "no.csv")


def test_epochs_of_real_tables_are_in_the_years_of_tess(shared):
    events = tess.read_catalog(shared / "data/catalog_samples/toi.csv")
    assert 3480 < events["epoch_bkjd"].median() < 7000
    assert events["duration_days"].median() < 1


@pytest.mark.parametrize(
    ("products", "cadence"), [(("fast",), "short"), (("spoc",), "long"), (("qlp",), None)]
)
def test_command_for_missing_files_downloads_the_products(tmp_path, products, cadence):
    with pytest.raises(ArchiveError, match="there are no light curves of TIC 25155310") as error:
        tess.list_files(tmp_path, STAR, TessReader(products=products))
    command = error.value.command
    if cadence is None:
        assert command is None
        assert str(error.value).endswith("add spoc to the reader option products")
    else:
        assert command.options.get("cadence", "long") == cadence
