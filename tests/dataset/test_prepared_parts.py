"""Stores made of parts, and parts that are corrupt."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from astronet.dataset.prepared_parts import assemble, content_of
from astronet.dataset.store import ViewStore
from astronet.errors import AstronetError
from astronet.execution.parts import Content, Parts
from astronet.files.provenance import SourceFile
from astronet.lightcurves.preparation import EventViews
from astronet.lightcurves.view_specs import ViewSpec
from astronet.stars.prepared import PreparedEvent, PreparedStar

VIEWS = {"global": ViewSpec(bins=8), "local": ViewSpec(bins=4, durations=2, bin_width=1)}


def table(events: int) -> pd.DataFrame:
    rows = np.arange(events)
    return pd.DataFrame(
        {
            "star": 100 + rows // 2,
            "number": 1 + rows % 2,
            "period_days": 10.0 + rows,
            "epoch_bkjd": 131.0,
            "duration_days": 0.1,
            "label": "PC",
        }
    )


def star(number: int, rows: list[int], *, measured: bool = True) -> PreparedStar:
    """Star whose views contain -1 in the bin with the number of the row."""
    events = []
    for row in rows:
        views = {name: np.zeros(spec.bins, np.float32) for name, spec in VIEWS.items()}
        for view in views.values():
            view[row % len(view)] = -1
        mask = np.ones(8, bool)
        mask[0] = measured
        events.append(PreparedEvent(row, EventViews(views, measured=mask), centroid=row / 2))
    return PreparedStar(number, events, (SourceFile(f"{number}.fits", 2880, "0badcafe"),))


def assembled(folder: Path, contents: dict[int, Content], events: int) -> ViewStore:
    with Parts.of(folder / "store", {}, resume=False, overwrite=False) as parts:
        for number, content in contents.items():
            parts.add(number, content)
        return assemble(parts, folder / "store", table(events), VIEWS, {"labels": "dr24"})


def test_rows_of_a_store_are_in_the_order_of_the_table(tmp_path: Path) -> None:
    contents = {0: content_of([star(100, [3, 0])]), 1: content_of([star(101, [2, 1])])}
    store = assembled(tmp_path, contents, 4)
    assert store.index["period_days"].tolist() == [10, 11, 12, 13]
    assert np.argmin(store.views["global"], axis=1).tolist() == [0, 1, 2, 3]
    assert store.index["centroid_statistic"].tolist() == [0, 0.5, 1, 1.5]
    assert store.measured is None


def test_masks_of_parts_are_joined(tmp_path: Path) -> None:
    some = star(100, [0, 2], measured=False)
    store = assembled(tmp_path, {0: content_of([some]), 1: content_of([star(101, [1])])}, 3)
    assert store.measured is not None
    assert np.unpackbits(store.measured, axis=1)[:, 0].tolist() == [0, 1, 0]


def test_failures_and_files_are_listed(tmp_path: Path) -> None:
    failed = PreparedStar(100, [PreparedEvent(0, None, "no points")], ())
    store = assembled(tmp_path, {0: content_of([failed, star(101, [1])])}, 2)
    assert pd.read_csv(store.path / "skipped.csv")["reason"].tolist() == ["no points"]
    assert (store.path / "sources.csv").read_text() == (
        "star,file,bytes,crc32c\n101,101.fits,2880,0badcafe\n"
    )


GOOD = {"prepared": True, "reason": "", "warning": "", "no_files": False, "centroid_statistic": 1.0}


@pytest.mark.parametrize(
    "rows",
    [
        [{}],
        [GOOD],
        [GOOD | {"row": 9}],
        [GOOD | {"row": -1}],
        [GOOD | {"row": "x"}],
        [GOOD | {"row": 1e300}],
        [GOOD | {"row": 0, "centroid_statistic": "x"}],
        [GOOD | {"row": 0, "centroid_statistic": [1]}],
    ],
)
def test_a_corrupt_table_of_a_part_is_named(tmp_path: Path, rows: Any) -> None:
    _, arrays = content_of([star(100, [0])])
    with pytest.raises(AstronetError, match="events.jsonl is missing or corrupt; delete the fol"):
        assembled(tmp_path, {0: ({"events": rows, "sources": []}, arrays)}, 1)


@pytest.mark.parametrize("shape", [None, (0, 8), (1, 7), (8,), ()])
def test_a_corrupt_array_of_a_part_is_named(tmp_path: Path, shape: Any) -> None:
    tables, arrays = content_of([star(100, [0]), star(101, [1])])
    damaged = {name: array for name, array in arrays.items() if name != "global"}
    if shape is not None:
        damaged["global"] = np.zeros(shape, np.float32)
    with pytest.raises(AstronetError):
        assembled(tmp_path, {0: (tables, damaged)}, 2)
    assert not (tmp_path / "store").exists()


def test_too_few_masks_are_an_error(tmp_path: Path) -> None:
    tables, arrays = content_of([star(100, [0, 1], measured=False)])
    arrays = {**arrays, "global.measured": np.zeros((1, 1), np.uint8)}
    with pytest.raises(AstronetError, match="too few masks"):
        assembled(tmp_path, {0: (tables, arrays)}, 2)
