"""Fit of a stack: trees on the out-of-fold logits of networks and the other inputs.

The weight of the networks and the calibration are chosen by cross-validation within the given
events. Folds must be by star.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from pydantic import BaseModel, ConfigDict, Field
from scipy.special import expit
from sklearn.metrics import log_loss

from astronet.dataset.stack_inputs import Group, StackInputs, ordered
from astronet.errors import RunError
from astronet.evaluation.calibration import fit_calibration
from astronet.lightcurves.arrays import Floats, Ints
from astronet.models.forest import Forest, mean_forest
from astronet.models.stack import Part, network_logits, widened
from astronet.training.forests import ForestSettings, fit_forest

SETTINGS = (
    ForestSettings(seeds=1),
    ForestSettings(columns_per_node=0.15, events_per_leaf=20, seeds=1),
)
"""Settings of the trees, whose logits are averaged. In cross-validation, none of them is better for
all inputs."""

WEIGHTS = (0.0, 0.2, 0.4, 0.6)
"""Weights of the networks to choose from by default."""


class PartRecipe(BaseModel):
    """Trees to fit for one pattern of known inputs."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    forests: tuple[tuple[Group, ...], ...] = Field(min_length=1)
    """Groups of inputs that each of the averaged forests reads. An event needs all of them."""

    network_weights: tuple[float, ...] = Field(WEIGHTS, min_length=1)
    """Weights of the mean logit of the networks in the average with that of the trees, of which the
    one with the lowest log loss is used. If the trees read more than the networks, for example the
    siblings, the average has a lower log loss, but ranks events worse; give only 0."""

    @property
    def groups(self) -> tuple[Group, ...]:
        """Groups that an event needs, in the order of the columns."""
        return ordered(group for groups in self.forests for group in groups)

    settings: tuple[ForestSettings, ...] = Field(SETTINGS, min_length=1)
    """Settings of the trees; forests with each of them are averaged."""

    seed: int = 0
    """First random seed of the trees."""


@dataclass(frozen=True, eq=False)
class FittedPart:
    """Fitted trees, and their logits of the events to which they were fitted.

    Attributes:
        part: Trees for one pattern of known inputs.
        held_out: Calibrated logit of each event [n] from trees that were fitted to other folds; NaN
            for events without the inputs.
    """

    part: Part
    held_out: Floats


def fit_part(
    inputs: StackInputs,
    targets: Floats,
    folds: Ints,
    recipe: PartRecipe,
    copies: Sequence[StackInputs] = (),
) -> FittedPart:
    """Fit the trees for one pattern of known inputs and calibrate them.

    Args:
        inputs: Inputs of the events [n]; the logits must be from networks that were not trained on
            the star of the event.
        targets: Targets [n]: 1 for planets, 0 for the rest. An event about which two sets of labels
            disagree has a value in between, its weight as a planet; the rest is its weight as
            something else. The calibration refers to the set with the larger weight.
        folds: Number of each event's fold [n]; all events of a star are in the same fold.
        recipe: Groups that the trees read, and their settings.
        copies: Inputs of copies of the events [n], to which the trees are fitted, too
            (`astronet.training.copies`). The weight and the calibration are fitted to the events.

    Raises:
        RunError: There are fewer than two folds, a fold has events of one class only, or the
            calibration is not possible.
    """
    rows = np.flatnonzero(inputs.with_all(recipe.groups))
    known, soft, fold = inputs.of(rows), targets[rows], folds[rows]
    more = [copy.of(rows) for copy in copies]
    y = (soft >= 0.5).astype(np.float64)
    _check(y, fold)
    trees, networks = np.empty(len(y)), network_logits(known, recipe.groups)
    for train, test in _splits(fold):
        forest = _fit([one.of(train) for one in (known, *more)], soft[train], recipe)
        trees[test] = forest.logits(known.of(test).columns(recipe.groups))
    weights = recipe.network_weights
    averages = [(1 - weight) * trees + weight * networks for weight in weights]
    calibrations = [fit_calibration(expit(average), y) for average in averages]
    calibrated = [c.slope * a + c.offset for c, a in zip(calibrations, averages, strict=True)]
    best = int(np.argmin([log_loss(y, expit(logits)) for logits in calibrated]))
    part = Part(
        recipe.groups,
        _fit([known, *more], soft, recipe),
        weights[best],
        calibrations[best].slope,
        calibrations[best].offset,
    )
    held_out = np.full(len(inputs), np.nan)
    held_out[rows] = calibrated[best]
    return FittedPart(part, held_out)


def _fit(copies: Sequence[StackInputs], targets: Floats, recipe: PartRecipe) -> Forest:
    """Return the mean of the forests of a recipe, which reads the columns of all its groups.

    Args:
        copies: Inputs of the events [n], and of copies of them.
        targets: Targets of the events [n].
        recipe: Groups that the trees read, and their settings.
    """
    widths = {group: values.shape[1] for group, values in copies[0].values.items()}
    mixed = np.flatnonzero((targets > 0) & (targets < 1))  # these events are used twice
    rows = np.concatenate([np.arange(len(targets)), mixed])
    labels = np.concatenate([np.ceil(targets), np.zeros(len(mixed))])
    weights = np.concatenate([np.where(targets > 0, targets, 1.0), 1 - targets[mixed]])
    number = len(copies)
    weight = np.tile(weights, number) if len(mixed) else None
    forests = []
    for own in recipe.forests:
        columns = np.concatenate([copy.columns(own)[rows] for copy in copies])
        for settings in recipe.settings:
            larger = {"events_per_leaf": number * settings.events_per_leaf}
            forest = fit_forest(
                columns,
                np.tile(labels, number),
                settings.model_copy(update=larger),
                weights=weight,
                seed=recipe.seed,
            )
            forests.append(widened(forest, own, recipe.groups, widths))
    return mean_forest(forests)


def _splits(folds: Ints) -> Iterator[tuple[Ints, Ints]]:
    """Yield the rows of the other folds and of each fold."""
    for fold in np.unique(folds):
        yield np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)


def _check(targets: Floats, folds: Ints) -> None:
    """Raise an error unless there are two folds with events of both classes each."""
    classes = [np.unique(targets[folds == fold]) for fold in np.unique(folds)]
    if len(classes) < 2 or any(len(found) < 2 for found in classes):
        raise RunError(
            f"a stack is fitted to events in at least two folds with planets and other events, but "
            f"there are {len(classes)} folds, {sum(len(c) == 2 for c in classes)} of them with "
            "both; give more events that have all inputs"
        )
