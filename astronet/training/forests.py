"""Fit of gradient-boosted trees (scikit-learn), as forests of plain arrays."""

from collections.abc import Sequence

import numpy as np
from pydantic import BaseModel, ConfigDict, Field
from sklearn.ensemble import HistGradientBoostingClassifier

from astronet.errors import RunError
from astronet.lightcurves.arrays import Floats
from astronet.models.forest import Forest, mean_forest


class ForestSettings(BaseModel):
    """Settings of gradient-boosted trees."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    trees: int = Field(120, ge=1)
    """Number of trees per seed. With more, the top of the ranking is overfitted."""

    learning_rate: float = Field(0.06, gt=0)
    """Factor by which each tree's logits are multiplied."""

    leaves: int = Field(15, ge=2, le=8192)
    """Maximum number of leaves of a tree."""

    events_per_leaf: int = Field(60, ge=1)
    """Minimum number of training events in a leaf."""

    l2: float = Field(10.0, ge=0)
    """L2 regularisation of the leaves' logits."""

    columns_per_node: float = Field(0.3, gt=0, le=1)
    """Fraction of the inputs, drawn at random, among which each node chooses one."""

    seeds: int = Field(2, ge=1)
    """Number of forests with different random seeds, whose logits are averaged."""


def fit_forest(
    inputs: Floats,
    targets: Floats,
    settings: ForestSettings | None = None,
    *,
    weights: Floats | None = None,
    rising: Sequence[int] = (),
    seed: int = 0,
) -> Forest:
    """Fit trees to labelled events and return them.

    Args:
        inputs: Inputs [n, k]; NaN if unknown.
        targets: Targets [n]: 1 for planets, 0 for the rest.
        settings: Settings of the trees; None means the defaults.
        weights: Weights of the events [n]; None means equal weights.
        rising: Columns with which the logit must not decrease if all other inputs are equal.
        seed: First random seed; the others follow it.
    """
    settings = settings or ForestSettings()
    # The library cannot bin a column without any value; nothing is learned from a constant.
    usable = np.where(np.isnan(inputs).all(axis=0), 0.0, inputs)
    if weights is not None:
        usable = _binned(usable)
    constraints = np.zeros(inputs.shape[1], np.int64)
    constraints[list(rising)] = 1
    fitted = [
        HistGradientBoostingClassifier(
            max_iter=settings.trees,
            learning_rate=settings.learning_rate,
            max_leaf_nodes=settings.leaves,
            min_samples_leaf=settings.events_per_leaf,
            l2_regularization=settings.l2,
            max_features=settings.columns_per_node,
            monotonic_cst=constraints,
            early_stopping=False,
            random_state=seed + k,
        ).fit(usable, targets, sample_weight=weights)
        for k in range(settings.seeds)
    ]
    return mean_forest([forest_of(trees) for trees in fitted])


_BINS = 255
"""Number of values of an input that the library distinguishes."""


def _binned(inputs: Floats) -> Floats:
    """Return inputs [n, k] in which each value is the mean of its bin, one of 255 quantiles.

    If events have weights, the library computes weighted quantiles, which takes several times the
    duration of the fit. It computes none if a column has no more values than it distinguishes.
    """
    binned = inputs.copy()
    for column in binned.T:
        known = np.isfinite(column)
        values = column[known]
        if len(np.unique(values)) > _BINS:
            edges = np.unique(np.quantile(values, np.arange(1, _BINS) / _BINS))
            place = np.searchsorted(edges, values)
            counts = np.maximum(np.bincount(place, minlength=len(edges) + 1), 1)
            column[known] = (np.bincount(place, values, len(edges) + 1) / counts)[place]
    return binned


def forest_of(fitted: HistGradientBoostingClassifier) -> Forest:
    """Return the trees of a fitted binary classifier of scikit-learn without categorical inputs.

    The trees are not part of scikit-learn's public interface; `tests/training/test_forests.py`
    compares the logits with those of the library.
    """
    trees = [tree for (tree,) in fitted._predictors]
    sizes = np.array([len(tree.nodes) for tree in trees])
    shifts = np.cumsum(sizes) - sizes
    nodes = np.concatenate([tree.nodes for tree in trees])
    leaf = nodes["is_leaf"].astype(np.bool_)
    place = np.arange(len(nodes)) - np.repeat(shifts, sizes)  # in its tree
    if (nodes["left"][~leaf] != place[~leaf] + 1).any():
        raise RunError("this version of scikit-learn orders the nodes of trees in another way")
    return Forest(
        base=float(np.ravel(fitted._baseline_prediction)[0]),
        columns=int(fitted.n_features_in_),
        roots=shifts.astype(np.int32),
        column=np.where(leaf, -1, nodes["feature_idx"]).astype(np.int16),
        value=np.where(leaf, nodes["value"], nodes["num_threshold"]).astype(np.float64),
        right=np.where(leaf, 0, nodes["right"].astype(np.int64) - place).astype(np.int16),
        unknown_left=nodes["missing_go_to_left"].astype(np.bool_),
    )
