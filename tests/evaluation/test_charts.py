import math

import numpy as np
import pandas as pd
import pytest

from astronet.errors import RunError
from astronet.evaluation.distributions import loss_curves, reliability, score_histogram
from astronet.evaluation.models import at_threshold, operating_points, scored, sorted_scores
from astronet.evaluation.report_figures import confusion_rows, of_scores
from astronet.evaluation.slice_charts import slice_charts
from astronet.evaluation.slices import slices

EVENTS = pd.DataFrame(
    {"star": ["a", "b", "c", "d"], "score": [0.9, 0.9, 0.4, 0.1], "target": [1, 0, 1, 0]}
)


def test_operating_points_by_hand():
    events = scored(EVENTS, 0.5, "network")
    points = operating_points(events.first, events.targets)
    assert points["rule"] == ["no event", "score ≥ 0.9", "score ≥ 0.4", "score ≥ 0.1"]
    assert points["tp"].tolist() == [0, 1, 2, 2]
    assert points["fp"].tolist() == [0, 1, 1, 2]
    assert points["fn"].tolist() == [2, 1, 0, 0]
    assert points["tn"].tolist() == [2, 1, 1, 0]
    assert points["precision"] == pytest.approx([1, 1 / 2, 2 / 3, 1 / 2])


def test_an_event_at_the_threshold_is_no_planet():
    (row,) = confusion_rows(scored(EVENTS, 0.4, "network"))
    assert (row["tp"], row["fp"], row["fn"], row["tn"]) == (1, 1, 1, 1)
    assert row["accuracy"] == 0.5
    (row,) = confusion_rows(scored(EVENTS, 0.95, "network"))
    assert row["precision"] is None and row["recall"] == 0
    events = scored(EVENTS, 0.95, "network")
    assert math.isnan(at_threshold(events.first, events)["precision"][0])


def test_scores_are_sorted_by_class():
    events = scored(EVENTS, 0.5, "first", {"second": np.array([0.5, 0.6, 0.2, 0.3])})
    assert sorted_scores(events) == [
        {"planets": [0.4, 0.9], "others": [0.1, 0.9]},
        {"planets": [0.2, 0.5], "others": [0.3, 0.6]},
    ]


def test_legends_contain_values_and_intervals():
    metrics = {"roc_auc": 0.625, "intervals": {"roc_auc": (0.5, 0.75)}, "average_precision": None}
    roc, precision = of_scores(scored(EVENTS, 0.5, "network"), metrics)
    assert [one.text for one in roc.key] == ["network: area 0.625 (0.500 – 0.750)", "chance"]
    assert precision.key[0].text == "network: average precision –"
    assert of_scores(scored(EVENTS.assign(target=1), 0.5, "network"), metrics) == []


def test_models_differ_in_colour_and_line():
    names = [f"run {k}" for k in range(7)]
    others = {name: EVENTS["score"].to_numpy() for name in names[1:]}
    models = scored(EVENTS, 0.5, names[0], others).models
    assert len({(one.colour, one.dash) for one in models}) == 7
    assert [one.first for one in models] == [True] + 6 * [False]


def test_distributions_contain_all_events():
    events = scored(EVENTS, 0.5, "network")
    assert [one.text for one in score_histogram(events).key] == [
        "false positives (2)",
        "planets (2)",
    ]
    chart = reliability(events, {"network": 0.3})
    source = chart.legend[0][1][0].data_source
    assert source.data["n"].sum() == 4
    assert chart.key[0].text == "network: calibration error 0.300"


def test_every_property_has_a_figure_with_intervals():
    frame = EVENTS.assign(snr=[8.0, 12, 8, 12], label=["PC", "AFP", "PC", "NTP"])
    table = slices(frame, EVENTS["score"], EVENTS["target"], resamples=20)
    charts = list(slice_charts(table))
    assert [chart.title for chart in charts] == ["SNR", "Type of false positive", "Events per star"]
    assert len({chart.figure.x_range.id for chart in charts}) == 1
    assert charts[1].figure.y_range.factors == ["NTP", "AFP"]


def test_loss_curves_mark_the_kept_epoch():
    history = pd.DataFrame(
        {"epoch": [1, 2], "train_loss": [0.6, 0.5], "val_loss": [0.7, np.nan]}
        | {"val_average_precision": [0.4, 0.8]}
    )
    chart = loss_curves(history, kept_epoch=2)
    assert [one.text for one in chart.key] == [
        "training loss",
        "validation loss",
        "validation AP (right axis)",
    ]
    assert chart.caption.endswith("The weights of epoch 2 were kept.")
    with pytest.raises(RunError) as error:
        loss_curves(pd.DataFrame({"epoch": []}))
    assert str(error.value) == (
        "the training history contains no epochs; train for at least one epoch"
    )
