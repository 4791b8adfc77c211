"""Centroids, image positions and orientations of each mission's files."""

import numpy as np
import pytest
from astropy.io import fits
from astropy.wcs import WCS
from light_curve_files import BTJD, write_k2, write_qlp, write_spoc

from astronet.errors import ArchiveError
from astronet.missions import custom, k2, kepler, tess
from astronet.missions.fits_table import _read_directly, _read_through_astropy
from astronet.simulation.kepler_writer import write_quarter

STAR = 11442793
TURNED = {"PC1_1": 0.0, "PC1_2": -1.0, "PC2_1": 1.0, "PC2_2": 0.0}
SCALE = 3600 * 0.001108009184613  # arcsec per pixel, the default of the header


def columns(time):
    """Return columns whose centroids begin at (600, 300) and increase by (1, 2) per point."""
    points = np.arange(len(time))
    return {
        "TIME": time,
        "PDCSAP_FLUX": np.where(points == 1, np.nan, 100.0),
        "MOM_CENTR1": 600.0 + points,
        "MOM_CENTR2": 300.0 + 2 * points,
        "PSF_CENTR1": 601.0 + points,
        "PSF_CENTR2": 301.0 + 2 * points,
        "POS_CORR1": 0.5 * points,
        "POS_CORR2": -0.25 * points,
    }


def write_kepler(folder, number=1, header=None, **changed):
    time = 100.0 * number + 0.5 * np.arange(4)
    return write_quarter(folder, STAR, number, columns(time) | changed, header or {})


def read(folder, **options):
    return kepler.read_light_curve(folder, STAR, kepler.KeplerReader(**options))


def test_centroids_are_read_only_on_request(tmp_path):
    write_kepler(tmp_path)
    curve = read(tmp_path)
    assert curve.centroid is None and curve.position is None and curve.orientation is None


def test_points_without_flux_are_dropped_from_all_columns(tmp_path):
    write_kepler(tmp_path)
    curve = read(tmp_path, centroid="moments")
    assert curve.centroid.tolist() == [[600, 300], [602, 304], [603, 306]]
    assert curve.position.tolist() == [[0, 0], [1, -0.5], [1.5, -0.75]]


def test_fitted_centroids_are_read_instead(tmp_path):
    write_kepler(tmp_path)
    assert read(tmp_path, centroid="psf").centroid[0].tolist() == [601, 301]


def test_each_quarter_has_its_orientation(tmp_path):
    write_kepler(tmp_path, 1)
    write_kepler(tmp_path, 2, TURNED)
    curve = read(tmp_path, centroid="moments")
    assert curve.segment.tolist() == [0, 1, 1, 2, 3, 3]  # a point without flux leaves a gap
    assert curve.part.tolist() == [0, 0, 1, 1]
    np.testing.assert_allclose(curve.orientation[0], SCALE * np.array([[-1, 0], [0, 1]]))
    np.testing.assert_allclose(curve.orientation[1], SCALE * np.array([[0, 1], [1, 0]]))


def test_scrambled_and_inverted_light_curves_keep_the_centroids_of_their_points(tmp_path):
    for number in (1, 13):
        write_kepler(tmp_path, number, MOM_CENTR1=np.full(4, 100.0 * number))
    curve = read(tmp_path, centroid="moments", scramble="SCR1", invert=True)
    assert curve.centroid[:, 0].tolist() == [1300] * 3 + [100] * 3


def test_a_file_without_the_columns_has_missing_values(tmp_path):
    write_kepler(tmp_path, 1)
    write_quarter(tmp_path, STAR, 2, {"TIME": [200.0, 200.5], "PDCSAP_FLUX": [1.0, 1.0]})
    curve = read(tmp_path, centroid="moments")
    assert np.isnan(curve.centroid[-2:]).all() and np.isnan(curve.orientation[1]).all()
    assert np.isfinite(curve.centroid[:-2]).all()


def test_files_without_the_columns_give_none(tmp_path):
    write_quarter(tmp_path, STAR, 2, {"TIME": [200.0, 200.5], "PDCSAP_FLUX": [1.0, 1.0]})
    assert read(tmp_path, centroid="moments").centroid is None


def test_a_column_of_arrays_is_one_clear_error(tmp_path):
    path = write_kepler(tmp_path)
    with fits.open(path) as file:
        table = file[1]
        kept = [column for column in table.columns if column.name != "MOM_CENTR1"]
        pairs = fits.Column("MOM_CENTR1", "2D", array=np.ones((4, 2)))
        replaced = fits.BinTableHDU.from_columns([*kept, pairs], table.header)
        fits.HDUList([file[0], replaced, file[2]]).writeto(tmp_path / "new.fits")
    (tmp_path / "new.fits").replace(path)
    with pytest.raises(ArchiveError, match="column MOM_CENTR1 does not contain one number per row"):
        read(tmp_path, centroid="moments")


def test_k2_has_centroids(tmp_path):
    write_k2(tmp_path, 201912552, 1, columns(1950.0 + 0.5 * np.arange(4)))
    reader = k2.K2Reader(centroid="moments")
    curve = k2.read_light_curve(tmp_path, 201912552, reader)
    assert curve.centroid[0].tolist() == [600, 300]
    np.testing.assert_allclose(curve.orientation[0], SCALE * np.array([[-1, 0], [0, 1]]))


def test_tess_has_centroids_in_spoc_files_only(tmp_path):
    for number, write in ((1, write_spoc), (2, write_qlp)):
        time = 1000 + 100.0 * number + 0.5 * np.arange(4)
        given = columns(time) if write is write_spoc else {"TIME": time, "KSPSAP_FLUX": np.ones(4)}
        write(tmp_path, 25155310, number, given)
    reader = tess.TessReader(centroid="moments")
    curve = tess.read_light_curve(tmp_path, 25155310, reader)
    assert curve.time[0] == 1100 + BTJD
    assert curve.centroid[0].tolist() == [600, 300]
    assert np.isnan(curve.centroid[3:]).all()


def test_custom_light_curves_have_no_centroids(tmp_path):
    (tmp_path / "mine.csv").write_text("time,flux\n1,1\n2,1\n")
    curve = custom.read_light_curve(tmp_path, "mine", custom.CustomReader(clock="bkjd"))
    assert curve.centroid is None and curve.position is None and curve.orientation is None


def test_the_orientation_is_that_of_astropy(shared):
    folder = shared / "data/kepler/0114/011446443"
    reader = kepler.KeplerReader(centroid="moments")
    curve = kepler.read_light_curve(shared / "data/kepler", 11446443, reader)
    for path, matrix in zip(sorted(folder.glob("*.fits")), curve.orientation, strict=True):
        wcs = WCS(fits.getheader(path, "APERTURE"))
        np.testing.assert_allclose(matrix, 3600 * wcs.pixel_scale_matrix, rtol=1e-9)


def test_both_ways_to_read_a_file_give_the_same_headers_of_other_extensions(tmp_path):
    path = write_kepler(tmp_path, header=TURNED)
    content = path.read_bytes()
    direct = _read_directly(path, content, "LIGHTCURVE", ())
    through = _read_through_astropy(path, content, "LIGHTCURVE", ())
    for table in (direct, through):
        assert table.other("APERTURE", "PC1_2") == -1.0
        assert table.other("APERTURE", "NOTHING") is None
        assert table.other("NOTHING", "PC1_2") is None
