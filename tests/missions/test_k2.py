import numpy as np
import pytest
from astropy.io import fits
from light_curve_files import write_k2

from astronet.errors import ArchiveError, Command
from astronet.missions import MISSIONS, k2
from astronet.missions.k2 import K2Reader, list_files, read_files, read_light_curve

STAR = 201912552
PLACE = "201900000/12000"


def campaign(folder, number, flux, *, quality=0, **options):
    """Write a campaign with cadences 0.5 d apart, starting at BKJD 1900 + 10 times its number."""
    flux = np.asarray(flux, float)
    columns = {
        "TIME": 1900 + 10.0 * number + 0.5 * np.arange(len(flux)),
        "SAP_FLUX": flux + 1000,
        "PDCSAP_FLUX": flux,
        "SAP_QUALITY": np.broadcast_to(quality, flux.shape),
    }
    return write_k2(folder, STAR, number, columns, **options)


def test_campaigns_are_segments_and_times_are_bkjd(tmp_path):
    campaign(tmp_path / f"c12/{PLACE}", 12, [3])
    campaign(tmp_path / f"c1/{PLACE}", 1, [1, 2])
    curve = read_light_curve(tmp_path, STAR)
    assert curve.flux.tolist() == [1, 2, 3]
    assert curve.time.tolist() == [1910, 1910.5, 2020]
    assert curve.segment.tolist() == [0, 0, 1]


def test_halves_of_campaigns_are_in_chronological_order(tmp_path):
    for number in (12, 112, 111, 102, 101, 10, 92, 91, 8):
        campaign(tmp_path, number, [number])
    order = [8, 91, 92, 10, 101, 102, 111, 112, 12]
    assert [file.part for file in read_files(tmp_path, STAR)] == order


@pytest.mark.parametrize("place", [f"c1/{PLACE}", "201912552", "."])
@pytest.mark.parametrize("zipped", [False, True])
def test_folder_layouts_are_supported(tmp_path, place, zipped):
    path = campaign(tmp_path / place, 1, [1, 2], zipped=zipped)
    assert list_files(tmp_path, STAR) == [path]
    assert read_light_curve(tmp_path, STAR).flux.tolist() == [1, 2]


def test_gzipped_copy_is_ignored(tmp_path):
    campaign(tmp_path, 1, [9], zipped=True)
    path = campaign(tmp_path, 1, [1])
    assert list_files(tmp_path, STAR) == [path]


def test_campaign_in_two_folders_is_read_once(tmp_path):
    campaign(tmp_path / f"c01/{PLACE}", 1, [1])
    campaign(tmp_path / f"c1/{PLACE}", 1, [1])
    assert read_light_curve(tmp_path, STAR).flux.tolist() == [1]


def test_thruster_firings_are_dropped_by_default(tmp_path):
    campaign(tmp_path, 1, [1, 2, 3], quality=[0, 2**20, 2**13])
    assert read_light_curve(tmp_path, STAR).flux.tolist() == [1, 3]
    assert read_light_curve(tmp_path, STAR, K2Reader(drop_quality=0)).flux.tolist() == [1, 2, 3]


def error_of(folder, star=STAR, command=None, **options):
    with pytest.raises(ArchiveError) as caught:
        read_light_curve(folder, star, K2Reader(**options))
    assert caught.value.command == command
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_errors_are_one_line(tmp_path):
    assert error_of(tmp_path / "no") == (
        f"{tmp_path / 'no'} is not a folder; give the folder that contains the files "
        f"ktwo201912552-c*_llc.fits, either directly or in c1/{PLACE}/"
    )
    command = {"stars": 5, "mission": "k2", "cadence": "long", "out": tmp_path}
    assert error_of(tmp_path, 5, Command("download", command)) == (
        f"there are no long-cadence files of EPIC 5 in {tmp_path}; download them"
    )
    path = campaign(tmp_path, 1, [1], header={"KEPLERID": 7})
    assert error_of(tmp_path) == (
        f"{path} contains campaign 1 of EPIC 7, not of EPIC 201912552; "
        "delete the file, and download the light curves of the star to this folder again"
    )
    campaign(tmp_path, 1, [1], without=["BJDREFF"])
    assert "the zero point of the times (BJDREFI and BJDREFF) is missing" in error_of(tmp_path)


def test_error_names_light_curves_of_other_pipelines(tmp_path):
    name = "hlsp_everest_k2_llc_201912552-c01_kepler_v2.0_lc.fits"
    (tmp_path / name).write_bytes(b"")
    command = {"stars": STAR, "mission": "k2", "cadence": "long", "out": tmp_path}
    assert error_of(tmp_path, command=Command("download", command)).endswith(
        f" ({name} is from another pipeline; read it with mission custom); download them"
    )


def test_k2_table_is_read_in_bkjd(tmp_path):
    assert MISSIONS["k2"] is k2
    (tmp_path / "k2pandc.csv").write_text(
        "epic_hostname,pl_orbper,pl_tranmid,pl_trandur\nEPIC 201912552,32.94,2456811.5,2.4\n"
    )
    (event,) = k2.read_catalog(tmp_path / "k2pandc.csv").itertuples()
    assert (event.star, event.epoch_bkjd) == (STAR, 1978.5)


def test_quality_flags_of_16_bits_are_read(tmp_path):
    """The default mask has bits that such a column cannot contain."""
    path = campaign(tmp_path, 1, [1, 2, 3], quality=[0, 1, 0])
    with fits.open(path, memmap=False) as file:
        old = file["LIGHTCURVE"]
        columns = [
            fits.Column(c.name, "I" if c.name == "SAP_QUALITY" else c.format, c.unit, array=c.array)
            for c in old.columns
        ]
        cards = [c for c in old.header.cards if c.keyword.startswith(("BJDREF", "TIME", "EXT"))]
        table = fits.BinTableHDU.from_columns(columns, fits.Header(cards))
        fits.HDUList([file[0], table, *file[2:]]).writeto(path, overwrite=True)
    assert read_light_curve(tmp_path, STAR, K2Reader(drop_quality=2**20 + 1)).flux.tolist() == [
        1,
        3,
    ]
