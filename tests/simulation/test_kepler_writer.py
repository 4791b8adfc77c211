"""Kepler FITS files, compared with real ones."""

import re
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from astronet.errors import ArchiveError
from astronet.simulation.kepler_writer import PREFIXES, SHORT_PREFIXES, write_quarter

TINY = {"TIME": [131.5, np.nan, 131.54], "PDCSAP_FLUX": [1.0, 2.0, np.nan]}


def test_name_and_folder_follow_mast(tmp_path: Path):
    path = write_quarter(tmp_path, 757450, 1, TINY)
    assert path == tmp_path / "0007/000757450/kplr000757450-2009166043257_llc.fits"


def test_short_cadence_is_named_slc(tmp_path: Path):
    path = write_quarter(tmp_path, 757450, 2, TINY, cadence="short", part=1)
    assert path.name == "kplr000757450-2009231120729_slc.fits"
    assert fits.getheader(path)["OBSMODE"] == "short cadence"


def test_quarter_4_has_two_files(tmp_path: Path):
    names = [write_quarter(tmp_path, 1, 4, TINY, part=part).name for part in (0, 1)]
    assert names == [
        "kplr000000001-2010078095331_llc.fits",
        "kplr000000001-2010009091648_llc.fits",
    ]


def test_injected_file_has_its_own_name_and_extension(tmp_path: Path):
    path = write_quarter(tmp_path, 1, 1, TINY, injected="inj1")
    assert path.name == "kplr000000001-2009166043257_INJECTED-inj1_llc.fits"
    with fits.open(path) as hdus:
        assert [hdu.name for hdu in hdus] == ["PRIMARY", "INJECTED LIGHTCURVE", "APERTURE"]


def test_file_reads_back_bit_for_bit(tmp_path: Path):
    generator = np.random.default_rng(1)
    columns = {
        "TIME": generator.normal(200, 50, 99),
        "CADENCENO": np.arange(568, 667),
        "SAP_FLUX": generator.normal(1e4, 9, 99).astype(np.float32),
        "SAP_QUALITY": generator.integers(0, 2**20, 99),
        "MOM_CENTR1": generator.normal(600, 1, 99),
    }
    with fits.open(write_quarter(tmp_path, 1, 3, columns)) as hdus:
        hdus.verify("exception")
        for name, values in columns.items():
            np.testing.assert_array_equal(hdus["LIGHTCURVE"].data[name], values)
        assert np.isnan(hdus["LIGHTCURVE"].data["PDCSAP_FLUX"]).all()


def test_compact_rows_have_36_bytes_and_full_rows_100(tmp_path: Path):
    for all_columns, size, count in ((False, 36, 8), (True, 100, 20)):
        header = fits.getheader(write_quarter(tmp_path, 1, 0, TINY, all_columns=all_columns), 1)
        assert (header["NAXIS1"], header["TFIELDS"]) == (size, count)


def test_a_real_file_and_a_written_one_have_the_same_structure(shared: Path, tmp_path: Path):
    real = shared / "data/kepler/0114/011446443/kplr011446443-2009166043257_llc.fits"
    with fits.open(real) as theirs:
        data = theirs[1].data
        columns = {name: np.asarray(data[name]) for name in data.names}
        path = write_quarter(tmp_path, 11446443, 1, columns, all_columns=True)
        assert path.name == real.name
        with fits.open(path) as ours:
            assert [hdu.name for hdu in ours] == [hdu.name for hdu in theirs]
            for field in ("name", "format", "unit", "disp"):
                assert [getattr(c, field) for c in ours[1].columns] == [
                    getattr(c, field) for c in theirs[1].columns
                ]
            for mine, their in zip(ours, theirs, strict=True):
                assert list(their.header) == list(mine.header)
            for name in data.names:
                np.testing.assert_array_equal(ours[1].data[name], data[name])
            for key in ("BJDREFI", "TIMEUNIT", "TIMESYS", "NUM_FRM", "EXPOSURE", "TIMEDEL"):
                assert ours[1].header[key] == pytest.approx(theirs[1].header[key]), key
            for key in ("TSTART", "TSTOP", "LC_START", "LC_END"):
                assert ours[1].header[key] == pytest.approx(theirs[1].header[key], abs=1e-6), key
            assert ours[1].header["DATE-OBS"][:22] == theirs[1].header["DATE-OBS"][:22]
            for key in ("KEPLERID", "QUARTER", "SEASON", "OBSMODE", "TELESCOP", "OBJECT"):
                assert ours[0].header[key] == theirs[0].header[key], key


def test_timestamps_are_those_of_the_real_files(shared: Path):
    real = {path.name[14:27] for path in (shared / "data/kepler").rglob("*_llc.fits")}
    assert real == {stamp for stamps in PREFIXES.values() for stamp in stamps}
    assert SHORT_PREFIXES.keys() == PREFIXES.keys()


def test_header_values_replace_the_template_and_new_keys_are_added(tmp_path: Path):
    path = write_quarter(
        tmp_path, 1, 17, TINY, {"KEPMAG": 11.5, "RA_OBJ": 290.0, "WHO": "it's me", "TEFF": None}
    )
    with fits.open(path) as hdus:
        assert hdus[0].header["KEPMAG"] == 11.5
        assert hdus[0].header["WHO"] == "it's me"
        assert hdus[0].header["TEFF"] is None
        assert hdus[1].header["RA_OBJ"] == hdus[2].header["CRVAL1"] == 290.0


def test_the_header_of_a_real_file_can_be_passed_whole(tmp_path: Path):
    real = {"SIMPLE": True, "BITPIX": 8, "NAXIS": 0, "EXTNAME": "PRIMARY", "CHECKSUM": "x"}
    with fits.open(write_quarter(tmp_path, 1, 1, TINY, real)) as hdus:
        assert [hdu.name for hdu in hdus] == ["PRIMARY", "LIGHTCURVE", "APERTURE"]
        assert len(hdus[1].data) == 3


def test_a_file_without_finite_times_is_written(tmp_path: Path):
    path = write_quarter(tmp_path, 1, 1, {"TIME": [np.nan, np.nan]})
    assert np.isnan(fits.getdata(path, 1)["TIME"]).all()


def test_equal_input_gives_identical_bytes(tmp_path: Path):
    first = write_quarter(tmp_path / "a", 1, 1, TINY).read_bytes()
    assert first == write_quarter(tmp_path / "b", 1, 1, TINY).read_bytes()
    assert len(first) % 2880 == 0


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        ((1, 18, TINY), {}, "Kepler has no quarter 18; quarters are numbered 0 to 17"),
        ((10**9, 1, TINY), {}, "kepid is 1000000000; it must be between 0 and 999999999"),
        ((1, 1, TINY), {"part": 1}, "quarter 1 has no part 1; it has 1 part, numbered from 0"),
        (
            (1, 1, TINY),
            {"cadence": "fast"},
            'unknown cadence "fast"; use "long" or "short"',
        ),
        (
            (1, 1, TINY),
            {"injected": "inj4"},
            'injected is "inj4"; use "inj1", "inj2", "inj3" or None',
        ),
        (
            (1, 1, {"SAP_FLUX": [1.0]}),
            {},
            "kplr000000001-2009166043257_llc.fits: column TIME is missing; add it in BKJD",
        ),
        (
            (1, 1, {"TIME": [1.0], "SAP_FLUX": [1.0, 2.0]}),
            {},
            "kplr000000001-2009166043257_llc.fits: column SAP_FLUX has shape (2,) but TIME has "
            "(1,); pass one-dimensional columns of the same length",
        ),
        (
            (1, 1, TINY, {"TOO LONG A KEY": 1}),
            {},
            'invalid header key "TOO LONG A KEY"; use 1 to 8 characters of A-Z, 0-9, _ and -',
        ),
    ],
)  # fmt: skip
def test_invalid_arguments_are_rejected(tmp_path: Path, arguments, options, message):
    with pytest.raises(ArchiveError, match=f"^{re.escape(message)}$"):
        write_quarter(tmp_path, *arguments, **options)


def test_an_unknown_column_is_named(tmp_path: Path):
    with pytest.raises(ArchiveError, match=r"unknown column FLUX; choose from TIME, TIMECORR, "):
        write_quarter(tmp_path, 1, 1, {"TIME": [1.0], "FLUX": [1.0]})


def test_a_folder_that_is_not_writable_is_named(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(
        ArchiveError, match="cannot be written .Not a directory.; choose a writable folder"
    ):
        write_quarter(tmp_path / "file", 1, 1, TINY)
