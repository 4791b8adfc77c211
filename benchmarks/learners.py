"""Kinds of compared models: networks of configs, ensembles and gradient-boosted trees."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier

from astronet.config import Experiment, load_config
from astronet.dataset.examples import Examples
from astronet.dataset.scalars import AnyScalar, scalars_of
from astronet.dataset.settings import DataSettings
from astronet.dataset.splits import FoldSplit, Split
from astronet.dataset.store import ViewStore
from astronet.files.configs import find_config
from astronet.lightcurves.arrays import Floats, Views
from astronet.models.layers import count_parameters
from astronet.runs.loading import load
from astronet.train import train
from benchmarks.folds import (
    FOLDS,
    Model,
    evaluated_rows,
    fit,
    folder_of,
    mean_scores,
    save_scores,
    split_of,
    work_folder,
)

TEACHER_SEED = 100

HeldOut = Callable[[ViewStore, str], Floats]
"""Function that returns the out-of-fold scores [n] of all events for a part."""


@dataclass(frozen=True)
class Network:
    """A network of a config; the weights of the last epoch are used.

    No epoch is selected, because every fold is used only once, for the final scores.

    Attributes:
        name: Name of the model.
        config: Name of the config.
        overrides: Overrides of the config.
        members: Number of members.
    """

    name: str
    config: str
    overrides: Sequence[str] = ()
    members: int = 1

    @property
    def parameters(self) -> int:
        """Number of parameters of one member."""
        experiment = self._experiment(split_of("official"), 1)
        return count_parameters(experiment.network.build(experiment.view_bins))

    def scores(self, store: ViewStore, part: str, member: int, folder: Path) -> Floats:
        """Train, resuming an interrupted training, and return the scores."""
        return self.scores_of_split(store, split_of(part), member, folder)

    def scores_of_split(self, store: ViewStore, split: Split, seed: int, folder: Path) -> Floats:
        """Return the scores [n] of all events after training on the training events of a split."""
        experiment = self._experiment(split, seed).model_copy(update={"store": store.path})
        return load(train(experiment, folder, resume=True, quiet=True).path).score_store(store)

    def _experiment(self, split: Split, seed: int) -> Experiment:
        fixed = [f"data.split={split.model_dump_json()}", f"training.seed={seed}"]
        fixed.append("training.keep=last")
        return load_config(find_config(self.config), [*fixed, *self.overrides])


@dataclass(frozen=True, kw_only=True)
class Distilled(Network):
    """A network trained on soft targets (knowledge distillation), like the shipped ones.

    The label of a training event is mixed with the score of a teacher that was trained neither on
    its star nor on the evaluated events. The teacher trained without folds a and b is used twice:
    it scores the events of b if a is evaluated, and those of a if b is evaluated.

    Attributes:
        teacher: Network that provides the scores; it can have more inputs than the student.
        weight: Weight of the teacher's score in the soft target.
    """

    teacher: Network
    weight: float = 0.5

    def scores(self, store: ViewStore, part: str, member: int, folder: Path) -> Floats:
        """Train the missing teachers and the student, and return its scores."""
        table = self._table(store, part, folder)
        teacher = f"data.teacher={{scores: {table}, weight: {self.weight}}}"
        student = Network(self.name, self.config, (*self.overrides, teacher))
        return student.scores(store, part, member, folder)

    def _table(self, store: ViewStore, part: str, folder: Path) -> Path:
        """Write a table of the out-of-fold teacher scores of the training events of a part."""
        scores = np.full(len(store), np.nan)
        for fold in range(FOLDS):
            within = FoldSplit(fold=fold, folds=FOLDS, within="train", of=split_of(part))
            scored = within.assign(store.index) == "test"
            if scored.any():  # no event of the evaluated fold is scored
                scores[scored] = self._teacher_scores(store, part, fold, folder.parents[1])[scored]
        table = folder.parent / f"{part}-teachers.csv"
        soft = store.index[["star", "number"]].assign(score=scores).dropna()
        soft.to_csv(table, index=False)
        return table

    def _teacher_scores(self, store: ViewStore, part: str, fold: int, folder: Path) -> Floats:
        """Return the scores [n] of the teacher trained without a part and a fold; cache them."""
        name, other = f"teacher-{part}-{fold}", split_of(part)
        if isinstance(other, FoldSplit):
            fold, without = max(fold, other.fold), min(fold, other.fold)
            name, other = f"teacher-{without}-{fold}", split_of(f"fold-{without}")
        target = work_folder(self.teacher, folder) / name
        scores = mean_scores([target])
        if scores is None:
            split = FoldSplit(fold=fold, folds=FOLDS, within="train", of=other)
            scores = self.teacher.scores_of_split(store, split, TEACHER_SEED, target)
            save_scores(target, scores)
        return scores


@dataclass(frozen=True)
class Ensemble:
    """Mean score of several models; one member consists of one member of each."""

    name: str
    of: Sequence[Model]
    members: int = 1

    @property
    def parameters(self) -> int:
        """Number of parameters of one member of each model."""
        return sum(model.parameters for model in self.of)

    def scores(self, store: ViewStore, part: str, member: int, folder: Path) -> Floats:
        """Train the missing models; return the scores of the evaluated events, NaN for others."""
        for model in self.of:
            fit(model, store, part, member, folder.parents[1])
        mean = mean_scores(folder_of(model, part, member, folder.parents[1]) for model in self.of)
        assert mean is not None  # every model has been fitted
        scores = np.full(len(store), np.nan)
        scores[evaluated_rows(store, part)] = mean
        return scores


@dataclass(frozen=True)
class Trees:
    """Gradient-boosted trees on bins of views, on scalars, or on both.

    Attributes:
        name: Name of the model.
        views: Names of the views whose bins are inputs.
        scalars: Catalogue scalars that are inputs.
        requires: Columns that a training event must have, as in `data.requires`.
        prefix: Prefix of further columns that are inputs; "" for none.
        held_out: Out-of-fold scores of another model that are an input.
        members: Number of members.
    """

    name: str
    views: Sequence[str] = ()
    scalars: Sequence[AnyScalar] = ()
    requires: Sequence[str] = ()
    prefix: str = ""
    held_out: HeldOut | None = None
    members: int = 1

    @property
    def parameters(self) -> int:
        """Zero, because trees have no comparable number of parameters."""
        return 0

    def scores(self, store: ViewStore, part: str, member: int, folder: Path) -> Floats:
        """Train, and return the scores."""
        features = self._features(store, part)
        settings = DataSettings(requires=tuple(self.requires), split=split_of(part))
        examples = Examples(store, settings)
        rows = examples.rows("train")
        trees = HistGradientBoostingClassifier(
            max_iter=300,
            learning_rate=0.06,
            max_leaf_nodes=15,
            l2_regularization=1.0,
            max_features=0.2 if self.views else 1.0,
            random_state=member,
        )
        trees.fit(features[rows], examples.targets[rows])
        scores: Floats = trees.predict_proba(features)[:, 1]
        return scores

    def _features(self, store: ViewStore, part: str) -> Floats:
        """Return the inputs of every event [n, k]."""
        inputs: list[Views | Floats] = [np.asarray(store.views[name]) for name in self.views]
        inputs += [scalars_of(store.index, self.scalars)] if self.scalars else []
        if self.prefix:
            columns = [name for name in store.index if str(name).startswith(self.prefix)]
            inputs.append(store.index[columns].to_numpy(np.float64))
        if self.held_out:
            inputs.append(self.held_out(store, part)[:, None])
        return np.concatenate(inputs, axis=1)
