import matplotlib
import numpy as np
import pandas as pd
import pytest
from samples import loaded, pixels

from astronet.errors import RunError
from astronet.evaluation import plots

GENERATOR = np.random.default_rng(2)
TARGETS = (np.arange(60) % 3 == 0).astype(float)
SCORES = np.clip(0.5 * TARGETS + 0.6 * GENERATOR.random(60), 0, 1)
STARS = np.arange(60) // 2


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


def test_package_imports_neither_matplotlib_nor_sklearn():
    assert not {"matplotlib", "sklearn"} & loaded("import astronet.evaluation")
