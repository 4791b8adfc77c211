"""Points of the curves in curves.csv."""

import numpy as np
import pandas as pd
import pytest

from astronet.evaluation.curves import COLUMNS, curve_points
from astronet.evaluation.metrics import measure


def points_of(scores, targets, stars=None):
    table = curve_points(scores, targets, np.arange(len(scores)) if stars is None else stars)
    assert tuple(table.columns) == COLUMNS
    return {name: rows.reset_index(drop=True) for name, rows in table.groupby("curve")}


def xy(rows: pd.DataFrame):
    return list(zip(rows["x"], rows["y"], rows["n"], strict=True))


def test_points_by_hand():
    curves = points_of([0.9, 0.8, 0.6, 0.2], [1, 0, 1, 0])
    assert xy(curves["roc"]) == [(0, 0, 0), (0, 0.5, 1), (0.5, 0.5, 2), (0.5, 1, 3), (1, 1, 4)]
    assert curves["roc"]["threshold"].tolist()[1:] == [0.9, 0.8, 0.6, 0.2]
    assert np.isnan(curves["roc"]["threshold"][0])
    recall_and_precision = [(1, 0.5, 4), (1, 2 / 3, 3), (0.5, 0.5, 2), (0.5, 1, 1), (0, 1, 0)]
    assert xy(curves["precision_recall"]) == recall_and_precision
    assert xy(curves["calibration"]) == [(0.2, 0, 1), (0.6, 1, 1), (0.8, 0, 1), (0.9, 1, 1)]
    assert curves["calibration"]["threshold"].isna().all()


def test_areas_under_the_points_equal_the_metrics():
    generator = np.random.default_rng(5)
    targets = (generator.random(500) < 0.3).astype(float)
    scores = 1 / (1 + np.exp(-generator.normal(3 * targets - 1.5, 1.5)))
    curves, values = points_of(scores, targets, np.arange(500) // 2), measure(scores, targets)
    roc, precision_recall = curves["roc"], curves["precision_recall"]
    assert np.trapezoid(roc["y"], roc["x"]) == pytest.approx(values["roc_auc"], abs=1e-12)
    reached = precision_recall[precision_recall["y"] >= 0.95]
    assert reached["x"].max() == pytest.approx(values["recall_at_precision_95"])
    calibration = curves["calibration"]
    error = (calibration["n"] * (calibration["x"] - calibration["y"]).abs()).sum() / 500
    assert error == pytest.approx(values["ece"], abs=1e-12)
    for rows in (roc, precision_recall, calibration):
        top = rows.sort_values("y").groupby("x").last()  # bounds are those of the highest point
        inside = (top["low"] <= top["y"] + 0.02) & (top["y"] - 0.02 <= top["high"])
        assert inside.mean() > 0.9


def test_events_of_one_class_have_only_a_calibration():
    assert set(points_of([0.1, 0.2], [0, 0])) == {"calibration"}
