"""Comparison of several sets of scores of the same events, by a paired bootstrap over stars."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from astronet.evaluation.intervals import interval_of, star_weights
from astronet.evaluation.metrics import without_nan
from astronet.evaluation.ranked import Ranked
from astronet.lightcurves.arrays import Floats

COMPARED = ("average_precision", "roc_auc", "recall_at_precision_95")
"""Names of the metrics of which differences are given by default."""


def differences(
    scores: Mapping[str, ArrayLike],
    targets: ArrayLike,
    stars: ArrayLike,
    resamples: int = 1000,
    seed: int = 0,
    *,
    metrics: Sequence[str] = COMPARED,
) -> list[dict[str, Any]]:
    """Return the differences between all pairs of models in some metrics.

    All models are evaluated on the same resamples of stars (paired bootstrap), so variations that
    are common to two models cancel in their difference.

    Args:
        scores: Scores [n] between 0 and 1 of each model, by name.
        targets: Targets [n]: 1 for planets, 0 for the rest.
        stars: Star of each event [n].
        resamples: Number of bootstrap resamples.
        seed: Random seed of the bootstrap.
        metrics: Names of the metrics, from `astronet.evaluation.metrics.METRICS`.

    Returns:
        One dictionary per pair, with the name of the later model (model), the name of the earlier
        model (minus), the difference model − minus of each metric, and the 95 % intervals of the
        differences (intervals). Undefined differences and bounds are None.

    Raises:
        RunError: The input is invalid; see `measure`.
    """
    ranked = {name: Ranked(values, targets) for name, values in scores.items()}
    whole = np.ones(len(np.asarray(targets)))
    values = {name: _selected(one, [whole], metrics)[0] for name, one in ranked.items()}
    samples = {
        name: _selected(one, star_weights(stars, resamples, seed), metrics)
        for name, one in ranked.items()
    }
    pairs = []
    for minus, model in combinations(ranked, 2):
        gained = samples[model] - samples[minus]
        pair: dict[str, Any] = {"model": model, "minus": minus}
        pair |= dict(zip(metrics, (values[model] - values[minus]).tolist(), strict=True))
        pair["intervals"] = {
            name: list(interval_of(gained[:, place])) for place, name in enumerate(metrics)
        }
        pairs.append(dict(without_nan(pair)))
    return pairs


def _selected(ranked: Ranked, weights: Iterable[Floats], metrics: Sequence[str]) -> Floats:
    """Return the values [b, m] of m metrics for each of b sets of weights."""
    values = ranked.measure_all(weights)
    return np.stack([values[name] for name in metrics], axis=1)
