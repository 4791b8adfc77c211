"""Stores: what goes in comes out, and nothing half-made is ever taken for a store."""

import json
import subprocess
import sys
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
    """n events whose views have median 0 and minimum −1; the last bin numbers them."""
    whole = np.zeros((n, 4), np.float32)
    whole[:, 1] = -1
    whole[:, 3] = np.arange(n)
    return {"global": whole, "local": whole[:, :2].copy()}


def create(path, n=3, **columns):
    index = pd.DataFrame({"star": range(1, n + 1), "number": 1} | columns)
    return ViewStore.create(path, index, [views(n)], SPECS, {"made": "by hand"})


def refused(action, *args, **kwargs):
    with pytest.raises(StoreError) as caught:
        action(*args, **kwargs)
    return str(caught.value)


def contents(folder: Path):
    return {file.name: file.read_bytes() for file in folder.iterdir()}


def test_views_come_back_as_memory_maps(tmp_path):
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


def test_stars_with_names_stay_text(tmp_path):
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
def test_an_index_keeps_every_digit_and_letter(tmp_path_factory, numbers, integers, texts):
    path = tmp_path_factory.mktemp("index") / "store"
    index = create(path, x=numbers, n=3, k=integers, comment=texts).index
    assert np.array_equal(index["x"], numbers, equal_nan=True)
    assert index["k"].tolist() == integers
    for read, written in zip(index["comment"], texts, strict=True):
        assert read == "".join(" " if ord(c) < 32 or ord(c) == 127 else c for c in written)


def test_blocks_may_come_view_by_view(tmp_path):
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


def test_the_index_may_be_known_last(tmp_path):
    made = []

    def chunks():
        for star in (5, 6):
            made.append(star)
            yield views(1)

    store = ViewStore.create(
        tmp_path / "s", lambda: pd.DataFrame({"star": made, "number": 1}), chunks(), SPECS, {}
    )
    assert store.index["star"].tolist() == [5, 6]


def test_the_same_input_gives_the_same_bytes(tmp_path):
    a, b = create(tmp_path / "a"), create(tmp_path / "b")
    assert contents(a.path) == contents(b.path)
    assert a.digest == b.digest
    assert create(tmp_path / "c", label=["PC", "", ""]).digest != a.digest


def test_flat_events_are_flagged(tmp_path):
    whole = views(3)
    whole["local"][1] = 0
    odd = np.array([[1, 1], [3, 3], [1, 2]], np.float32)  # a view of unknown making: flat if even
    index = pd.DataFrame({"star": [1, 2, 3], "number": 1})
    store = ViewStore.create(tmp_path / "a", index, [whole], SPECS, {})
    assert store.index["flat"].tolist() == [False, True, False]
    store = ViewStore.create(tmp_path / "b", index, [{"odd": odd}], {"odd": None}, {})
    assert store.index["flat"].tolist() == [True, True, False]
    assert store.specs == {}
    assert store.bins == {"odd": 2}


def test_a_store_is_replaced_only_if_wanted(tmp_path):
    path = tmp_path / "store"
    create(path)
    index = pd.DataFrame({"star": [9], "number": 1})
    message = refused(ViewStore.create, path, index, [views(1)], SPECS, {})
    assert message == (
        f"there is a store at {path} already; choose another folder, or add --overwrite"
    )
    store = ViewStore.create(path, index, [views(1)], SPECS, {}, overwrite=True)
    assert store.index["star"].tolist() == [9]
    assert [file.name for file in tmp_path.iterdir()] == ["store"]


def test_nothing_but_a_store_is_replaced(tmp_path):
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.tex").write_text("years of work")
    (tmp_path / "file").write_text("")
    index = pd.DataFrame({"star": [1], "number": 1})
    for path in (tmp_path / "thesis", tmp_path / "file"):
        message = refused(ViewStore.create, path, index, [views(1)], SPECS, {}, overwrite=True)
        assert message == f"{path} exists and is not a store; choose another folder"
    assert (tmp_path / "thesis" / "chapter.tex").exists()
    (tmp_path / "empty").mkdir()
    assert len(ViewStore.create(tmp_path / "empty", index, [views(1)], SPECS, {})) == 1


def test_a_failure_leaves_nothing_behind(tmp_path):
    def chunks():
        yield views(1)
        raise StoreError("the second star has no light curve; leave it out")

    create(tmp_path / "store")
    before = contents(tmp_path / "store")
    index = pd.DataFrame({"star": [1, 2], "number": 1})
    for path in (tmp_path / "store", tmp_path / "new"):
        message = refused(ViewStore.create, path, index, chunks(), SPECS, {}, overwrite=True)
        assert message == "the second star has no light curve; leave it out"
    assert [file.name for file in tmp_path.iterdir()] == ["store"]
    assert contents(tmp_path / "store") == before


def test_a_store_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    index = pd.DataFrame({"star": [1], "number": 1})
    path = tmp_path / "file" / "store"
    message = refused(ViewStore.create, path, index, [views(1)], SPECS, {})
    assert message.startswith(f"the store {path} could not be written (")
    assert message.endswith("; make room or choose another folder")


@pytest.mark.parametrize("name", ["../x", "a b", "", "a/b", "ä", "x.npy", "_"])
def test_names_of_views_are_safe(tmp_path, name):
    index = pd.DataFrame({"star": [1], "number": 1})
    message = refused(ViewStore.create, tmp_path / "s", index, [], {name: None}, {})
    assert message == f"'{name}' cannot name a view; use letters, digits, _ and - only"


def test_views_that_do_not_fit(tmp_path):
    index = pd.DataFrame({"star": [1, 2, 3], "number": 1})

    def refusal(*chunks, specs=SPECS, index=index):
        return refused(ViewStore.create, tmp_path / "s", index, chunks, specs, {})

    whole = views(3)
    assert refusal({"local": whole["global"]}) == (
        "a block of the view 'local' has the shape (3, 4); it must be [rows, 2]"
    )
    assert refusal({"x": np.zeros((3, 0))}, specs={"x": None}) == (
        "a block of the view 'x' has the shape (3, 0); it must be [rows, bins]"
    )
    assert refusal({"odd": whole["global"]}) == (
        "a block of the view 'odd' came without its spec; add it"
    )
    assert refusal({"global": whole["global"]}) == (
        "the views differ in their number of rows: global 3, local 0; give all of each"
    )
    assert refusal() == "there is no event to store; check the source"
    assert refusal(views(2)) == (
        "the table of events has 3 rows, the views have 2; give one row an event, in the same order"
    )
    again = pd.DataFrame({"star": [1, 1, 2], "number": [1, 1, 1]})
    assert refusal(whole, index=again) == (
        "star 1 number 1 stand in several rows; leave one row an event"
    )
    assert refusal(whole, index=index[["star"]]) == (
        "the table of events has no column number; every event needs one"
    )
    bad = views(3)
    bad["global"][1, 0], bad["global"][2, 0] = np.nan, np.inf
    assert refusal({"global": whole["global"]}, bad) == (
        "the view 'global' is not finite in 2 rows (counted from 0: 4, 5); leave these events out"
    )


def test_no_store(tmp_path):
    assert refused(ViewStore.open, tmp_path / "none") == (
        f"{tmp_path / 'none'} is not a store (it has no store.json); make one with "
        "`astronet import` or `astronet prepare`"
    )


def test_another_format(tmp_path):
    path = create(tmp_path / "s").path / "store.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"format": 2}))
    assert refused(ViewStore.open, path.parent) == (
        f"{path} is of format 2, this astronet reads format 1; update astronet"
    )


def test_a_store_names_no_file_outside_of_itself(tmp_path):
    path = create(tmp_path / "s").path / "store.json"
    path.write_text(path.read_text().replace('"index.csv"', '"/dev/zero"'))
    assert refused(ViewStore.open, path.parent) == f"{path} is corrupt; make the store again"


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 1}', "\x00", "[" * 10**5])
def test_a_corrupt_description(tmp_path, text):
    path = create(tmp_path / "s").path / "store.json"
    path.write_text(text)
    assert refused(ViewStore.open, path.parent) == f"{path} is corrupt; make the store again"


def test_a_missing_file(tmp_path):
    for name in ("global.npy", "index.csv"):
        path = create(tmp_path / name).path / name
        path.unlink()
        assert refused(ViewStore.open, path.parent) == f"{path} is missing; make the store again"


def test_a_short_or_long_view(tmp_path):
    path = create(tmp_path / "s").path / "global.npy"
    whole = path.read_bytes()
    for kept in (0, 5, 100, len(whole) - 1):
        path.write_bytes(whole[:kept])
        message = refused(ViewStore.open, path.parent)
        assert message == f"{path} is corrupt or cut short; make the store again"
    path.write_bytes(whole + b"\0")
    message = refused(ViewStore.open, path.parent)
    assert message == f"{path} is longer than its 3 rows; make the store again"


def test_a_view_of_another_shape(tmp_path):
    path = create(tmp_path / "s").path / "global.npy"
    np.save(path, np.zeros((3, 5)))
    assert refused(ViewStore.open, path.parent) == (
        f"{path} holds float64 [3, 5], not float32 [3, 4]; make the store again"
    )


@settings(deadline=None, max_examples=100)
@given(st.integers(0, 127), st.integers(0, 255))
def test_a_damaged_header_is_a_store_error_at_worst(tmp_path_factory, position, value):
    path = create(tmp_path_factory.mktemp("header") / "s").path / "global.npy"
    content = bytearray(path.read_bytes())
    content[position] = value
    path.write_bytes(content)
    try:
        ViewStore.open(path.parent)
    except StoreError as error:
        assert str(path) in str(error)


def test_a_damaged_index(tmp_path):
    path = create(tmp_path / "s").path / "index.csv"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[:-1]))
    assert refused(ViewStore.open, path.parent) == (
        f"{path} has 2 rows, not 3; make the store again"
    )
    path.write_text(lines[0].replace("flat", "round") + "".join(lines[1:]))
    assert refused(ViewStore.open, path.parent) == (
        f"{path} is corrupt (its columns changed); make the store again"
    )
    for text in ("", lines[0] + "one,1,,,,,,False\n", lines[0] + "1,1\n", lines[0] + "1" * 99):
        path.write_text(text)
        message = refused(ViewStore.open, path.parent)
        assert message.startswith(f"{path} ")
        assert "\n" not in message


def test_verify_finds_a_changed_value(tmp_path):
    store = create(tmp_path / "s")
    store.verify()
    path = store.path / "global.npy"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    assert refused(ViewStore.open(store.path).verify) == (
        f"{path} has changed since the store was made; make it again"
    )


def test_a_network_that_wants_another_view(tmp_path):
    store = create(tmp_path / "s")
    assert store.require({"local": 2, "global": None}) == {"local": 2, "global": 4}
    held = (
        f"the store {store.path} holds 'global' [4 bins], 'local' [2 bins]; give the network "
        "views that the store holds, or prepare another store"
    )
    assert refused(store.require, {"local": 201}) == (
        f"the network wants the view 'local' [201 bins], {held}"
    )
    assert refused(store.require, {"odd": None}) == f"the network wants the view 'odd', {held}"


def test_a_store_needs_no_torch():
    code = "import sys, astronet.dataset.store, astronet.dataset.importing; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"torch", "lightning"} & set(done.stdout.split())
