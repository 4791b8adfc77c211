"""ECSV files: missing values, units, times, and errors of one line."""

import gzip

import numpy as np
import pytest
from astropy.table import MaskedColumn, QTable, Table
from astropy.time import Time
from astropy.utils.masked import Masked

from astronet.errors import CatalogError, LightCurveError
from astronet.files.ecsv import EcsvError, read_ecsv, read_ecsv_entries
from astronet.missions import custom
from astronet.missions.custom import CustomReader
from astronet.missions.tables import read_catalog


def hours() -> Table:
    """Return two events whose durations are 2.4 h and missing, and whose epochs are in hours."""
    table = Table({"star": [5, 6], "period_days": [3.5, 4.5]})
    table["epoch_bkjd"] = MaskedColumn([140.0 * 24, 999], mask=[False, True], unit="h")
    table["duration_days"] = MaskedColumn([2.4, 999], mask=[False, True], unit="h")
    return table


def test_missing_values_in_another_unit_remain_missing(tmp_path):
    hours().write(tmp_path / "mine.ecsv")
    events = read_catalog(tmp_path / "mine.ecsv")
    np.testing.assert_allclose(events["duration_days"], [0.1, np.nan])
    np.testing.assert_allclose(events["epoch_bkjd"], [140, np.nan])


def test_missing_quantities_remain_missing(tmp_path):
    table = QTable({"star": [5, 6], "period_days": [3.5, 4.5], "epoch_bkjd": [140.0, 141.0]})
    for name, unit in (("duration_days", "h"), ("depth_ppm", "1e-6"), ("extra", "m")):
        table[name] = Masked([2.4, 999], mask=[False, True]) * (
            1 * Table.Column([1], unit=unit).unit
        )
    table.write(tmp_path / "mine.ecsv")
    events = read_catalog(tmp_path / "mine.ecsv")
    np.testing.assert_allclose(events["duration_days"], [0.1, np.nan])
    np.testing.assert_allclose(events["extra"], [2.4, np.nan])


@pytest.mark.parametrize("delimiter", [",", " "])
@pytest.mark.parametrize("name", ["mine.csv", "mine.txt", "mine.csv.gz", "mine.ecsv.gz"])
def test_units_of_an_ecsv_file_are_used_whatever_its_name(tmp_path, name, delimiter):
    hours().write(tmp_path / "a.ecsv", delimiter=delimiter)
    content = (tmp_path / "a.ecsv").read_bytes()
    (tmp_path / name).write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    np.testing.assert_allclose(read_catalog(tmp_path / name)["duration_days"], [0.1, np.nan])


def test_units_of_a_light_curve_in_an_ecsv_file_named_csv_are_checked(tmp_path):
    table = Table({"time": 1400.0 + np.arange(30.0), "flux": np.ones(30)})
    table["time"].unit = "s"
    table.write(tmp_path / "a.ecsv", delimiter=",")
    (tmp_path / "a.ecsv").rename(tmp_path / "b.csv")
    with pytest.raises(LightCurveError, match="the times are in s, not in d as declared"):
        custom.read_light_curve(tmp_path, "b", CustomReader(clock="btjd"))


def test_epochs_may_be_astropy_times(tmp_path):
    table = Table({"star": [5, 6], "period_days": [3.5, 4.5], "duration_days": [0.1, 0.2]})
    table["epoch_bkjd"] = Time([2454973.25, 2454974.5], format="jd", scale="tdb")
    table["observed"] = Time([2454973.25, 2454974.5], format="jd", scale="utc")
    table.write(tmp_path / "mine.ecsv")
    events = read_catalog(tmp_path / "mine.ecsv")
    assert events["epoch_bkjd"].tolist() == [140.25, 141.5]
    assert events["observed"].tolist() == ["2009-05-21T18:00:00.000", "2009-05-23T00:00:00.000"]


def test_epochs_in_utc_are_rejected_in_one_line(tmp_path):
    table = Table({"star": [5], "period_days": [3.5], "duration_days": [0.1]})
    table["epoch_bkjd"] = Time([2454973.25], format="jd", scale="utc")
    table.write(tmp_path / "mine.ecsv")
    with pytest.raises(CatalogError) as caught:
        read_catalog(tmp_path / "mine.ecsv")
    assert str(caught.value) == (
        f"{tmp_path / 'mine.ecsv'} cannot be read as .ecsv (column epoch_bkjd: the time scale is "
        "utc, not barycentric TDB; convert the times to BJD_TDB); correct the file, or write it "
        "again"
    )


@pytest.mark.parametrize(
    "content",
    [
        "# %ECSV 1.0\n# ---\n# datatype: [\nstar\n1\n",
        "# %ECSV 1.0\n# ---\n# datatype:\n# - {name: star, datatype: int64}\nstar other\n1 2\n",
        "# %ECSV 1.0\n# ---\n# datatype:\n# - {name: star, datatype: nonsense}\nstar\n1\n",
        "# %ECSV 1.0\n# ---\n# datatype:\n# - {name: a, datatype: int64}\n# meta: !x {}\na\n1\n",
    ],
)
def test_invalid_files_are_rejected_in_one_line(tmp_path, content):
    (tmp_path / "mine.csv").write_text(content)
    with pytest.raises(EcsvError) as reason:
        read_ecsv(tmp_path / "mine.csv")
    assert "\n" not in str(reason.value)
    with pytest.raises(CatalogError, match=r"mine\.csv cannot be read as \.ecsv \(.*\); correct"):
        read_catalog(tmp_path / "mine.csv")
    with pytest.raises(ValueError, match=r"mine\.csv cannot be read as ECSV \(.*\); correct the"):
        custom.read_light_curve(tmp_path, "mine", CustomReader(clock="btjd"))


def test_an_entry_of_a_comma_separated_file_is_named(tmp_path):
    (tmp_path / "mine.ecsv").write_text(
        "# %ECSV 1.0\n# ---\n# delimiter: ','\n# datatype:\n"
        "# - {name: time, datatype: float64}\n# - {name: flux, datatype: float64}\n"
        "time,flux\n1400.0,1.0\n1400.1,bad\n1400.2,1.1\n"
    )
    with pytest.raises(LightCurveError, match=r"column flux, row 2 .*'bad' is not a number"):
        custom.read_light_curve(tmp_path, "mine", CustomReader(clock="btjd"))


@pytest.mark.parametrize("separator", [",", " "])
def test_more_columns_than_astropy_reads_in_seconds_are_rejected(tmp_path, separator):
    path = tmp_path / "a.ecsv"
    names = separator.join(f"c{n}" for n in range(3000))
    path.write_text(f"# %ECSV 1.0\n# ---\n# datatype:\n{names}\n{names}\n")
    for read in (read_ecsv, read_ecsv_entries):
        with pytest.raises(EcsvError, match="there are 3,000 columns, more than 1,000"):
            read(path)


def test_headers_that_astropy_parses_in_many_seconds_are_rejected(tmp_path):
    path = tmp_path / "a.ecsv"
    for header, message in (
        (f"{{name: a{',1' * 50_000}}}", "the header has 100,0.* characters, more than 100,000"),
        ("{name: [", "the header is not YAML: while parsing"),
        ("{a: " * 20_000, "the header is not YAML"),
    ):
        path.write_text(f"# %ECSV 1.0\n# ---\n# datatype:\n# - {header}\na\n1\n")
        with pytest.raises(EcsvError, match=message):
            read_ecsv(path)
