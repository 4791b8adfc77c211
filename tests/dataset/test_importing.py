"""Import of arrays and TFRecords: small arrays by hand, and the real ones of DR24."""

import zipfile

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from samples import error_of

from astronet.dataset.store import ViewStore
from astronet.errors import StoreError
from astronet.lightcurves.view_specs import GLOBAL, REBINNED_LOCAL
from astronet.missions.tables import canonical

KEPLER_90 = 11442793


def arrays(**changes):
    """Three events of two stars; the views are much shorter than real ones."""
    view = np.array([[0, -1, 0], [0, -1, 2], [0, 0, -1]], np.float16)
    made = {
        "kepid": np.array([KEPLER_90, 757450, KEPLER_90]),
        "tce_plnt_num": np.array([1, 1, 2]),
        "label": np.array(["PC", "AFP", "UNK"]),
        "split": np.array(["train", "test", ""]),
        "global_view": view,
        "local_view": view[:, 1:],
    }
    made.update(changes)
    return {name: array for name, array in made.items() if array is not None}


def save(path, **changes):
    np.savez_compressed(path, **arrays(**changes))
    return path


def table():
    return canonical(
        pd.DataFrame(
            {
                "kepid": [KEPLER_90, 757450, 5],
                "tce_plnt_num": [2, 1, 1],
                "tce_period": [14.449, 8.885, 1.0],
                "tce_time0bk": [2.2, 134.45, 0.5],
                "tce_duration": [2.4, 2.4, 2.4],
                "av_training_set": ["PC", "PC", "PC"],
                "tce_depth": [84.0, 16310.0, 1.0],
                "tce_nkoi": [8, 1, 0],
            }
        )
    )


def test_arrays_become_a_store(tmp_path):
    store = ViewStore.import_arrays(save(tmp_path / "v.npz"), tmp_path / "store")
    assert store.index["star"].tolist() == [KEPLER_90, 757450, KEPLER_90]
    assert store.index["number"].tolist() == [1, 1, 2]
    assert store.index["label"].tolist() == ["PC", "AFP", "UNK"]
    assert store.index["split"].tolist() == ["train", "test", ""]
    assert store.index["period_days"].isna().all()
    assert store.views["global"].tolist() == [[0, -1, 0], [0, -1, 2], [0, 0, -1]]
    assert store.views["local"].tolist() == [[-1, 0], [-1, 2], [0, -1]]
    assert store.specs == {}, "views of other lengths have no known spec"


def test_a_table_adds_the_ephemerides(tmp_path):
    store = ViewStore.import_arrays(save(tmp_path / "v.npz"), tmp_path / "store", table())
    index = store.index
    assert index["period_days"].tolist()[1:] == [8.885, 14.449]
    assert index["duration_days"].tolist()[1:] == pytest.approx([0.1, 0.1])
    assert index["tce_nkoi"].tolist()[1:] == [1.0, 8.0]
    assert index.loc[0, ["period_days", "depth_ppm", "tce_nkoi"]].isna().all()
    assert index["label"].tolist() == ["PC", "AFP", "UNK"], "the arrays' labels take precedence"
    assert store.description["provenance"]["events_without_table_row"] == 1


def test_arrays_without_labels_have_empty_labels(tmp_path):
    npz = save(tmp_path / "v.npz", label=None, split=None, local_view=None)
    index = ViewStore.import_arrays(npz, tmp_path / "a").index
    assert index["label"].tolist() == index["split"].tolist() == ["", "", ""]
    index = ViewStore.import_arrays(npz, tmp_path / "b", table()).index
    assert index["label"].tolist() == ["", "PC", "PC"]


def test_other_columns_are_kept(tmp_path):
    npz = save(tmp_path / "v.npz", tce_period=np.array([1.5, 2.5, 3.5]), origin=np.zeros((2, 2)))
    store = ViewStore.import_arrays(npz, tmp_path / "store", table())
    assert store.index["period_days"].tolist() == [1.5, 2.5, 3.5]
    assert store.description["provenance"]["left_out"] == ["origin"]


@pytest.mark.parametrize("dtype", ["<f4", ">f4", "<f8", "<i2"])
def test_numbers_of_any_type_become_float32(tmp_path, dtype):
    view = np.array([[0, -1, 0], [0, -1, 2], [0, 0, -1]])
    for array in (view.astype(dtype), np.asfortranarray(view.astype(dtype))):
        npz = save(tmp_path / "v.npz", global_view=array)
        store = ViewStore.import_arrays(npz, tmp_path / "store", overwrite=True)
        assert store.views["global"].dtype == np.float32
        assert store.views["global"].tolist() == view.tolist()


def test_arrays_longer_than_a_block_are_complete(tmp_path):
    n = 1300
    view = np.arange(n * 2, dtype=np.float32).reshape(n, 2)
    np.savez(tmp_path / "v.npz", kepid=np.arange(1, n + 1), global_view=view)
    store = ViewStore.import_arrays(tmp_path / "v.npz", tmp_path / "store")
    assert np.array_equal(store.views["global"], view)
    assert store.index["number"].unique().tolist() == [1]


INVALID_ARRAYS = [
    (
        {"kepid": None},
        "{npz} has no array kepid (arrays found: tce_plnt_num, label, split, global_view, "
        "local_view); save the KIC numbers [n] as kepid",
    ),
    (
        {"global_view": None, "local_view": None},
        "{npz} has no views (arrays found: kepid, tce_plnt_num, label, split); save each view "
        "[n, bins] as `<view>_view`",
    ),
    (
        {"kepid": np.array([1, 2])},
        "{npz}: the arrays differ in length (kepid 2, label 3, split 3, tce_plnt_num 3, "
        "global_view 3, local_view 3); save one row per event",
    ),
    (
        {"global_view": np.zeros((2, 3))},
        "{npz}: the arrays differ in length (kepid 3, label 3, split 3, tce_plnt_num 3, "
        "global_view 2, local_view 3); save one row per event",
    ),
    (
        {"global_view": np.zeros(3)},
        "{npz}: global_view is float64 [3]; save it as a numeric array [n, bins]",
    ),
    (
        {"global_view": np.array([["a"]] * 3)},
        "{npz}: global_view is <U1 [3, 1]; save it as a numeric array [n, bins]",
    ),
    (
        {"kepid": np.array([0.5, 1, 2])},
        "{npz}: kepid is not an array of integers [n]; convert it to integers",
    ),
    (
        {"label": np.array(["PC", None, ""], dtype=object)},
        "{npz}: label contains Python objects; save it as text or numbers",
    ),
    (
        {"tce_plnt_num": np.array([1, 1, 1])},
        "{npz}: there are several rows for star 11442793, event 1; keep one row per event",
    ),
    (
        {"global_view": np.array([[0, -1], [np.nan, -1], [0, np.inf]])},
        "the view 'global' has NaN or infinite values in 2 rows (1, 2; counted from 0); "
        "remove these events",
    ),
    (
        {"global_view": np.array([[0, -1], [0, -1], [1e300, -1]])},
        "the view 'global' has NaN or infinite values in 1 row (2; counted from 0); remove these "
        "events",
    ),
    (
        {"a b_view": np.zeros((3, 2))},
        "'a b' is not a valid name for a view; use only letters, digits, _ and -",
    ),
]


@pytest.mark.parametrize(("changes", "message"), INVALID_ARRAYS)
def test_invalid_arrays_are_rejected(tmp_path, changes, message):
    npz = save(tmp_path / "v.npz", **changes)
    assert error_of(ViewStore.import_arrays, npz, tmp_path / "s") == message.format(npz=npz)
    assert [file.name for file in tmp_path.iterdir()] == ["v.npz"]


def test_a_file_that_is_not_an_npz_is_rejected(tmp_path):
    npz = tmp_path / "v.npz"
    assert error_of(ViewStore.import_arrays, npz, tmp_path / "s") == (
        f"{npz} does not exist; check the path"
    )
    npz.write_text("kepid,label")
    assert error_of(ViewStore.import_arrays, npz, tmp_path / "s") == (
        f"{npz} is not a complete .npz file of plain arrays (File is not a zip file); "
        "write it with numpy.savez"
    )


def test_a_corrupt_name_does_not_hide_an_array(tmp_path):
    """The name in the central directory of the zip no longer ends in .npy."""
    npz = save(tmp_path / "v.npz")
    content = bytearray(npz.read_bytes())
    content[content.rindex(b"global_view.npy") + len("global_view.np")] ^= 1
    npz.write_bytes(content)
    message = error_of(ViewStore.import_arrays, npz, tmp_path / "s")
    cause = "is not a complete .npz file of plain arrays (File name in directory"
    assert message.startswith(f"{npz} {cause}")


@settings(deadline=None, max_examples=150)
@given(st.data())
def test_a_corrupt_npz_is_rejected_or_read_completely(tmp_path_factory, data):
    folder = tmp_path_factory.mktemp("corrupt")
    content = bytearray(save(folder / "v.npz").read_bytes())
    if data.draw(st.booleans()):
        content = content[: data.draw(st.integers(0, len(content) - 1))]
    else:
        content[data.draw(st.integers(0, len(content) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    (folder / "v.npz").write_bytes(content)
    try:
        store = ViewStore.import_arrays(folder / "v.npz", folder / "s")
        assert store.views["global"].tolist() == arrays()["global_view"].tolist()
    except StoreError as error:
        assert "\n" not in str(error)
        assert not (folder / "s").exists()


def test_an_array_shorter_than_its_header_is_rejected(tmp_path):
    npz = save(tmp_path / "v.npz", local_view=None)
    with zipfile.ZipFile(npz) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members["global_view.npy"] = members["global_view.npy"][:-2]
    with zipfile.ZipFile(npz, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    assert error_of(ViewStore.import_arrays, npz, tmp_path / "s") == (
        f"{npz} is not a complete .npz file of plain arrays (an array is shorter than its header "
        "states); write it with numpy.savez"
    )


def test_a_table_without_numbers_or_with_repeated_events_is_rejected(tmp_path):
    npz = save(tmp_path / "v.npz")
    assert error_of(ViewStore.import_arrays, npz, tmp_path / "s", pd.DataFrame({"star": [1]})) == (
        "the table has no column 'number'; read the table with read_catalog"
    )
    repeated = pd.concat([table(), table()])
    assert error_of(ViewStore.import_arrays, npz, tmp_path / "s", repeated) == (
        f"there are several rows for star {KEPLER_90}, event 2; star 757450, event 1; "
        "keep one row per event"
    )


@pytest.fixture(scope="module")
def dr24(shared, tmp_path_factory):
    catalog = canonical(pd.read_csv(shared / "data/dr24/q1_q17_dr24_tce.csv"))
    path = tmp_path_factory.mktemp("dr24") / "store"
    return ViewStore.import_arrays(shared / "data/dr24/views_trainval.npz", path, catalog)


def test_the_arrays_of_dr24_are_complete(dr24):
    assert len(dr24) == 14_163
    assert dr24.bins == {"global": 2001, "rebinned_local": 201}
    assert dr24.specs == {"global": GLOBAL, "rebinned_local": REBINNED_LOCAL}
    assert dr24.index["flat"].sum() == 7
    assert dr24.index["period_days"].notna().all()
    assert (dr24.index["split"] == dr24.index["official_split"]).all()
    assert dr24.description["provenance"]["events_without_table_row"] == 0
    dr24.verify()


def test_the_records_of_dr24_equal_the_arrays(dr24, shared, tmp_path):
    records = ViewStore.import_tfrecords(shared / "data/tfrecords", tmp_path / "store")
    assert len(records) == 864
    rows = dr24.index.reset_index().set_index(["star", "number"])
    matched = rows.loc[pd.MultiIndex.from_frame(records.index[["star", "number"]])]
    for name in ("label", "split", "period_days", "epoch_bkjd"):
        assert (matched[name].to_numpy() == records.index[name].to_numpy()).all(), name
    durations = records.index["duration_days"].to_numpy()
    assert matched["duration_days"].to_numpy() == pytest.approx(durations, rel=2e-7)
    from_records = records.views["global"]
    from_arrays = dr24.views["global"][matched["index"]]
    # float16 rounds to 5e-4; one of the 864 events was binned again and differs by 1.1e-4.
    assert (np.abs(from_records - from_arrays) <= 5e-4 * np.abs(from_records) + 1.1e-4).all()
    assert (from_records.astype(np.float16) == from_arrays).all(axis=1).sum() == 862


def with_header(npz, name, shape):
    """Replace the header of an array by one with another shape, in a valid archive."""
    with zipfile.ZipFile(npz) as archive:
        members = {one: archive.read(one) for one in archive.namelist()}
    header = f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    size = len(header).to_bytes(2, "little")
    members[name] = b"\x93NUMPY\x01\x00" + size + header + bytes(80)
    with zipfile.ZipFile(npz, "w") as archive:
        for one, content in members.items():
            archive.writestr(one, content)
    return npz


@pytest.mark.parametrize(
    "shape", ["(3, 1000000000000)", "(1000000000000,)", "(-1, 5)", "(3, -5)", f"({'9' * 4000},)"]
)
@pytest.mark.parametrize("name", ["kepid.npy", "global_view.npy", "label.npy"])
def test_shapes_that_the_file_cannot_contain_are_rejected_before_they_are_read(
    tmp_path, shape, name
):
    npz = with_header(save(tmp_path / "v.npz"), name, shape)
    message = error_of(ViewStore.import_arrays, npz, tmp_path / "s")
    assert message.startswith(f"{npz} is not a complete .npz file of plain arrays (an array ")


def test_a_small_file_with_a_huge_content_is_rejected(tmp_path):
    np.savez_compressed(tmp_path / "v.npz", **arrays(), more=np.zeros(10_000_000))
    assert "(it decompresses to more than 100 times its size)" in error_of(
        ViewStore.import_arrays, tmp_path / "v.npz", tmp_path / "s"
    )


@pytest.mark.parametrize("code", [0x110000, 0xD800, 0xFFFFFFFF])
@pytest.mark.parametrize("order", ["<", ">"])
def test_texts_with_invalid_characters_are_rejected(tmp_path, code, order):
    npz = save(tmp_path / "v.npz")
    with zipfile.ZipFile(npz) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    header = f"{{'descr': '{order}U2', 'fortran_order': False, 'shape': (3,), }}\n".encode()
    texts = np.array([65, 0, 66, 0, 67, code], f"{order}u4").tobytes()
    size = len(header).to_bytes(2, "little")
    members["label.npy"] = b"\x93NUMPY\x01\x00" + size + header + texts
    with zipfile.ZipFile(npz, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    assert "arrays (a text contains invalid characters); write it with" in error_of(
        ViewStore.import_arrays, npz, tmp_path / "s"
    )


@pytest.mark.parametrize("compression", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_archives_that_numpy_does_not_write_are_rejected(tmp_path, compression):
    npz = save(tmp_path / "v.npz")
    with zipfile.ZipFile(npz) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(npz, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    assert "(it uses a compression method other than deflate); write it with" in error_of(
        ViewStore.import_arrays, npz, tmp_path / "s"
    )
