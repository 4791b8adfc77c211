import gzip
import json
from pathlib import Path

import numpy as np
import pytest
from astropy.io import fits
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from astronet.errors import ArchiveError, CatalogError, Command, LightCurveError
from astronet.files.provenance import source_file
from astronet.missions import MISSIONS, kepler
from astronet.missions.kepler import KeplerReader, list_files, read_light_curve
from astronet.missions.scrambling import SCRAMBLES, scrambled
from astronet.simulation.kepler_writer import write_quarter

STAR = 11442793


def quarter(folder, number, flux, time=None, star=STAR, *, quality=0, header=None, **options):
    """Write a quarter with cadences 0.5 d apart, starting at BKJD 100 times its number."""
    flux = np.asarray(flux, dtype=float)
    time = 100.0 * number + 0.5 * np.arange(len(flux)) if time is None else time
    columns = {
        "TIME": time,
        "PDCSAP_FLUX": flux,
        "SAP_FLUX": flux + 1000,
        "SAP_QUALITY": np.broadcast_to(quality, flux.shape),
    }
    return write_quarter(folder, star, number, columns, header or {}, **options)


def test_quarters_are_segments_in_chronological_order(tmp_path):
    quarter(tmp_path, 3, [5, 6])
    quarter(tmp_path, 1, [1, 2, 3])
    curve = read_light_curve(tmp_path, STAR)
    assert curve.star == STAR
    assert curve.flux.tolist() == [1, 2, 3, 5, 6]
    assert curve.time.tolist() == [100.0, 100.5, 101.0, 300.0, 300.5]
    assert curve.segment.tolist() == [0, 0, 0, 1, 1]


def test_segment_ends_with_the_file_even_without_a_gap(tmp_path):
    quarter(tmp_path, 1, [1, 2], [10.0, 10.5])
    quarter(tmp_path, 2, [3, 4], [11.0, 11.5])
    assert read_light_curve(tmp_path, STAR).segment.tolist() == [0, 0, 1, 1]


def test_segment_ends_at_a_long_gap(tmp_path):
    quarter(tmp_path, 1, [1, 2, 3], [10.0, 10.75, 11.51])
    assert read_light_curve(tmp_path, STAR).segment.tolist() == [0, 0, 1]


def test_only_points_without_time_or_flux_are_dropped(tmp_path):
    flux, time = [1, np.nan, 3, 4, np.inf], [1.0, 1.5, np.nan, 2.5, 3.0]
    quarter(tmp_path, 1, flux, time, quality=255)
    curve = read_light_curve(tmp_path, STAR)
    assert curve.time.tolist() == [1.0, 2.5] and curve.flux.tolist() == [1, 4]


def test_points_with_quality_bits_can_be_dropped(tmp_path):
    quarter(tmp_path, 1, [1, 2, 3, 4], quality=[0, 1, 128, 129])
    assert read_light_curve(tmp_path, STAR, KeplerReader(drop_quality=128)).flux.tolist() == [1, 2]
    assert read_light_curve(tmp_path, STAR, KeplerReader(drop_quality=1 | 128)).flux.tolist() == [1]


def test_other_flux_columns_can_be_read(tmp_path):
    quarter(tmp_path, 1, [1, 2])
    assert read_light_curve(tmp_path, STAR, KeplerReader(flux="SAP_FLUX")).flux.tolist() == [
        1001,
        1002,
    ]


def test_files_without_finite_points_are_skipped(tmp_path):
    quarter(tmp_path, 1, [1, 2])
    quarter(tmp_path, 2, [])
    quarter(tmp_path, 3, [np.nan, np.nan])
    quarter(tmp_path, 5, [5, 6])
    for invert in (False, True):
        curve = read_light_curve(tmp_path, STAR, KeplerReader(invert=invert))
        assert curve.segment.tolist() == [0, 0, 1, 1]


def test_both_files_of_quarter_4_are_read_in_chronological_order(tmp_path):
    quarter(tmp_path, 4, [3, 4], [420.0, 420.5], part=0)
    quarter(tmp_path, 4, [1, 2], [400.0, 400.5], part=1)
    assert read_light_curve(tmp_path, STAR).flux.tolist() == [1, 2, 3, 4]


def test_each_file_is_inverted_about_its_median(tmp_path):
    quarter(tmp_path, 1, [10, 10, np.nan, 7])
    quarter(tmp_path, 2, [20, 26, 20])
    curve = read_light_curve(tmp_path, STAR, KeplerReader(invert=True))
    assert curve.flux.tolist() == [10, 10, 13, 20, 14, 20]


def test_scramble_moves_fluxes_and_keeps_times(tmp_path):
    quarter(tmp_path, 1, [11, 12, 13])
    quarter(tmp_path, 13, [131, 132])
    quarter(tmp_path, 17, [171])
    curve = read_light_curve(tmp_path, STAR, KeplerReader(scramble="SCR1"))
    assert curve.flux.tolist() == [131, 132, 11, 12, 13, 171]
    assert curve.time.tolist() == [100, 100.5, 101, 1300, 1300.5, 1700]
    # The three fluxes of Q1 are now on both sides of the gap between two quarters.
    assert curve.segment.tolist() == [0, 0, 1, 2, 2, 3]
    curve = read_light_curve(tmp_path, STAR, KeplerReader(scramble="SCR2"))
    assert curve.flux.tolist() == [11, 12, 13, 131, 132, 171]


def test_quarters_are_scrambled_before_missing_points_are_dropped(tmp_path):
    quarter(tmp_path, 1, [11, 12])
    quarter(tmp_path, 2, [21, np.nan], [200.0, np.nan])
    curve = read_light_curve(tmp_path, STAR, KeplerReader(scramble="SCR3"))
    assert curve.flux.tolist() == [21, 11]
    assert curve.time.tolist() == [100.0, 200.0]


def test_flagged_fluxes_are_dropped_after_scrambling(tmp_path):
    quarter(tmp_path, 1, [11, 12], quality=[0, 1])
    quarter(tmp_path, 2, [21, 22])
    curve = read_light_curve(tmp_path, STAR, KeplerReader(scramble="SCR3", drop_quality=1))
    assert curve.flux.tolist() == [21, 22, 11]
    assert curve.time.tolist() == [100.0, 100.5, 200.0]


def test_scramble_keeps_both_files_of_quarter_4_together(tmp_path):
    quarter(tmp_path, 4, [41, 42], [400.0, 400.5], part=1)
    quarter(tmp_path, 4, [43], [420.0], part=0)
    quarter(tmp_path, 5, [51, 52])
    curve = read_light_curve(tmp_path, STAR, KeplerReader(scramble="SCR3"))
    assert curve.flux.tolist() == [51, 52, 41, 42, 43]
    assert curve.time.tolist() == [400.0, 400.5, 420.0, 500.0, 500.5]


@pytest.mark.parametrize("scramble", SCRAMBLES)
def test_scramble_is_a_permutation_of_the_quarters(scramble):
    assert sorted(SCRAMBLES[scramble]) == list(range(18))


@given(
    st.lists(st.integers(0, 17), min_size=1, unique=True).map(sorted),
    st.sampled_from(sorted(SCRAMBLES)),
    st.data(),
)
def test_scramble_keeps_all_times_and_fluxes(numbers, scramble, data):
    lengths = data.draw(st.lists(st.integers(1, 5), min_size=18, max_size=18))
    nothing = source_file(Path(), b"", Path())
    quarters = [
        kepler.ObservedFile(Path(), nothing, n, *[n + np.arange(lengths[n]) / 9] * 2)
        for n in numbers
    ]
    moved = scrambled(quarters, SCRAMBLES[scramble])
    times = [quarter.time for quarter in moved]
    np.testing.assert_array_equal(np.concatenate(times), np.concatenate([q.time for q in quarters]))
    fluxes = np.concatenate([quarter.flux for quarter in moved])
    assert sorted(fluxes) == sorted(np.concatenate([q.flux for q in quarters]))
    assert all(len(q.time) == len(q.flux) == lengths[q.part] for q in moved)


def test_injected_files_are_read_only_on_request(tmp_path):
    quarter(tmp_path, 1, [1, 2])
    quarter(tmp_path, 1, [8, 9], injected="inj1")
    assert read_light_curve(tmp_path, STAR).flux.tolist() == [1, 2]
    assert read_light_curve(tmp_path, STAR, KeplerReader(injected="inj1")).flux.tolist() == [8, 9]


def test_all_short_cadence_files_of_a_quarter_are_read(tmp_path):
    quarter(tmp_path, 1, [1, 2])
    quarter(tmp_path, 2, [3, 4], [200.0, 200.1], cadence="short", part=0)
    quarter(tmp_path, 2, [5, 6], [230.0, 230.1], cadence="short", part=1)
    curve = read_light_curve(tmp_path, STAR, KeplerReader(cadence="short"))
    assert curve.flux.tolist() == [3, 4, 5, 6]
    assert curve.segment.tolist() == [0, 0, 1, 1]


def test_folder_layouts_are_supported(tmp_path):
    path = quarter(tmp_path, 1, [1, 2])
    for folder in (tmp_path, path.parents[1], path.parent):
        assert list_files(folder, STAR) == [path]


def test_gzipped_files_are_read_unless_they_are_copies(tmp_path):
    path = quarter(tmp_path, 1, [1, 2])
    zipped = path.with_name(path.name + ".gz")
    zipped.write_bytes(gzip.compress(path.read_bytes()))
    assert list_files(tmp_path, STAR) == [path]
    path.unlink()
    assert list_files(tmp_path, STAR) == [zipped]
    assert read_light_curve(tmp_path, STAR).flux.tolist() == [1, 2]


@pytest.mark.parametrize("releases", [(24, 25), (25, 24), (25, 25)])
def test_newer_data_release_of_a_quarter_is_read(tmp_path, releases):
    old, new = (
        quarter(tmp_path, 4, [k, k], [400.0, 400.5], part=k, header={"DATA_REL": releases[k]})
        for k in (0, 1)
    )
    assert new.name < old.name
    kept = 1 if releases == (24, 25) else 0  # for equal releases, the file whose name is last
    assert read_light_curve(tmp_path, STAR).flux.tolist() == [kept, kept]


def test_crowding_and_quality_flags_are_read(tmp_path):
    quarter(tmp_path, 1, [1, 2], quality=[0, 128], header={"CROWDSAP": 0.9, "FLFRCSAP": 0.8})
    (file,) = kepler.read_files(tmp_path, STAR)
    assert (file.part, file.crowding, file.captured) == (1, 0.9, 0.8)
    assert file.quality.tolist() == [0, 128]


def test_inconsistent_or_unknown_clocks_are_rejected(tmp_path):
    path = quarter(tmp_path, 1, [1, 2], header={"BJDREFF": 0.5})
    assert "BJDREFI and BJDREFF give BJD - 2454833.5" in error_of(ArchiveError, tmp_path)
    quarter(tmp_path, 1, [1, 2], header={"TIMESYS": "UTC"})
    assert error_of(ArchiveError, tmp_path) == (
        f"{path}: the time system is UTC, not barycentric TDB; "
        "convert the times to BJD_TDB, and read them with mission custom"
    )


def test_numpy_integers_are_valid_star_numbers(tmp_path):
    quarter(tmp_path, 1, [1, 2])
    assert read_light_curve(str(tmp_path), np.int64(STAR)).star == STAR


def test_kepler_is_registered():
    assert MISSIONS["kepler"] is kepler


def error_of(error, folder, star=STAR, command=None, **options):
    reader = KeplerReader(**options)
    with pytest.raises(error) as caught:
        read_light_curve(folder, star, reader)
    assert caught.value.command == command
    assert "\n" not in str(caught.value)
    return str(caught.value)


def download(star, **options):
    return Command("download", {"stars": star, "mission": "kepler", **options})


def test_missing_folder_is_rejected(tmp_path):
    assert error_of(ArchiveError, tmp_path / "no") == (
        f"{tmp_path / 'no'} is not a folder; give the folder that contains the files "
        "kplr011442793-*.fits, either directly or in 0114/011442793/"
    )


def test_star_without_files_is_rejected(tmp_path):
    quarter(tmp_path, 1, [1, 2])
    command = download(757450, cadence="long", out=tmp_path)
    assert error_of(ArchiveError, tmp_path, 757450, command) == (
        f"there are no long-cadence files of KIC 757450 in {tmp_path}; download them"
    )
    command = download(STAR, cadence="short", out=tmp_path)
    assert error_of(ArchiveError, tmp_path, command=command, cadence="short") == (
        f"there are no short-cadence files of KIC 11442793 in {tmp_path}; download them"
    )
    assert error_of(ArchiveError, tmp_path, injected="inj2") == (
        f"there are no inj2 long-cadence files of KIC 11442793 in {tmp_path}; "
        "give the folder that contains them"
    )


@pytest.mark.parametrize("star", ["../../etc", "11442793", -1, 10**9, 1.5, None])
def test_star_numbers_that_are_not_integers_are_rejected(tmp_path, star):
    assert error_of(ArchiveError, tmp_path, star) == (
        f"{star!r} is not a valid KIC number; give a whole number of up to 9 digits"
    )


@pytest.mark.parametrize("extensions", [(0,), (1,), (0, 1)])
def test_a_file_with_the_number_of_another_star_in_any_header_is_rejected(tmp_path, extensions):
    path = quarter(tmp_path, 1, [1, 2])
    for extension in extensions:
        fits.setval(path, "KEPLERID", value=1, ext=extension)
    assert " of KIC 1, not of KIC 11442793; delete" in error_of(ArchiveError, tmp_path)


def test_file_of_another_star_is_rejected(tmp_path):
    path = quarter(tmp_path, 1, [1, 2], header={"KEPLERID": 757450})
    assert error_of(ArchiveError, tmp_path) == (
        f"{path} contains quarter 1 of KIC 757450, not of KIC 11442793; delete the file, and "
        "download the light curves of the star to this folder again"
    )


def test_file_without_a_quarter_number_is_rejected(tmp_path):
    path = quarter(tmp_path, 1, [1, 2], header={"QUARTER": "one"})
    assert error_of(ArchiveError, tmp_path) == (
        f"{path}: the keyword QUARTER is missing or not an integer; "
        "delete the file and download it again"
    )


def test_truncated_file_is_rejected(tmp_path):
    path = quarter(tmp_path, 1, np.ones(500))
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    message = error_of(ArchiveError, tmp_path)
    assert message.startswith(f"{path} is truncated (expected at least ")
    assert f" bytes, found {len(content) // 2:,}); " in message


def test_missing_flux_column_is_rejected(tmp_path):
    path = quarter(tmp_path, 1, [1, 2])
    assert error_of(ArchiveError, tmp_path, flux="CORR_FLUX") == (
        f"{path} has no column CORR_FLUX; set the reader option flux to one of SAP_FLUX, "
        "PDCSAP_FLUX"
    )


@pytest.mark.parametrize("flux", [[], [np.nan, np.nan]])
@pytest.mark.parametrize("scramble", [None, "SCR1"])
def test_light_curve_without_finite_points_is_rejected(tmp_path, flux, scramble):
    quarter(tmp_path, 1, flux)
    message = error_of(LightCurveError, tmp_path, scramble=scramble)
    assert message.startswith("star 11442793: no point has a finite time and flux; ")


def test_unknown_quarter_is_rejected(tmp_path):
    path = quarter(tmp_path, 1, [1, 2], header={"QUARTER": 18})
    assert error_of(ArchiveError, tmp_path, scramble="SCR1") == (
        f"{path}: the quarter is 18, but Kepler's quarters are numbered 0 to 17; delete the file "
        "and download it again"
    )


def test_reader_options_are_validated():
    assert list(KeplerReader.model_fields) == [
        *("centroid", "flux", "drop_quality", "cadence", "invert", "scramble", "injected")
    ]
    with pytest.raises(ValidationError, match=r"fluxes\n *Extra inputs are not permitted"):
        KeplerReader(fluxes="SAP_FLUX")
    with pytest.raises(ValidationError, match=r"drop_quality\n.* greater than or equal to 0"):
        KeplerReader(drop_quality=-1)


def test_table_is_read_with_canonical_columns(tmp_path):
    (tmp_path / "t.csv").write_text(
        "kepid,tce_period,tce_time0bk,tce_duration\n757450,8.9,134.4,12.0\n"
    )
    assert kepler.read_catalog(tmp_path / "t.csv").duration_days.tolist() == [0.5]
    with pytest.raises(CatalogError, match=r"no\.csv does not exist"):
        kepler.read_catalog(tmp_path / "no.csv")


@pytest.mark.parametrize("case", ["kepler90", "kepler90_inverted"])
def test_real_files_are_read_as_by_the_original(shared, tmp_path, case):
    golden = np.load(shared / f"golden/{case}.npz")
    meta = json.loads(str(golden["meta"]))
    for name in meta["files"]:
        (tmp_path / name).symlink_to(shared / "data/kepler/0114/011442793" / name)
    curve = read_light_curve(tmp_path, STAR, KeplerReader(**meta["read_kwargs"]))
    np.testing.assert_array_equal(curve.time, golden["in_time"])
    np.testing.assert_array_equal(curve.flux, golden["in_flux"])
    assert np.bincount(curve.segment).tolist() == golden["split_len"].tolist()


def test_kepler_90_is_read(shared):
    folder = shared / "data/kepler"
    assert len(list_files(folder, STAR)) == 14
    curve = read_light_curve(folder, STAR)
    assert curve.time.min() > 131 and curve.time.max() < 1592
    scrambled = read_light_curve(folder, STAR, KeplerReader(scramble="SCR1"))
    assert len(scrambled) < len(curve)  # gaps in time and in flux no longer coincide
    with pytest.raises(ArchiveError, match="no short-cadence files of KIC 11442793 in "):
        list_files(folder, STAR, KeplerReader(cadence="short"))
