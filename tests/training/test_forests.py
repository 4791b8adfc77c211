"""Fitted trees: the same logits as scikit-learn's, and their constraints."""

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier

from astronet.lightcurves.arrays import Floats
from astronet.training.forests import ForestSettings, fit_forest, forest_of

FEW = ForestSettings(trees=20, events_per_leaf=10, seeds=2)


def events(n: int = 1500, *, seed: int = 0) -> tuple[Floats, Floats]:
    """Inputs [n, 6] of which a tenth is unknown; an event is a planet if the first two are high."""
    generator = np.random.default_rng(seed)
    inputs = generator.normal(size=(n, 6))
    targets = (inputs[:, 0] + inputs[:, 1] > generator.normal(0, 0.3, n)).astype(np.float64)
    inputs[generator.random(inputs.shape) < 0.1] = np.nan
    return inputs, targets


@pytest.mark.parametrize("rising", [(), (0, 1)])
def test_logits_equal_those_of_scikit_learn(rising: tuple[int, ...]) -> None:
    inputs, targets = events()
    constraints = [int(k in rising) for k in range(6)]
    library = HistGradientBoostingClassifier(
        max_iter=60, max_features=0.5, monotonic_cst=constraints, random_state=3
    ).fit(inputs, targets)
    others = np.concatenate([events(seed=1)[0], np.full((1, 6), np.nan), np.full((1, 6), np.inf)])
    found = forest_of(library).logits(others)
    np.testing.assert_allclose(found, library.decision_function(others), rtol=0, atol=1e-12)
    assert np.ptp(found) > 2


def test_trees_separate_events_they_were_not_fitted_to() -> None:
    forest = fit_forest(*events(), FEW)
    inputs, targets = events(seed=1)
    assert ((forest.logits(inputs) > 0) == (targets == 1)).mean() > 0.85


def test_a_fit_is_determined_by_its_seed() -> None:
    inputs, targets = events()
    first, same, other = (
        fit_forest(inputs, targets, FEW, seed=s).logits(inputs) for s in (1, 1, 9)
    )
    np.testing.assert_array_equal(first, same)
    assert not np.array_equal(first, other)


def test_a_rising_input_never_lowers_the_logit() -> None:
    inputs, targets = events()
    noisy = targets.copy()
    noisy[inputs[:, 2] > 1.5] = 0  # without the constraint, the third input lowers the logit
    grid = np.zeros((200, 6))
    grid[:, 2] = np.linspace(-3, 3, 200)
    assert np.diff(fit_forest(inputs, noisy, FEW).logits(grid)).min() < 0
    assert np.diff(fit_forest(inputs, noisy, FEW, rising=[2]).logits(grid)).min() >= 0


def test_an_event_with_weight_two_counts_twice() -> None:
    inputs, targets = events(400)
    settings = ForestSettings(trees=1, columns_per_node=1, l2=0, learning_rate=1, seeds=1)
    twice = np.concatenate([np.arange(400), np.arange(200)])
    weights = np.where(np.arange(400) < 200, 2.0, 1.0)
    repeated = fit_forest(inputs[twice], targets[twice], settings)
    weighted = fit_forest(inputs, targets, settings, weights=weights)
    assert weighted.base == pytest.approx(repeated.base)


def test_nothing_is_learned_from_a_column_without_values() -> None:
    inputs, targets = events()
    inputs[:, 4] = np.nan
    forest = fit_forest(inputs, targets, FEW)
    other = inputs.copy()
    other[:, 4] = 7.0
    np.testing.assert_array_equal(forest.logits(other), forest.logits(inputs))


def test_weights_are_equivalent_to_repeated_events() -> None:
    inputs, targets = events(2000)
    twice = np.arange(len(targets)) % 3 == 0
    weighted = fit_forest(inputs, targets, FEW, weights=np.where(twice, 2.0, 1.0))
    repeated = fit_forest(
        np.concatenate([inputs, inputs[twice]]), np.concatenate([targets, targets[twice]]), FEW
    )
    others, labels = events(seed=1)
    logits = [forest.logits(others) for forest in (weighted, repeated)]
    assert np.corrcoef(logits)[0, 1] > 0.98
    right = [((one > 0) == (labels == 1)).mean() for one in logits]
    assert right[0] == pytest.approx(right[1], abs=0.02)
