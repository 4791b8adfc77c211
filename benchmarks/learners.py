"""What learns, and is compared: networks of the configs, and gradient-boosted trees."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier

from astronet.catalogs.labels import POLICIES
from astronet.config import Experiment, load_config
from astronet.dataset.scalars import AnyScalar, has_numbers, scalars_of
from astronet.dataset.splits import FoldSplit, Split
from astronet.dataset.store import ViewStore
from astronet.evaluation.metrics import Floats
from astronet.models.layers import count_parameters
from astronet.runs.scorer import load
from astronet.train import train
from benchmarks.folds import FOLDS, Rival, fitted, judged_rows, place_of, split_of, work_of

TEACHERS_SEED = 100

HeldOut = Callable[[ViewStore, str], Floats]
"""Scores [n] of all events for a part, each of a network that has not learnt from its star."""


@dataclass(frozen=True)
class Network:
    """A network of a config, trained for so many epochs and its last weights kept.

    No epoch is chosen: a fold is judged once.
    """

    name: str
    config: str
    overrides: Sequence[str] = ()
    members: int = 1

    @property
    def parameters(self) -> int:
        """Of one member."""
        experiment = self._experiment(split_of("official"), 1)
        return count_parameters(experiment.network.build(experiment.view_bins))

    def scores(self, store: ViewStore, part: str, member: int, folder: Path) -> Floats:
        """Trains, or goes on where training was stopped, and scores."""
        return self.learned(store, split_of(part), member, folder)

    def learned(self, store: ViewStore, split: Split, seed: int, folder: Path) -> Floats:
        """Scores [n] of all events, having learnt from those that train in a split."""
        experiment = self._experiment(split, seed).model_copy(update={"store": store.path})
        return load(train(experiment, folder, resume=True, quiet=True).path).score_store(store)

    def _experiment(self, split: Split, seed: int) -> Experiment:
        fixed = [f"data.split={split.model_dump_json()}", f"training.seed={seed}"]
        fixed.append("training.keep=last")
        return load_config(Path("configs") / self.config, [*fixed, *self.overrides])


@dataclass(frozen=True, kw_only=True)
class Taught(Network):
    """A network that learns from softened labels, as the shipped ones do.

    A training event's label is mixed with the score of a teacher that learned neither from its
    star nor from what is judged. Without folds a and b there is one teacher: it scores b where a is
    judged, and a where b is.

    Attributes:
        teacher: What teaches. It may read more than the network does.
        weight: How much of a softened label is the teacher's score.
    """

    teacher: Network
    weight: float = 0.5

    def scores(self, store: ViewStore, part: str, member: int, folder: Path) -> Floats:
        """Trains the teachers that are missing, and what learns from them, and scores."""
        table = self._table(store, part, folder)
        taught = f"data.teacher={{scores: {table}, weight: {self.weight}}}"
        student = Network(self.name, self.config, (*self.overrides, taught))
        return student.scores(store, part, member, folder)

    def _table(self, store: ViewStore, part: str, folder: Path) -> Path:
        """The teachers' scores of a part's training events, each by what had not seen its star."""
        scores = np.full(len(store), np.nan)
        for fold in range(FOLDS):
            within = FoldSplit(fold=fold, folds=FOLDS, within="train", of=split_of(part))
            taught = within.assign(store.index) == "test"
            if taught.any():  # in the fold that is judged, nothing is
                scores[taught] = self._taught(store, part, fold, folder.parents[1])[taught]
        table = folder.parent / f"{part}-teachers.csv"
        softening = store.index[["star", "number"]].assign(score=scores).dropna()
        softening.to_csv(table, index=False)
        return table

    def _taught(self, store: ViewStore, part: str, fold: int, folder: Path) -> Floats:
        """Scores [n] of all events by what learned without a part and a fold; kept."""
        name, other = f"teacher-{part}-{fold}", split_of(part)
        if isinstance(other, FoldSplit):
            fold, without = max(fold, other.fold), min(fold, other.fold)
            name, other = f"teacher-{without}-{fold}", split_of(f"fold-{without}")
        place = work_of(self.teacher, folder) / name
        kept = place / "scores.npy"
        if not kept.exists():
            split = FoldSplit(fold=fold, folds=FOLDS, within="train", of=other)
            np.save(kept, self.teacher.learned(store, split, TEACHERS_SEED, place))
        return np.asarray(np.load(kept))


@dataclass(frozen=True)
class Committee:
    """Rivals whose mean score counts; a member of it is a member of each."""

    name: str
    of: Sequence[Rival]
    members: int = 1

    @property
    def parameters(self) -> int:
        """Of one member of each."""
        return sum(rival.parameters for rival in self.of)

    def scores(self, store: ViewStore, part: str, member: int, folder: Path) -> Floats:
        """Fits whoever is missing; scores of the events that the part judges, NaN for the rest."""
        for rival in self.of:
            fitted(rival, store, part, member, folder.parents[1])
        places = [place_of(rival, part, member, folder.parents[1]) for rival in self.of]
        scores = np.full(len(store), np.nan)
        scores[judged_rows(store, part)] = np.mean([np.load(p / "scores.npy") for p in places], 0)
        return scores


@dataclass(frozen=True)
class Trees:
    """Gradient-boosted trees on bins of views, on scalars, or on both.

    Attributes:
        requires: Columns without which an event is not learnt from, as `data.requires`.
        besides: Columns whose numbers they read too: those that begin so.
        held_out: Another rival whose scores of events that it had not learnt from they read too.
    """

    name: str
    views: Sequence[str] = ()
    scalars: Sequence[AnyScalar] = ()
    requires: Sequence[str] = ()
    besides: str = ""
    held_out: HeldOut | None = None
    members: int = 1

    @property
    def parameters(self) -> int:
        """Trees have none that could be compared."""
        return 0

    def scores(self, store: ViewStore, part: str, member: int, folder: Path) -> Floats:
        """Fits and scores."""
        features = self._features(store, part)
        policy = POLICIES["dr24_autovetter"]
        targets = policy.targets(store.index[policy.column])
        learns = (split_of(part).assign(store.index) == "train") & np.isfinite(targets)
        learns &= has_numbers(store.index, self.requires)
        trees = HistGradientBoostingClassifier(
            max_iter=300,
            learning_rate=0.06,
            max_leaf_nodes=15,
            l2_regularization=1.0,
            max_features=0.2 if self.views else 1.0,
            random_state=member,
        )
        trees.fit(features[learns], targets[learns])
        scores: Floats = trees.predict_proba(features)[:, 1]
        return scores

    def _features(self, store: ViewStore, part: str) -> Floats:
        """What they read of every event [n, k]."""
        inputs = [np.asarray(store.views[name]) for name in self.views]
        inputs += [scalars_of(store.index, self.scalars)] if self.scalars else []
        if self.besides:
            columns = [name for name in store.index if name.startswith(self.besides)]
            inputs.append(store.index[columns].to_numpy(np.float64))
        if self.held_out:
            inputs.append(self.held_out(store, part)[:, None])
        return np.concatenate(inputs, axis=1)
