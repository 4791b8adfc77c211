"""Evaluation of decision trees that are small enough to follow by hand."""

import numpy as np
import pytest

from astronet.errors import RunError
from astronet.models.forest import Forest, mean_forest


def stump(column: int, threshold: float, low: float, high: float, *, unknown: bool) -> Forest:
    """Tree with one node: `low` up to the threshold, otherwise `high`."""
    return Forest(
        base=0.5,
        columns=2,
        roots=np.array([0], np.int32),
        column=np.array([column, -1, -1], np.int16),
        value=np.array([threshold, low, high]),
        right=np.array([2, 0, 0], np.int16),
        unknown_left=np.array([unknown, False, False]),
    )


def test_a_value_up_to_the_threshold_is_on_the_left() -> None:
    forest = stump(1, 3.0, -1.0, 2.0, unknown=True)
    inputs = np.array([[9.0, 3.0], [9.0, 3.1], [9.0, -np.inf], [9.0, np.nan]])
    assert forest.logits(inputs).tolist() == [-0.5, 2.5, -0.5, -0.5]
    assert stump(1, 3.0, -1.0, 2.0, unknown=False).logits(inputs)[3] == 2.5


def test_the_mean_of_forests_has_the_mean_logits() -> None:
    forests = [stump(0, 1.0, -1.0, 2.0, unknown=True), stump(1, 0.0, 4.0, 8.0, unknown=False)]
    inputs = np.random.default_rng(0).normal(0, 2, (50, 2))
    inputs[::9] = np.nan
    expected = np.mean([forest.logits(inputs) for forest in forests], axis=0)
    np.testing.assert_allclose(mean_forest(forests).logits(inputs), expected, rtol=1e-14)


def test_arrays_restore_the_forest() -> None:
    forest = stump(1, 3.0, -1.0, 2.0, unknown=True)
    inputs = np.random.default_rng(0).normal(3, 2, (20, 2))
    same = Forest.from_arrays(forest.arrays())
    np.testing.assert_array_equal(same.logits(inputs), forest.logits(inputs))


def test_another_number_of_inputs_is_an_error() -> None:
    with pytest.raises(RunError, match="the trees read 2 inputs, but 3 were given"):
        stump(1, 3.0, -1.0, 2.0, unknown=True).logits(np.zeros((4, 3)))


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("right", [0, 0, 0]),  # would never end
        ("right", [1, 0, 0]),  # the left child
        ("right", [3, 0, 0]),
        ("column", [2, -1, -1]),
        ("column", [-2, -1, -1]),
        ("roots", [3]),
        ("value", [0.0, 1.0]),
    ],
)
def test_arrays_that_are_no_trees_are_rejected(name: str, values: list[float]) -> None:
    arrays = stump(1, 3.0, -1.0, 2.0, unknown=True).arrays()
    arrays[name] = np.array(values, arrays[name].dtype)
    with pytest.raises(ValueError, match="not those of trees"):
        Forest.from_arrays(arrays)
    with pytest.raises(ValueError, match="expected the arrays"):
        Forest.from_arrays({"column": arrays["column"]})
    with pytest.raises(ValueError, match="is not a list of"):
        Forest.from_arrays(arrays | {name: arrays[name].astype(np.complex128)})
