"""Fit of a stack: trees on the out-of-fold logits of networks and the other inputs.

Every choice is made by cross-validation within the given events: the settings of the trees, the
weight of the networks and the calibration. Folds must be by star.
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
from astronet.models.stack import Part, widened
from astronet.training.forests import ForestSettings, fit_forest

CANDIDATES = (
    ForestSettings(),
    ForestSettings(columns_per_node=0.15, events_per_leaf=20),
    ForestSettings(leaves=8, trees=200),
)
"""Settings of the trees, of which the one with the lowest log loss is used."""

WEIGHTS = (0.0, 0.2, 0.4, 0.6)
"""Weights of the networks to choose from by default."""


class PartRecipe(BaseModel):
    """Trees to fit for one pattern of known inputs."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    forests: tuple[tuple[Group, ...], ...] = Field(min_length=1)
    """Groups of inputs that each of the averaged forests reads. An event needs all of them."""

    network_weights: tuple[float, ...] = Field(WEIGHTS, min_length=1)
    """Weights of the mean logit of the networks in the average with that of the trees, of which the
    one with the lowest log loss is used."""

    @property
    def groups(self) -> tuple[Group, ...]:
        """Groups that an event needs, in the order of the columns."""
        return ordered(group for groups in self.forests for group in groups)


@dataclass(frozen=True, eq=False)
class FittedPart:
    """Fitted trees, and how they were chosen.

    Attributes:
        part: Trees for one pattern of known inputs.
        settings: Settings of the trees.
        held_out: Calibrated logit of each event [n] from trees that were fitted to other folds; NaN
            for events without the inputs.
    """

    part: Part
    settings: ForestSettings
    held_out: Floats


def fit_part(
    inputs: StackInputs,
    targets: Floats,
    folds: Ints,
    recipe: PartRecipe,
    candidates: Sequence[ForestSettings] = CANDIDATES,
    *,
    seed: int = 0,
) -> FittedPart:
    """Fit the trees for one pattern of known inputs and calibrate them.

    Args:
        inputs: Inputs of the events [n]; the logits must be from networks that were not trained on
            the star of the event.
        targets: Targets [n]: 1 for planets, 0 for the rest.
        folds: Number of each event's fold [n]; all events of a star are in the same fold.
        recipe: Groups that the trees read.
        candidates: Settings of the trees to choose from.
        seed: First random seed of the trees.

    Raises:
        RunError: There are fewer than two folds, a fold has events of one class only, or the
            calibration is not possible.
    """
    rows = np.flatnonzero(inputs.with_all(recipe.groups))
    known, y, fold = inputs.of(rows), targets[rows], folds[rows]
    _check(y, fold)

    def held_out(settings: ForestSettings) -> Floats:
        logits = np.empty(len(y))
        for train, test in _splits(fold):
            forest = _fit(known.of(train), y[train], recipe, settings, seed)
            logits[test] = forest.logits(known.of(test).columns(recipe.groups))
        return logits

    settings = candidates[0]
    if len(candidates) > 1:
        single = [one.model_copy(update={"seeds": 1}) for one in candidates]
        settings = candidates[int(np.argmin([_loss(held_out(one), y) for one in single]))]
    trees, networks = held_out(settings), known.values["networks"].mean(axis=1)
    weights = recipe.network_weights
    averages = [(1 - weight) * trees + weight * networks for weight in weights]
    calibrations = [fit_calibration(expit(average), y) for average in averages]
    calibrated = [c.slope * a + c.offset for c, a in zip(calibrations, averages, strict=True)]
    best = int(np.argmin([_loss(one, y) for one in calibrated]))
    calibration = calibrations[best]
    part = Part(
        recipe.groups,
        _fit(known, y, recipe, settings, seed),
        weights[best],
        calibration.slope,
        calibration.offset,
    )
    logits = np.full(len(inputs), np.nan)
    logits[rows] = calibrated[best]
    return FittedPart(part, settings, logits)


def _fit(
    inputs: StackInputs, targets: Floats, recipe: PartRecipe, settings: ForestSettings, seed: int
) -> Forest:
    """Return the mean of the forests of a recipe, which reads the columns of all its groups."""
    widths = {group: values.shape[1] for group, values in inputs.values.items()}
    forests = []
    for own in recipe.forests:
        forest = fit_forest(inputs.columns(own), targets, settings, seed=seed)
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


def _loss(logits: Floats, targets: Floats) -> float:
    """Return the log loss of logits [n]."""
    return float(log_loss(targets, expit(logits)))
