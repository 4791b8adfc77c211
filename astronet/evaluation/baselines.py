"""Baselines: the fraction of planets, and classifiers that use only transit depth and SNR."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from astronet.errors import RunError
from astronet.lightcurves.arrays import Floats

COLUMNS = ("depth_ppm", "snr")
"""Catalogue columns that the baselines use as features."""


def baseline_scores(
    train_index: pd.DataFrame, train_targets: ArrayLike, test_index: pd.DataFrame
) -> list[tuple[str, Floats]]:
    """Return the name and the scores [n] of each baseline.

    The classifiers that use depth and SNR are omitted if either table lacks one of the columns
    depth_ppm and snr, or if the labelled training events are all of one class.

    Args:
        train_index: Table of training events [m].
        train_targets: Targets [m]: 1 for planets, 0 for the rest, NaN for unlabelled events.
            Unlabelled events are not used.
        test_index: Table of events to score [n].

    Raises:
        RunError: No training event is labelled.
    """
    scored = [("base rate", base_rate(train_targets, len(test_index)))]
    both = len(np.unique(_labelled(train_targets)[1])) == 2
    if both and all(name in index for name in COLUMNS for index in (train_index, test_index)):
        scored += [
            ("depth and SNR, linear", depth_and_snr(train_index, test_index, train_targets)),
            ("depth and SNR, trees", depth_and_snr_trees(train_index, test_index, train_targets)),
        ]
    return scored


def base_rate(train_targets: ArrayLike, n: int) -> Floats:
    """Return n equal scores: the fraction of planets among the labelled training events.

    Args:
        train_targets: Targets [m]: 1 for planets, 0 for the rest, NaN for unlabelled events.
            Unlabelled events are not used.
        n: Number of events to score.

    Raises:
        RunError: No training event is labelled.
    """
    labels = _labelled(train_targets)[1]
    if len(labels) == 0:
        raise RunError(
            "no training event is labelled; choose the label policy that matches your table"
        )
    return np.full(n, labels.mean())


def depth_and_snr(
    train_index: pd.DataFrame, test_index: pd.DataFrame, train_targets: ArrayLike
) -> Floats:
    """Return the scores [n] of a logistic regression on log10(depth_ppm) and log10(snr).

    Values that are missing or not positive are replaced by the median of the labelled training
    events.

    Args:
        train_index: Table of training events [m] with columns depth_ppm and snr.
        test_index: Table of events to score [n] with the same columns.
        train_targets: Targets [m]: 1 for planets, 0 for the rest, NaN for unlabelled events.
            Unlabelled events are not used.

    Raises:
        RunError: A column is missing, or the labelled training events are all of one class.
    """
    model = make_pipeline(_median(), StandardScaler(), LogisticRegression())
    return _fitted_scores(model, train_index, test_index, train_targets)


def depth_and_snr_trees(
    train_index: pd.DataFrame, test_index: pd.DataFrame, train_targets: ArrayLike
) -> Floats:
    """Return the scores [n] of gradient-boosted trees on the two features of `depth_and_snr`.

    The arguments and errors are those of `depth_and_snr`.
    """
    trees = HistGradientBoostingClassifier(
        max_iter=100, learning_rate=0.05, max_leaf_nodes=15, random_state=0
    )
    return _fitted_scores(make_pipeline(_median(), trees), train_index, test_index, train_targets)


def _median() -> SimpleImputer:
    return SimpleImputer(strategy="median", keep_empty_features=True)


def _fitted_scores(
    model: Any, train_index: pd.DataFrame, test_index: pd.DataFrame, train_targets: ArrayLike
) -> Floats:
    labelled, labels = _labelled(train_targets)
    if len(np.unique(labels)) < 2:
        raise RunError(
            "the labelled training events are all of one class; give both planets and false "
            "positives to fit a baseline"
        )
    model.fit(_features(train_index)[labelled], labels)
    scores: Floats = model.predict_proba(_features(test_index))[:, 1]
    return scores


def _labelled(targets: ArrayLike) -> tuple[Any, Floats]:
    y = np.asarray(targets, dtype=np.float64)
    return np.isfinite(y), y[np.isfinite(y)]


def _features(index: pd.DataFrame | Mapping[str, Any]) -> Floats:
    """Return log10 of depth and SNR [n, 2]; NaN if a value is missing or not positive.

    Raises:
        RunError: A column is missing.
    """
    if missing := [name for name in COLUMNS if name not in index]:
        raise RunError(
            f"the index lacks the column {missing[0]}; add it to fit a baseline on depth and SNR"
        )
    values = np.stack(
        [pd.to_numeric(index[name], errors="coerce").to_numpy(np.float64) for name in COLUMNS], 1
    )
    positive = np.isfinite(values) & (values > 0)
    features: Floats = np.log10(values, out=np.full_like(values, np.nan), where=positive)
    return features
