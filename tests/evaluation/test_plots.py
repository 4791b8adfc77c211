import io
import subprocess
import sys

import matplotlib
import numpy as np
import pandas as pd
import pytest

from astronet.errors import RunError
from astronet.evaluation import plots
from astronet.figures.sheet import sheet
from astronet.figures.views import event_views
from astronet.predict import Prediction

GENERATOR = np.random.default_rng(2)
TARGETS = (np.arange(60) % 3 == 0).astype(float)
SCORES = np.clip(0.5 * TARGETS + 0.6 * GENERATOR.random(60), 0, 1)
STARS = np.arange(60) // 2
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


def pixels(figure):
    """Save the figure as PNG and return its width, its height and the size of the file."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=100)
    content = buffer.getvalue()
    width, height = (int.from_bytes(content[k : k + 4], "big") for k in (16, 20))
    return width, height, len(content)


@pytest.mark.parametrize(
    "figure",
    [
        lambda: plots.roc_curve(SCORES, TARGETS, STARS, (0.9, 0.95)),
        lambda: plots.roc_curve(1 - SCORES, TARGETS),
        lambda: plots.precision_recall(SCORES, TARGETS, STARS, (0.8, 0.9)),
        lambda: plots.score_histogram(SCORES, TARGETS),
        lambda: plots.confusion_matrix({"tp": 3, "fn": 1, "fp": 0, "tn": 0}),
        lambda: plots.calibration(SCORES, TARGETS),
        lambda: plots.loss_curves(pd.DataFrame({"epoch": [1], "train_loss": [0.5]})),
    ],
)
def test_every_plot_is_a_small_image(figure):
    width, height, size = pixels(figure())
    assert (width, height) == (460, 360)
    assert 3_000 < size < 100_000


def test_plots_do_not_change_matplotlib_settings():
    before = dict(matplotlib.rcParams)
    pixels(plots.calibration(SCORES, TARGETS))
    assert dict(matplotlib.rcParams) == before


def test_legend_contains_area_and_interval():
    texts = plots.roc_curve([0.9, 0.1], [1, 0], interval=(0.8, 1.0)).axes[0].get_legend().texts
    assert texts[0].get_text() == "area 1.000 (0.800 – 1.000)"


def test_loss_curves_mark_the_kept_epoch():
    history = pd.DataFrame(
        {"epoch": [1, 2], "train_loss": [0.6, 0.5], "val_loss": [0.7, np.nan]}
        | {"val_average_precision": [0.4, 0.8]}
    )
    figure = plots.loss_curves(history, kept_epoch=2)
    texts = [text.get_text() for text in figure.axes[-1].get_legend().texts]
    assert texts == [
        "training loss",
        "validation loss",
        "validation AP (right axis)",
        "kept epoch (2)",
    ]


def test_event_views_are_side_by_side():
    figure = event_views({name: values[0] for name, values in VIEWS.items()}, "$1 <b>")
    assert [axes.get_xlabel() for axes in figure.axes] == [
        "global view, 201 bins",
        "local view, 61 bins",
    ]
    assert pixels(figure)[:2] == (460, 160)


def test_invalid_plot_data_are_rejected():
    with pytest.raises(RunError) as error:
        plots.roc_curve([0.5, 0.6], [1, 1])
    assert str(error.value) == (
        "the 2 events are all of one class; give both planets and false positives to plot a curve"
    )
    with pytest.raises(RunError) as error:
        plots.loss_curves(pd.DataFrame({"epoch": []}))
    assert str(error.value) == (
        "the training history contains no epochs; train for at least one epoch"
    )


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
    pictures = [predictions.save(tmp_path / f"{k}.csv", "title").read_bytes() for k in range(2)]
    assert pictures[0] == pictures[1]


def test_invalid_sheets_are_rejected():
    with pytest.raises(RunError) as error:
        sheet(EVENTS[:0], VIEWS)
    assert str(error.value) == ("no events or views to draw; give at least one event with one view")
    with pytest.raises(RunError) as error:
        sheet(EVENTS[:3], VIEWS)
    assert str(error.value) == "found 25 global views for 3 events; give one view per event"


def test_package_imports_neither_matplotlib_nor_sklearn():
    code = "import astronet.evaluation, sys; print({'matplotlib', 'sklearn'} & set(sys.modules))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "set()"
