import time
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits

from astronet.errors import ArchiveError
from astronet.missions import fits_table
from astronet.missions.fits_headers import value_of
from astronet.missions.fits_table import (
    FitsTable,
    parse_table,
    read_content,
    read_whole_content,
    read_whole_header,
)
from astronet.simulation.kepler_writer import write_quarter

KEYS = ("KEPLERID", "QUARTER", "OBJECT")


@pytest.fixture
def written(tmp_path):
    columns = {"TIME": [1.0, 1.5, np.nan], "PDCSAP_FLUX": [10, 20, 30], "SAP_QUALITY": [0, 1, 8]}
    return write_quarter(tmp_path, 11442793, 3, columns, all_columns=True)


def read_table(path: Path, extension: str, keys: tuple[str, ...] = ()) -> FitsTable:
    return parse_table(path, read_content(path), extension, keys)


def assert_equals_astropy(path: Path, extension: str = "LIGHTCURVE") -> None:
    table = fits_table._read_directly(path, path.read_bytes(), extension, KEYS)
    with fits.open(path, memmap=False) as file:
        assert table.header == {key: file[0].header[key] for key in KEYS}
        assert table.columns == tuple(file[extension].columns.names)
        for name in table.columns:
            theirs = file[extension].data[name]
            assert table.column(name).dtype.isnative
            assert table.column(name).dtype == theirs.dtype.newbyteorder("=")
            np.testing.assert_array_equal(table.column(name), theirs)


def test_equals_astropy_on_a_written_file(written):
    assert_equals_astropy(written)


@pytest.mark.parametrize("star", range(11))
def test_equals_astropy_on_real_files(shared, star):
    folder = sorted((shared / "data/kepler").glob("*/*"))[star]
    for path in sorted(folder.iterdir()):
        assert_equals_astropy(path)


def test_values_of_cards_are_parsed():
    assert value_of(b"=               757450 / unique") == 757450
    assert value_of(b"=                   -4") == -4
    assert value_of(b"= 'KIC 1   '           / a star's name") == "KIC 1"
    assert value_of(b"= 'it''s'") == "it's"
    assert value_of(b"=           0.00000000 / a fraction") == 0.0
    assert value_of(b"=           -1.5D-3") == -0.0015
    assert value_of(b"=                    T / a boolean") is None
    assert value_of(b"=                      / unknown") is None


@pytest.mark.parametrize("count", ["'abc'", "1E400", "-1", "1.5"])
def test_error_of_an_invalid_number_of_extensions_is_one_line(written, count):
    content = written.read_bytes()
    start = content.index(b"NEXTEND =")
    written.write_bytes(content[: start + 9] + f" {count:>20}".encode() + content[start + 30 :])
    with pytest.raises(
        ArchiveError, match="has an invalid header; delete the file and download it"
    ):
        read_whole_header(written, KEYS)
    try:  # astropy may be able to read it
        assert len(read_table(written, "LIGHTCURVE", KEYS)) == 3
    except ArchiveError as error:
        assert "download it again" in str(error)


def test_scaled_columns_are_read_by_astropy(tmp_path):
    path = tmp_path / "scaled.fits"
    # Unsigned numbers are stored with TZERO.
    column = fits.Column(
        "CADENCENO", "J", bzero=2**31, array=np.array([1, 2, 2**32 - 1], np.uint32)
    )
    table = fits.BinTableHDU.from_columns([column], name="LIGHTCURVE")
    fits.HDUList([fits.PrimaryHDU(), table]).writeto(path)
    read = read_table(path, "LIGHTCURVE", ("QUARTER",))
    assert read.column("CADENCENO").tolist() == [1, 2, 2**32 - 1]
    assert read.header == {"QUARTER": None} and len(read) == 3


def test_vector_columns_are_read_by_astropy(tmp_path):
    path = tmp_path / "vectors.fits"
    column = fits.Column("FLUX", "2E", array=np.array([[1, 2], [3, 4]], np.float32))
    fits.BinTableHDU.from_columns([column], name="LIGHTCURVE").writeto(path)
    assert read_table(path, "LIGHTCURVE").column("FLUX").tolist() == [[1, 2], [3, 4]]


@pytest.mark.parametrize("blocks", [0.1, 1, 1.5, 2.5])
def test_truncated_files_of_any_length_are_rejected(written, blocks):
    content = written.read_bytes()
    size = int(blocks * 2880)
    written.write_bytes(content[:size])
    with pytest.raises(ArchiveError) as caught:
        read_table(written, "LIGHTCURVE")
    assert str(caught.value).startswith(f"{written} is truncated (expected ")
    assert str(caught.value).endswith(
        f" bytes, found {size:,}); delete the file and download it again"
    )


def test_error_states_the_expected_size(written):
    size = written.stat().st_size
    written.write_bytes(written.read_bytes()[:-1])
    with pytest.raises(ArchiveError) as caught:
        read_table(written, "LIGHTCURVE")
    assert str(caught.value) == (
        f"{written} is truncated (expected at least {size:,} bytes, found {size - 1:,}); "
        "delete the file and download it again"
    )


def test_web_page_is_rejected(tmp_path):
    path = tmp_path / "page.fits"
    path.write_text("<html>busy</html>")
    with pytest.raises(ArchiveError) as caught:
        read_table(path, "LIGHTCURVE")
    assert str(caught.value) == (
        f"{path} is not a FITS file (17 bytes, starting with b'<html>busy</html'); "
        "delete the file and download it again"
    )


def test_missing_file_is_rejected(tmp_path):
    with pytest.raises(ArchiveError) as caught:
        read_table(tmp_path / "a.fits", "LIGHTCURVE")
    assert str(caught.value) == (
        f"{tmp_path / 'a.fits'} cannot be read (No such file or directory); "
        "check the path and its permissions, or download the file again"
    )


def test_missing_table_is_rejected(written):
    with pytest.raises(ArchiveError) as caught:
        read_table(written, "TARGETTABLES")
    assert str(caught.value) == (
        f"{written} has no table TARGETTABLES (tables in the file: LIGHTCURVE); download it again"
    )


def test_unknown_type_of_extension_is_rejected(written):
    content = written.read_bytes().replace(b"'BINTABLE'", b"'BINTABEL'")
    written.write_bytes(content)
    with pytest.raises(ArchiveError, match=r"LIGHTCURVE \(tables in the file: none\); download it"):
        read_table(written, "LIGHTCURVE")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("NAXIS", "2147483648"),
        ("NAXIS", "1000"),
        ("TFIELDS", "2147483647"),
        ("TFORM1", "'2147483647D'"),
        ("NAXIS1", "999999999999"),
        ("NAXIS2", "2147483647"),
        ("PCOUNT", "999999999999"),
    ],
)
@pytest.mark.parametrize("first", [True, False])
def test_impossible_header_values_are_rejected_at_once(written, key, value, first):
    content = written.read_bytes()
    keyword = f"{key:<8}=".encode()
    start = content.find(keyword) if first else content.rfind(keyword)
    if start < 0:
        pytest.skip(f"the file has no {key}")
    written.write_bytes(content[: start + 9] + f" {value:>20}".encode() + content[start + 30 :])
    begun = time.process_time()
    with pytest.raises(ArchiveError, match=r"download it again"):
        read_table(written, "LIGHTCURVE", KEYS)
    with pytest.raises(ArchiveError, match=r"download it again"):
        read_whole_header(written, KEYS)
    assert time.process_time() - begun < 1


def test_an_array_descriptor_instead_of_a_number_is_an_error_of_one_line(written):
    """Each time is the length and position of an array; the block ends after 12 of its bytes."""
    with fits.open(written, mode="update", memmap=False) as file:
        table = file["LIGHTCURVE"]
        begin = 2880 - table.header["NAXIS1"] * table.header["NAXIS2"] - 12
        table.data["TIME"] = np.frombuffer(np.array([3, begin], ">i4").tobytes(), ">f8")
    content = written.read_bytes()
    start = content.index(b"TFORM1  =")
    card = b"TFORM1  = 'PD(3)   '".ljust(80)
    written.write_bytes(content[:start] + card + content[start + 80 :])
    with pytest.raises(ArchiveError, match=r"is damaged \(column 1 points .*download it") as error:
        read_table(written, "LIGHTCURVE").column("TIME")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("shape", ["(99999,99999)", "(2)", "(-1,2)", "(999999999999)"])
def test_a_column_with_more_elements_than_its_format_is_rejected(written, shape):
    """Otherwise, memory for all elements is allocated before the data are read."""
    content = written.read_bytes()
    place = content.rindex(b"TDISP1  =") if b"TDISP1" in content else content.rindex(b"TUNIT1  =")
    new = f"TDIM1   = '{shape}'".encode().ljust(80)
    written.write_bytes(content[:place] + new + content[place + 80 :])
    with pytest.raises(ArchiveError, match="has an invalid header; delete the file and download"):
        read_table(written, "LIGHTCURVE")


@pytest.mark.parametrize("form", ["1PA(9)", "PD(3)", "1PE", "QJ"])
def test_arrays_beyond_the_end_of_the_file_are_rejected(written, form):
    """The times are read as numbers and positions of array elements; there is no heap."""
    content = written.read_bytes()
    start = content.index(b"TFORM1  =")
    card = f"TFORM1  = '{form:8}'".encode().ljust(80)
    content = content[:start] + card + content[start + 80 :]
    if form.startswith("Q"):
        start = content.index(b"NAXIS1  =")
        width = int(content[start + 10 : start + 30]) + 8
        content = (
            content[:start] + f"NAXIS1  = {width:>20}".encode().ljust(80) + content[start + 80 :]
        )
    written.write_bytes(content)
    message = r"is damaged \(column 1 points to data that are not in the file\); delete the file"
    with pytest.raises(ArchiveError, match=message):
        read_table(written, "LIGHTCURVE")
    with pytest.raises(ArchiveError, match=message):
        read_whole_content(written)


def test_arrays_in_the_heap_are_accepted(tmp_path):
    lengths = np.array([np.arange(n) for n in (0, 3, 1)], dtype=object)
    columns = [
        fits.Column("TIME", "D", array=[1.0, 2.0, 3.0]),
        fits.Column("MANY", "PJ()", array=lengths),
        fits.Column("MORE", "QD()", array=lengths),
    ]
    path = tmp_path / "a.fits"
    table = fits.BinTableHDU.from_columns(columns, name="LIGHTCURVE")
    fits.HDUList([fits.PrimaryHDU(), table]).writeto(path)
    assert read_whole_content(path) == path.read_bytes()
    assert read_table(path, "LIGHTCURVE").column("TIME").tolist() == [1.0, 2.0, 3.0]


@pytest.mark.parametrize(
    ("card", "message"),
    [
        ("GCOUNT  =                    0", "column 1 points to data that are not in the file"),
        ("THEAP   =                  1.5", "has an invalid header"),
        ("NAXIS2  =                    T", "has an invalid header"),
    ],
)
def test_invalid_headers_of_variable_columns_are_rejected(tmp_path, card, message):
    lengths = np.array([np.arange(1000)] * 3, dtype=object)
    path = tmp_path / "a.fits"
    table = fits.BinTableHDU.from_columns([fits.Column("MANY", "PD()", array=lengths)])
    table.header["THEAP"] = 24
    fits.HDUList([fits.PrimaryHDU(), table]).writeto(path)
    content = path.read_bytes()
    start = content.index(card[:9].encode())
    content = content[:start] + card.encode().ljust(80) + content[start + 80 :]
    end = content.index(b"XTENSION") + 2880 if "GCOUNT" in card else len(content)
    path.write_bytes(content[:end])
    with pytest.raises(ArchiveError, match=message):
        read_whole_content(path)
