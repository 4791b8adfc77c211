"""Entries of columns: numbers, missing values and everything else."""

import re

import numpy as np
import pytest
from astropy.table import MaskedColumn
from light_curve_files import write_spoc

from astronet.errors import AstronetError
from astronet.missions.custom import CustomReader, read_light_curve
from astronet.missions.entries import numbers

TIME = [1400.0, 1400.5, 1401.0, 1401.5]


def csv(folder, entry, column="flux"):
    times, fluxes = list(map(str, TIME)), ["1.0", "0.9", "1.1", "1.0"]
    (times if column == "time" else fluxes)[2] = entry
    lines = [f"{t},{f}" for t, f in zip(times, fluxes, strict=True)]
    path = folder / "mine.csv"
    path.write_text("# from my telescope\ntime,flux\n\n" + "\n".join(lines) + "\n")
    return path


@pytest.mark.parametrize(
    "entry",
    (
        *("--", '"--"', "-", "", " ", "nan", "NaN", "NAN", "null", "NULL", "None", "NA", "N/A"),
        *("n/a", "#N/A", "<NA>", "...", "masked", "INDEF"),
    ),
)
@pytest.mark.parametrize("column", ["time", "flux"])
def test_texts_for_missing_values_are_missing(tmp_path, entry, column):
    csv(tmp_path, entry, column)
    curve = read_light_curve(tmp_path, "mine", CustomReader(clock="btjd"))
    assert curve.flux.tolist() == [1.0, 0.9, 1.0]


@pytest.mark.parametrize("entry", ["bad", "1_000", "0x10", "1.0D3", "12:30", "--1", "1.1*", "True"])
@pytest.mark.parametrize("column", ["time", "flux"])
def test_another_text_is_named_with_its_row_and_line(tmp_path, entry, column):
    path = csv(tmp_path, entry, column)
    with pytest.raises(AstronetError) as error:
        read_light_curve(tmp_path, "mine", CustomReader(clock="btjd"))
    assert str(error.value) == (
        f"{path}: column {column}, row 3 (line 6 of the file): {entry!r} is not a number; "
        "correct the entry, or leave it empty if the value is missing"
    )


@pytest.mark.parametrize("entry", ["--", "N/A", "nan", '""'])
@pytest.mark.parametrize("kind", ["float64", "string"])
def test_texts_for_missing_values_in_ecsv_files_are_missing(tmp_path, entry, kind):
    ecsv(tmp_path, entry, kind)
    curve = read_light_curve(tmp_path, "mine", CustomReader(clock="btjd"))
    assert curve.flux.tolist() == [1.0, 1.1]


@pytest.mark.parametrize("kind", ["float64", "string"])
def test_another_text_in_an_ecsv_file_is_named(tmp_path, kind):
    path = ecsv(tmp_path, "bad", kind)
    with pytest.raises(AstronetError) as error:
        read_light_curve(tmp_path, "mine", CustomReader(clock="btjd"))
    assert str(error.value).startswith(
        f"{path}: column flux, row 2 (line 9 of the file): 'bad' is not a number; "
    )


def ecsv(folder, entry, kind):
    path = folder / "mine.ecsv"
    path.write_text(
        "# %ECSV 1.0\n# ---\n# datatype:\n# - {name: time, unit: d, datatype: float64}\n"
        f"# - {{name: flux, datatype: {kind}}}\n# schema: astropy-2.0\ntime flux\n"
        f"1400.0 1.0\n1400.1 {entry}\n1400.2 1.1\n"
    )
    return path


def test_masked_texts_are_missing():
    column = MaskedColumn(["1.5", "bad", "2e3"], mask=[False, True, False])
    values = numbers("flux", column)
    assert values[[0, 2]].tolist() == [1.5, 2000] and np.isnan(values[1])


@pytest.mark.parametrize(
    ("column", "message"),
    [
        (np.ones((3, 2)), "column flux has 2 values per row instead of one"),
        (np.ones((3, 2, 5)), "column flux has 2 × 5 values per row instead of one"),
        (np.array([1j, 2j]), "column flux contains complex numbers, not real numbers"),
        (np.array([True, False]), "column flux contains logical values, not real numbers"),
        (np.array([np.ones(1), np.ones(2)], object), "column flux has several values per row"),
        (np.array([b"1.0", b"x"]), "column flux, row 2: 'x' is not a number"),
    ],
)
def test_columns_that_are_not_one_number_per_row_are_rejected(column, message):
    with pytest.raises(AstronetError, match=f"^{re.escape(message)}"):
        numbers("flux", column)


def test_entries_of_a_mission_are_checked(tmp_path):
    from astropy.io import fits

    from astronet.missions import tess

    path = write_spoc(tmp_path, 5, 1, {"TIME": TIME, "PDCSAP_FLUX": np.ones(4)})
    with fits.open(path) as file:
        columns = [c for c in file[1].columns if c.name not in ("TIME", "PDCSAP_FLUX")]
        vector = fits.Column("PDCSAP_FLUX", "3E", array=np.ones((4, 3)))
        table = fits.BinTableHDU.from_columns(
            [file[1].columns["TIME"], vector, *columns], file[1].header, name="LIGHTCURVE"
        )
        fits.HDUList([file[0], table, file[2]]).writeto(path, overwrite=True)
    with pytest.raises(AstronetError, match="column PDCSAP_FLUX contains arrays, not one number"):
        tess.read_light_curve(tmp_path, 5)
