"""Stores: what is written is read, and an incomplete store is never opened."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from astronet.dataset.store import ViewStore
from astronet.errors import StoreError
from astronet.lightcurves.view_specs import ViewSpec

SPECS = {"global": ViewSpec(bins=4), "local": ViewSpec(bins=2, durations=4, bin_width=0.16)}


def views(n):
    """Views of n events with median 0 and minimum −1; the last bin contains the row number."""
    whole = np.zeros((n, 4), np.float32)
    whole[:, 1] = -1
    whole[:, 3] = np.arange(n)
    return {"global": whole, "local": whole[:, :2].copy()}


def create(path, n=3, **columns):
    index = pd.DataFrame({"star": range(1, n + 1), "number": 1} | columns)
    return ViewStore.create(path, index, [views(n)], SPECS, {"made": "by hand"})


def error_of(action, *args, **kwargs):
    with pytest.raises(StoreError) as caught:
        action(*args, **kwargs)
    return str(caught.value)


def contents(folder: Path):
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def test_views_are_read_as_memory_maps(tmp_path):
    store = create(tmp_path / "store")
    assert len(store) == 3
    assert store.bins == {"global": 4, "local": 2}
    assert store.specs == SPECS
    assert isinstance(store.views["global"], np.memmap)
    for name, view in views(3).items():
        assert store.views[name].dtype == np.float32
        assert np.array_equal(store.views[name], view)
        assert np.array_equal(np.load(tmp_path / "store" / f"{name}.npy"), view)


def test_an_index_is_completed(tmp_path):
    index = create(tmp_path / "store", depth_ppm=[84.0, np.nan, 1e-5], name=["b", None, "NA"]).index
    assert list(index.columns[:2]) == ["star", "number"]
    assert list(index.columns[2:5]) == ["period_days", "epoch_bkjd", "duration_days"]
    assert list(index.columns[5:]) == ["label", "split", "flat", "depth_ppm", "name"]
    assert index["star"].dtype == index["number"].dtype == np.int64
    assert index["period_days"].isna().all()
    assert index["name"].tolist() == ["b", "", "NA"]
    assert index["label"].tolist() == index["split"].tolist() == ["", "", ""]
    assert index["flat"].tolist() == [False, False, False]
    assert isinstance(index.index, pd.RangeIndex)


def test_names_of_stars_stay_text(tmp_path):
    assert create(tmp_path / "a", star=["007", "NA", ""]).index["star"].tolist() == [
        "007",
        "NA",
        "",
    ]
    assert create(tmp_path / "b", star=[7, "x", 8]).index["star"].tolist() == ["7", "x", "8"]


@settings(deadline=None, max_examples=50)
@given(
    numbers=st.lists(st.floats(allow_nan=True, allow_infinity=True), min_size=3, max_size=3),
    integers=st.lists(st.integers(-(2**63), 2**63 - 1), min_size=3, max_size=3),
    texts=st.lists(st.text(), min_size=3, max_size=3),
)
def test_an_index_keeps_every_digit_and_character(tmp_path_factory, numbers, integers, texts):
    path = tmp_path_factory.mktemp("index") / "store"
    index = create(path, x=numbers, n=3, k=integers, comment=texts).index
    assert np.array_equal(index["x"], numbers, equal_nan=True)
    assert index["k"].tolist() == integers
    for read, written in zip(index["comment"], texts, strict=True):
        assert read == "".join(" " if ord(c) < 32 or ord(c) == 127 else c for c in written)


def test_blocks_can_be_written_view_by_view(tmp_path):
    index = pd.DataFrame({"star": [1, 2, 3], "number": 1})
    whole = views(3)
    chunks = [
        {"global": whole["global"][:2]},
        {"global": whole["global"][2:], "local": whole["local"][:0]},
        {"local": whole["local"]},
    ]
    ViewStore.create(tmp_path / "a", index, chunks, SPECS, {"made": "by hand"})
    create(tmp_path / "b")
    assert contents(tmp_path / "a") == contents(tmp_path / "b")


def test_the_index_can_follow_the_views(tmp_path):
    written = []

    def chunks():
        for star in (5, 6):
            written.append(star)
            yield views(1)

    store = ViewStore.create(
        tmp_path / "s", lambda: pd.DataFrame({"star": written, "number": 1}), chunks(), SPECS, {}
    )
    assert store.index["star"].tolist() == [5, 6]


def test_the_same_input_gives_the_same_bytes(tmp_path):
    a, b = create(tmp_path / "a"), create(tmp_path / "b")
    assert contents(a.path) == contents(b.path)
    assert a.digest == b.digest
    assert create(tmp_path / "c", label=["PC", "", ""]).digest != a.digest


def test_events_with_a_view_without_a_dip_are_flagged(tmp_path):
    whole = views(3)
    whole["local"][1] = 0
    odd = np.array([[1, 1], [3, 3], [1, 2]], np.float32)  # no spec: constant views have no dip
    index = pd.DataFrame({"star": [1, 2, 3], "number": 1})
    store = ViewStore.create(tmp_path / "a", index, [whole], SPECS, {})
    assert store.index["flat"].tolist() == [False, True, False]
    store = ViewStore.create(tmp_path / "b", index, [{"odd": odd}], {"odd": None}, {})
    assert store.index["flat"].tolist() == [True, True, False]
    assert store.specs == {}
    assert store.bins == {"odd": 2}


def test_a_store_is_replaced_only_with_overwrite(tmp_path):
    path = tmp_path / "store"
    create(path)
    index = pd.DataFrame({"star": [9], "number": 1})
    message = error_of(ViewStore.create, path, index, [views(1)], SPECS, {})
    assert message == (f"{path} is already a store; choose another folder, or overwrite it")
    store = ViewStore.create(path, index, [views(1)], SPECS, {}, overwrite=True)
    assert store.index["star"].tolist() == [9]
    assert [file.name for file in tmp_path.iterdir()] == ["store"]


def test_only_a_store_or_an_empty_folder_is_replaced(tmp_path):
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.tex").write_text("years of work")
    (tmp_path / "file").write_text("")
    index = pd.DataFrame({"star": [1], "number": 1})
    for path in (tmp_path / "thesis", tmp_path / "file"):
        message = error_of(ViewStore.create, path, index, [views(1)], SPECS, {}, overwrite=True)
        assert message == f"{path} exists and is not a store; choose another folder"
    assert (tmp_path / "thesis" / "chapter.tex").exists()
    (tmp_path / "empty").mkdir()
    assert len(ViewStore.create(tmp_path / "empty", index, [views(1)], SPECS, {})) == 1


def test_a_failed_write_leaves_nothing_behind(tmp_path):
    def chunks():
        yield views(1)
        raise StoreError("the second star has no light curve; leave it out")

    create(tmp_path / "store")
    before = contents(tmp_path / "store")
    index = pd.DataFrame({"star": [1, 2], "number": 1})
    for path in (tmp_path / "store", tmp_path / "new"):
        message = error_of(ViewStore.create, path, index, chunks(), SPECS, {}, overwrite=True)
        assert message == "the second star has no light curve; leave it out"
    assert [file.name for file in tmp_path.iterdir()] == ["store"]
    assert contents(tmp_path / "store") == before


def test_the_error_of_a_failed_write_names_the_store(tmp_path):
    (tmp_path / "file").write_text("")
    index = pd.DataFrame({"star": [1], "number": 1})
    path = tmp_path / "file" / "store"
    message = error_of(ViewStore.create, path, index, [views(1)], SPECS, {})
    assert message.startswith(f"the store {path} could not be written (")
    assert message.endswith("; check the permissions and the free space, or choose another folder")


@pytest.mark.parametrize("name", ["../x", "a b", "", "a/b", "ä", "x.npy", "_"])
def test_unsafe_names_of_views_are_rejected(tmp_path, name):
    index = pd.DataFrame({"star": [1], "number": 1})
    message = error_of(ViewStore.create, tmp_path / "s", index, [], {name: None}, {})
    assert message == f"'{name}' is not a valid name for a view; use only letters, digits, _ and -"


def test_inconsistent_views_are_rejected(tmp_path):
    index = pd.DataFrame({"star": [1, 2, 3], "number": 1})

    def error(*chunks, specs=SPECS, index=index):
        return error_of(ViewStore.create, tmp_path / "s", index, chunks, specs, {})

    whole = views(3)
    assert error({"local": whole["global"]}) == (
        "a block of the view 'local' has the shape (3, 4); give blocks of shape [rows, 2]"
    )
    assert error({"x": np.zeros((3, 0))}, specs={"x": None}) == (
        "a block of the view 'x' has the shape (3, 0); give blocks of shape [rows, bins]"
    )
    assert error({"odd": whole["global"]}) == ("the view 'odd' has no spec; add it to the specs")
    assert error({"global": whole["global"]}) == (
        "the views have different numbers of rows (global 3, local 0); add the missing rows"
    )
    assert error() == "there are no events to store; give a source that contains events"
    assert error(views(2)) == (
        "the event table has 3 rows, but the views have 2; give one row per event, in the same "
        "order"
    )
    repeated = pd.DataFrame({"star": [1, 1, 2], "number": [1, 1, 1]})
    assert error(whole, index=repeated) == (
        "there are several rows for star 1, event 1; keep one row per event"
    )
    assert error(whole, index=index[["star"]]) == ("the event table has no column 'number'; add it")
    bad = views(3)
    bad["global"][1, 0], bad["global"][2, 0] = np.nan, np.inf
    assert error({"global": whole["global"]}, bad) == (
        "the view 'global' has NaN or infinite values in 2 rows (4, 5; counted from 0); "
        "remove these events"
    )


def test_a_folder_that_is_not_a_store_is_rejected(tmp_path):
    assert error_of(ViewStore.open, tmp_path / "none") == (
        f"{tmp_path / 'none'} is not a store (it has no store.json); create one with "
        "`astronet import` or `astronet prepare`"
    )


def test_another_format_is_rejected(tmp_path):
    path = create(tmp_path / "s").path / "store.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"format": 2}))
    assert error_of(ViewStore.open, path.parent) == (
        f"{path} has format 2, but this version of astronet reads format 1; update astronet"
    )


def test_a_description_with_a_file_outside_the_store_is_rejected(tmp_path):
    path = create(tmp_path / "s").path / "store.json"
    path.write_text(path.read_text().replace('"index.csv"', '"/dev/zero"'))
    assert error_of(ViewStore.open, path.parent) == f"{path} is corrupt; recreate the store"


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 1}', "\x00", "[" * 10**5])
def test_a_corrupt_description_is_rejected(tmp_path, text):
    path = create(tmp_path / "s").path / "store.json"
    path.write_text(text)
    assert error_of(ViewStore.open, path.parent) == f"{path} is corrupt; recreate the store"


def test_a_missing_file_is_named(tmp_path):
    for name in ("global.npy", "index.csv"):
        path = create(tmp_path / name).path / name
        path.unlink()
        assert error_of(ViewStore.open, path.parent) == f"{path} is missing; recreate the store"


def test_a_truncated_or_extended_view_is_rejected(tmp_path):
    path = create(tmp_path / "s").path / "global.npy"
    whole = path.read_bytes()
    for kept in (0, 5, 100, len(whole) - 1):
        path.write_bytes(whole[:kept])
        message = error_of(ViewStore.open, path.parent)
        assert message == f"{path} is corrupt or truncated; recreate the store"
    path.write_bytes(whole + b"\0")
    message = error_of(ViewStore.open, path.parent)
    assert message == f"{path} is larger than expected for 3 rows; recreate the store"


def test_a_view_of_another_shape_is_rejected(tmp_path):
    path = create(tmp_path / "s").path / "global.npy"
    np.save(path, np.zeros((3, 5)))
    assert error_of(ViewStore.open, path.parent) == (
        f"{path} contains float64 [3, 5] instead of float32 [3, 4]; recreate the store"
    )


@settings(deadline=None, max_examples=100)
@given(st.integers(0, 127), st.integers(0, 255))
def test_a_corrupt_header_raises_only_store_errors(tmp_path_factory, position, value):
    path = create(tmp_path_factory.mktemp("header") / "s").path / "global.npy"
    content = bytearray(path.read_bytes())
    content[position] = value
    path.write_bytes(content)
    try:
        ViewStore.open(path.parent)
    except StoreError as error:
        assert str(path) in str(error)


def test_a_corrupt_index_is_rejected(tmp_path):
    path = create(tmp_path / "s").path / "index.csv"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[:-1]))
    assert error_of(ViewStore.open, path.parent) == (
        f"{path} has 2 rows instead of 3; recreate the store"
    )
    path.write_text(lines[0].replace("flat", "round") + "".join(lines[1:]))
    assert error_of(ViewStore.open, path.parent) == (
        f"{path} is corrupt (its columns have changed); recreate the store"
    )
    for text in ("", lines[0] + "one,1,,,,,,False\n", lines[0] + "1,1\n", lines[0] + "1" * 99):
        path.write_text(text)
        message = error_of(ViewStore.open, path.parent)
        assert message.startswith(f"{path} ")
        assert "\n" not in message


def test_verify_finds_a_changed_value(tmp_path):
    store = create(tmp_path / "s")
    store.verify()
    path = store.path / "global.npy"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    assert error_of(ViewStore.open(store.path).verify) == (
        f"{path} has changed since the store was created; recreate the store"
    )


def test_a_missing_view_is_named(tmp_path):
    store = create(tmp_path / "s")
    store.require({"local": 2, "global": None})
    remedy = (
        f"but the store {store.path} contains 'global' [4 bins], 'local' [2 bins]; use views "
        "of this store in the config, or prepare a store with the required views"
    )
    assert error_of(store.require, {"local": 201}) == (
        f"the network needs the view 'local' [201 bins], {remedy}"
    )
    assert error_of(store.require, {"odd": None}) == f"the network needs the view 'odd', {remedy}"


@pytest.mark.parametrize("name", ["thesis.tex", "views.csv", "figures/best.png"])
def test_a_store_with_other_files_is_not_replaced(tmp_path, name):
    path = tmp_path / "store"
    create(path)
    (path / "audit-star.csv").write_text("findings of an audit")
    (path / name).parent.mkdir(exist_ok=True)
    (path / name).write_text("mine")
    index = pd.DataFrame({"star": [9], "number": 1})
    message = error_of(ViewStore.create, path, index, [views(1)], SPECS, {}, overwrite=True)
    other = name.split("/")[0]
    assert message == (
        f"{path} contains {other}, which is not part of the store; move it, or choose another "
        "folder"
    )
    assert len(ViewStore.open(path)) == 3
    assert (path / name).read_text() == "mine"


@pytest.mark.parametrize("content", ["{}", "[]", "", '{"sha256": {"package.json": "0"}}'])
def test_a_folder_with_another_store_json_is_not_replaced(tmp_path, content):
    (tmp_path / "store.json").write_text(content)
    index = pd.DataFrame({"star": [9], "number": 1})
    message = error_of(ViewStore.create, tmp_path, index, [views(1)], SPECS, {}, overwrite=True)
    assert message == f"{tmp_path} exists and is not a store; choose another folder"
    assert (tmp_path / "store.json").read_text() == content
