import numpy as np

from astronet.import_views import import_views
from astronet.versions import commit, sha256_of


def test_an_imported_store_names_its_sources_and_their_hashes(tmp_path):
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
