"""Views of events, alone and on a sheet of several events."""

import numpy as np
import pandas as pd
import pytest
from samples import pixels

from astronet.errors import RunError
from astronet.figures.sheet import sheet
from astronet.figures.views import event_views
from astronet.predict import save
from astronet.runs.prediction import Prediction

GENERATOR = np.random.default_rng(2)
VIEWS = {"global": GENERATOR.normal(0, 0.1, (25, 201)), "local": np.zeros((25, 61))}
EVENTS = pd.DataFrame(
    {
        "star": [f"$x_{k}$ <b>" for k in range(25)],
        "number": 1,
        "period_days": 3.5,
        "duration_days": 0.125,
        "score": [np.nan, *np.linspace(0.1, 0.9, 24)],
        "reason": ["no data in the window of the local view", *[""] * 24],
    }
)


def test_event_views_are_side_by_side():
    figure = event_views({name: values[0] for name, values in VIEWS.items()}, "$1 <b>")
    assert [axes.get_xlabel() for axes in figure.axes] == [
        "global view, 201 bins",
        "local view, 61 bins",
    ]
    assert pixels(figure)[:2] == (460, 160)


def test_sheet_shows_the_first_twenty_events():
    figure = sheet(EVENTS, VIEWS, "pretrained")
    assert len(figure.axes) == 20 * 2
    texts = [text.get_text() for text in figure.texts]
    assert texts[0] == "pretrained (first 20 of 25)"
    assert texts[1] == "not scored"
    assert "no data in the window of\nthe local view" in texts[2]
    assert texts[3] == "0.100"
    assert texts[4] == "$x_1$ <b>, event 1\nperiod 3.5 d\nduration 3 h"


def test_missing_view_is_marked():
    figure = sheet(EVENTS[:1], {"global": np.full((1, 201), np.nan)})
    assert [text.get_text() for text in figure.axes[0].texts] == ["no view"]


def test_saved_sheet_is_reproducible(tmp_path):
    views = {name: values[:2] for name, values in VIEWS.items()}
    predictions = Prediction(EVENTS[:2].assign(score=0.5), views)
    pictures = [save(predictions, tmp_path / f"{k}.csv", "title").read_bytes() for k in range(2)]
    assert pictures[0] == pictures[1]


def test_invalid_sheets_are_rejected():
    with pytest.raises(RunError) as error:
        sheet(EVENTS[:0], VIEWS)
    assert str(error.value) == ("no events or views to draw; give at least one event with one view")
    with pytest.raises(RunError) as error:
        sheet(EVENTS[:3], VIEWS)
    assert str(error.value) == "found 25 global views for 3 events; give one view per event"


def test_bins_outside_the_plotted_range_are_marked() -> None:
    view = np.array([0, 0.1, 2.0, -1, 0, -1.5, 3.0])
    (axes,) = event_views({"secondary": view}).axes
    low, high = axes.get_ylim()
    marks = [tuple(xy) for marks in axes.collections[1:] for xy in marks.get_offsets()]
    assert marks == [(2, high), (6, high), (5, low)]
    assert not any(marks.get_clip_on() for marks in axes.collections[1:])
    (axes,) = event_views({"local": np.array([0, 1.2, -1])}).axes
    assert all(len(marks.get_offsets()) == 0 for marks in axes.collections[1:])
