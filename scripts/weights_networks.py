"""Networks of the shipped weights: teachers, students, and students of each fold.

A stack is fitted to the logits of networks that were not trained on the star of the event.
Therefore every student is trained six times: on all training events, which is the network that is
shipped, and without each of five folds by star. The teachers of a student without a fold are not
trained on that fold either, because their scores would otherwise contain its labels.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np

from astronet.config import load_config
from astronet.dataset.splits import FoldSplit, OfficialSplit, Split
from astronet.dataset.store import ViewStore
from astronet.files.atomic import replacing
from astronet.files.configs import find_config
from astronet.lightcurves.arrays import Floats, Ints
from astronet.runs.loading import load
from astronet.runs.run import Run
from astronet.train import train

FAST = "network.both_directions=false"
"""Setting of the students: no second pass over the time-reversed views, unlike the teachers."""

TEACHER = "residual-scalars-dr24"
FOLDS, TEACHERS, SEED = 5, 2, 1
PAIRS = tuple(combinations(range(FOLDS), 2))
"""Pairs of folds. A teacher trained without a pair scores one fold for the student without
the other one."""


@dataclass(frozen=True)
class Student:
    """Network that is shipped.

    Attributes:
        name: Name of the run.
        config: Name of the config.
        settings: Overrides of the config.
        weight: Weight of the teachers' score in the soft targets.
    """

    name: str
    config: str
    settings: tuple[str, ...]
    weight: float


STUDENTS = {
    # The teachers also read the catalogue, so their scores tell these networks more than labels.
    "pretrained": (
        Student("pretrained-1", "residual-dr24", ("training.epochs=10", FAST), 0.7),
        Student("pretrained-2", "slim-dr24", (), 0.7),
    ),
    "pretrained-scalars": (Student("pretrained-scalars-1", TEACHER, (FAST,), 0.5),),
}
"""Networks in the weights file of each name."""

COARSE = Student("coarse-1", "coarse-dr24", (), 0.7)
"""Network that is trained on degraded views, and scores only coarse views."""

RUNS = FOLDS * TEACHERS + len(PAIRS) + (1 + FOLDS) * (1 + sum(map(len, STUDENTS.values())))
"""Number of training runs."""


class Networks:
    """Training runs in a folder; finished runs are kept.

    Attributes:
        training: Mask [n] of the training events.
        folds_of_stars: Number of the fold of each event's star [n].
        folds: The same for training events [n]; −1 for others.

    Args:
        store: Store of DR24.
        work: Folder of the runs.
        tell: Function that is called with the name of each run before it is trained or loaded.
    """

    def __init__(self, store: ViewStore, work: Path, tell: Callable[[str], None]) -> None:
        self.store, self.work, self._tell = store, work, tell
        self._runs: dict[str, Run] = {}
        self.training = OfficialSplit().assign(store.index) == "train"
        self.folds_of_stars = np.empty(len(store), np.int64)
        for fold in range(FOLDS):
            of_fold = FoldSplit(fold=fold, folds=FOLDS).assign(store.index) == "test"
            self.folds_of_stars[of_fold] = fold
        self.folds = np.where(self.training, self.folds_of_stars, -1)

    def student(self, student: Student) -> Run:
        """Return the run of a student that is trained on all training events."""
        return self._taught(student.name, student, OfficialSplit(), self.teachers())

    def held_out_logits(self, student: Student) -> Floats:
        """Return the logits [n] of the student without each fold for the stars of that fold.

        The events of these stars that are not training events are included.
        """
        logits = np.full(len(self.store), np.nan)
        for fold, run in enumerate(self.without_folds(student)):
            held_out = self.folds_of_stars == fold
            logits[held_out] = self.logits(run)[held_out]
        return logits

    def without_folds(self, student: Student) -> list[Run]:
        """Return the runs of a student that are trained without the stars of each fold."""
        return [
            self._taught(
                f"{student.name}-without-{fold}",
                student,
                _without(fold),
                self._teachers_without(fold),
            )
            for fold in range(FOLDS)
        ]

    def teachers(self) -> Path:
        """Return a table of the training events with scores of teachers not trained on the star."""
        total = np.zeros(len(self.store))
        for fold in range(FOLDS):
            for member in range(1, TEACHERS + 1):
                name, seed = f"teacher-{fold}-{member}", 100 * member + fold
                run = self._run(name, TEACHER, _without(fold), seed)
                held_out = self.folds == fold
                total[held_out] += _expit(self.logits(run)[held_out]) / TEACHERS
        return self._table("teachers", np.where(self.training, total, np.nan))

    def mean_teacher_scores(self, rows: Ints) -> Floats:
        """Return the mean score [n] of all teachers for events that none of them is trained on."""
        names = [f"teacher-{f}-{m}" for f in range(FOLDS) for m in range(1, TEACHERS + 1)]
        logits = [self.logits(Run.load(self.work / name))[rows] for name in names]
        return np.asarray(np.mean(_expit(np.stack(logits)), axis=0))

    def logits(self, run: Run) -> Floats:
        """Return the logits [n] of a finished run for all events, which are kept in its folder."""
        path = run.path / "logits.npy"
        if not path.exists():
            scores = load(run.path).scores_of_store(self.store)
            with replacing(path) as part, part.open("wb") as file:
                np.save(file, scores.logits[:, 0])
        return np.asarray(np.load(path))

    def _teachers_without(self, fold: int) -> Path:
        """Return a table of teachers' scores that contain no labels of a fold."""
        scores = np.full(len(self.store), np.nan)
        for a, b in PAIRS:
            if fold in (a, b):
                split = FoldSplit(fold=b, folds=FOLDS, within="train", of=_without(a))
                run = self._run(f"teacher-without-{a}-{b}", TEACHER, split, 100)
                scored = self.folds == (a if fold == b else b)
                scores[scored] = _expit(self.logits(run)[scored])
        return self._table(f"teachers-without-{fold}", scores)

    def _taught(self, name: str, student: Student, split: Split, scores: Path) -> Run:
        """Return the run of a student on the training set of a split, with teachers' scores."""
        taught = f"data.teacher={{scores: {scores}, weight: {student.weight}}}"
        return self._run(name, student.config, split, SEED, (*student.settings, taught))

    def _table(self, name: str, scores: Floats) -> Path:
        """Write the scores [n] of the events that have one, unless the table exists."""
        path = self.work / f"{name}.csv"
        if not path.exists():
            table = self.store.index[["star", "number"]].assign(score=scores)
            with replacing(path) as part:
                table[np.isfinite(scores)].to_csv(part, index=False)
        return path

    def _run(
        self, name: str, config: str, split: Split, seed: int, settings: Sequence[str] = ()
    ) -> Run:
        """Return a finished run, after training or resuming it if necessary."""
        if name in self._runs:
            return self._runs[name]
        self._tell(name)
        fixed = [f"store={self.store.path}", f"training.seed={seed}"]
        fixed.append(f"data.split={split.model_dump_json()}")
        experiment = load_config(find_config(config), [*fixed, *settings])
        self._runs[name] = train(experiment, self.work / name, resume=True, quiet=True)
        return self._runs[name]


def _without(fold: int) -> FoldSplit:
    """Return the split whose training set is all training events except for a fold."""
    return FoldSplit(fold=fold, folds=FOLDS, within="train")


def _expit(logits: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-logits)))
