"""Who is compared in `benchmarks.quality`: networks of the configs, and gradient-boosted trees."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier

from astronet.catalogs.labels import POLICIES
from astronet.config import Experiment, load_config
from astronet.dataset.scalars import SCALARS, AnyScalar, has_numbers, scalars_of
from astronet.dataset.splits import FoldSplit, OfficialSplit, Split
from astronet.dataset.store import ViewStore
from astronet.evaluation.metrics import Floats
from astronet.lightcurves.arrays import Ints
from astronet.models.layers import count_parameters
from astronet.scorer import load
from astronet.train import train

FOLDS, MEMBERS, TEACHERS_SEED = 5, 3, 100
PARTS = (*(f"fold-{k}" for k in range(FOLDS)), "official")
"""What each rival is fitted for: every fold, and the split of 2018."""

_ON_DR24 = (
    "views={global: {bins: 2001}, rebinned_local: "
    "{bins: 201, durations: 4, bin_width: 0.16, rebinned_from: 2001}}"
)


HeldOut = Callable[[ViewStore, str], Floats]
"""Scores [n] of all events for a part, each of a network that has not learnt from its star."""


class Rival(Protocol):
    """Something that learns from some events and scores others."""

    @property
    def name(self) -> str:
        """What it is called in tables."""

    @property
    def members(self) -> int:
        """How many are trained, from seeds of their own."""

    @property
    def parameters(self) -> int:
        """Of one member."""

    def scores(self, store: ViewStore, part: str, member: int, folder: Path) -> Floats:
        """Scores [n] of all events of the store, having learnt from those that train in a part."""


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
        scores = np.full(len(store), np.nan)
        for fold in range(FOLDS):
            within = FoldSplit(fold=fold, folds=FOLDS, within="train", of=split_of(part))
            taught = within.assign(store.index) == "test"
            if taught.any():  # in the fold that is judged, nothing is
                scores[taught] = self._taught(store, part, fold, folder.parents[1])[taught]
        table = folder.parent / f"{part}-teachers.csv"
        softening = store.index[["star", "number"]].assign(score=scores).dropna()
        softening.to_csv(table, index=False)
        taught = f"data.teacher={{scores: {table}, weight: {self.weight}}}"
        student = Network(self.name, self.config, (*self.overrides, taught))
        return student.scores(store, part, member, folder)

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


_VIEWS = ("global", "rebinned_local")
_LONG = ("optimization.learning_rate=1e-4", "training.epochs=8")
"""As long as the store's own baseline: a step of 1e-4, 8 epochs."""

_RESIDUAL = Network("residual", "residual-dr24.yaml", (), MEMBERS)
_WITH_SCALARS = Network("residual and scalars", "residual-scalars-dr24.yaml", (), MEMBERS)
_ASTRONET = Network("AstroNet", "astronet-dr24.yaml", ("training.epochs=8",), MEMBERS)
_TAUGHT = Taught(
    "residual taught by the catalogue",
    "residual-dr24.yaml",
    ("training.epochs=10",),  # softened labels are not learnt by heart as soon as hard ones
    MEMBERS,
    teacher=_WITH_SCALARS,
    weight=0.7,
)
_SLIM = Taught(
    "slim AstroNet taught by the catalogue",
    "astronet-dr24.yaml",
    (
        "network.columns={global: {blocks: 5, pool: 5, filters: 8}, "
        "rebinned_local: {blocks: 2, pool: 7, filters: 8}}",
        "network.hidden_size=128",
        "optimization.learning_rate=5e-4",
        "optimization.schedule=cosine",
        "training.epochs=8",
    ),
    teacher=_WITH_SCALARS,
    weight=0.7,
)

RIVALS: tuple[Rival, ...] = (
    Network("linear", "linear.yaml", ("optimization.learning_rate=1e-3", "training.epochs=20")),
    Network("fully connected", "fc.yaml", (
        _ON_DR24, "network.columns={global: {layers: 3, size: 128}, "
        "rebinned_local: {layers: 3, size: 128}}",
        "optimization.learning_rate=1e-3", "training.epochs=8")),
    Network("AstroNet on the global view", "global-only.yaml", (*_LONG, "network.hidden_size=512")),
    Network("AstroNet on the local view", "astronet-dr24.yaml", (
        "views={rebinned_local: {bins: 201, durations: 4, bin_width: 0.16, rebinned_from: 2001}}",
        "network.columns={rebinned_local: {blocks: 2, pool: 7}}", *_LONG)),
    Trees("trees on views", views=_VIEWS),
    Trees("trees on catalogue scalars", scalars=tuple(SCALARS)),
    Trees("trees on both", views=_VIEWS, scalars=tuple(SCALARS)),
    _ASTRONET,
    _RESIDUAL,
    Taught("residual with softened labels", "residual-dr24.yaml", (), 2, teacher=_RESIDUAL),
    _TAUGHT,
    _SLIM,
    Committee("residual and slim AstroNet taught by the catalogue", (_TAUGHT, _SLIM)),
    Committee("residual taught by the catalogue and AstroNet", (_TAUGHT, _ASTRONET), MEMBERS),
    _WITH_SCALARS,
)  # fmt: skip


def fitted(rival: Rival, store: ViewStore, part: str, member: int, folder: Path) -> None:
    """Keeps the scores of the events that a part judges, unless they are there."""
    place = place_of(rival, part, member, folder)
    if (place / "scores.npy").exists():
        return
    place.mkdir(parents=True, exist_ok=True)
    scores = rival.scores(store, part, member, place)[judged_rows(store, part)]
    with (place / "scores.part").open("wb") as file:
        np.save(file, scores)
    (place / "scores.part").replace(place / "scores.npy")


def place_of(rival: Rival, part: str, member: int, folder: Path) -> Path:
    """Where a rival's work for a part is kept."""
    return work_of(rival, folder) / f"{part}-member-{member}"


def work_of(rival: Rival, folder: Path) -> Path:
    """Where all of a rival's work is kept, and what it teaches others too."""
    return folder / rival.name.lower().replace(",", "").replace(" ", "-")


def judged_rows(store: ViewStore, part: str) -> Ints:
    """The rows that are judged in a part."""
    judged = "val" if part == "official" else "test"
    return np.flatnonzero(split_of(part).assign(store.index) == judged)


def split_of(part: str) -> Split:
    """The split of a part."""
    if part == "official":
        return OfficialSplit()
    return FoldSplit(fold=int(part.removeprefix("fold-")), folds=FOLDS)
