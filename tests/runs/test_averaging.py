"""Networks whose scores can be averaged."""

import pytest

from astronet.config import Experiment
from astronet.errors import RunError
from astronet.runs.averaging import widest


def test_widest_experiment_has_the_most_views() -> None:
    both = Experiment()
    one = both.model_copy(update={"views": {"local": both.views["local"]}})
    assert widest([("one", one), ("both", both)]) == both


@pytest.mark.parametrize("order", [1, -1])
def test_experiment_with_scalars_is_wider_than_one_without(order: int) -> None:
    networks = {"kind": "residual"}, {"kind": "residual", "scalars": ["log_period"]}
    bare, known = (Experiment.model_validate({"network": network}) for network in networks)
    assert widest([("bare", bare), ("known", known)][::order]) == known


def test_no_experiments_are_rejected() -> None:
    with pytest.raises(RunError) as caught:
        widest([])
    assert str(caught.value) == "there are no networks to score with; give at least one run"


def test_experiments_with_different_views_are_not_averaged() -> None:
    ours = Experiment()
    theirs = ours.model_copy(update={"views": {"local": ours.views["global"]}})
    with pytest.raises(RunError) as caught:
        widest([("runs/ours", ours), ("runs/theirs", theirs)])
    assert str(caught.value) == (
        "runs/theirs and runs/ours differ in views; average only runs with the same views"
    )
