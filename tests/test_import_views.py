import numpy as np
import pytest

from astronet.errors import CatalogError
from astronet.files.checksums import sha256_of
from astronet.files.provenance import commit
from astronet.import_views import import_views


def test_an_imported_store_records_its_sources_and_their_hashes(tmp_path):
    view = np.tile(np.array([0, -1, 0], np.float32), (2, 1))
    views, table = tmp_path / "views.npz", tmp_path / "tce.csv"
    np.savez(views, kepid=[7, 8], tce_plnt_num=[1, 1], local_view=view)
    table.write_text(
        "kepid,tce_plnt_num,tce_period,tce_time0bk,tce_duration\n7,1,2.5,131,3\n8,1,5,132,3\n"
    )
    store = import_views(views, tmp_path / "store", table=table)
    provenance = store.description["provenance"]
    assert (provenance["source"], provenance["sha256"]) == ("views.npz", sha256_of(views))
    assert provenance["catalog"] == {"name": "tce.csv", "sha256": sha256_of(table)}
    assert store.description["commit"] == commit()
    bare = import_views(views, tmp_path / "bare")
    assert bare.description["provenance"]["catalog"] == {}


def test_numbers_of_a_second_table_are_joined(tmp_path):
    view = np.tile(np.array([0, -1, 0], np.float32), (2, 1))
    views, table, other = tmp_path / "views.npz", tmp_path / "tce.csv", tmp_path / "dr25.csv"
    np.savez(views, kepid=[7, 8], tce_plnt_num=[1, 1], local_view=view)
    heading = "kepid,tce_plnt_num,tce_period,tce_time0bk,tce_duration"
    table.write_text(f"{heading}\n7,1,2.5,131,3\n8,1,5,132,3\n")
    other.write_text(f"{heading},tce_maxmes\n7,4,2.5,131.01,3,6.5\n")
    store = import_views(views, tmp_path / "store", table=table, join=other)
    np.testing.assert_array_equal(store.index.joined_tce_maxmes, [6.5, np.nan])
    assert store.description["provenance"]["catalog"] == {
        "name": "tce.csv",
        "sha256": sha256_of(table),
        "joined": "dr25.csv",
        "joined_sha256": sha256_of(other),
    }
    with pytest.raises(
        CatalogError, match=r"^there is no event table to which .*dr25.csv can be joined; give"
    ):
        import_views(views, tmp_path / "none", join=other)


def imported(tmp_path, views):
    source = tmp_path / "views.npz"
    np.savez(
        source,
        kepid=np.arange(1, len(views) + 1),
        tce_plnt_num=np.ones(len(views), int),
        a_view=views,
    )
    return import_views(source, tmp_path / "store")


def normalised(rows):
    views = 0.1 * np.random.default_rng(0).standard_normal((rows, 201))
    views -= np.median(views, axis=1, keepdims=True)
    views[:, 100] = -1
    return views.astype(np.float32)


def test_views_that_are_not_normalised_are_counted(tmp_path, caplog):
    views = normalised(300)
    views[:20] += 1
    views[20:50] *= -1
    imported(tmp_path, views)
    (record,) = caplog.records
    message = record.getMessage()
    assert (
        "views.npz: 50 of 300 views a are not normalised (median 0, minimum -1), 30 of" in message
    )
    assert "30 of them inverted" in message


def test_normalised_and_flat_views_are_imported_without_a_warning(tmp_path, caplog):
    views = normalised(300)
    views[:100] = 0
    views[100:103] *= 0.5
    imported(tmp_path, views)
    assert not caplog.records
