"""`astronet tune`: which settings learn best, judged by folds of the training stars alone."""

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import torch

from astronet.config import Experiment, changed
from astronet.dataset.examples import Examples
from astronet.dataset.splits import FoldSplit
from astronet.dataset.store import ViewStore
from astronet.errors import ConfigError, RunError, counted
from astronet.evaluation.intervals import star_bootstrap
from astronet.evaluation.metrics import measure
from astronet.files.atomic import is_temporary, remove_leftovers, write_text
from astronet.files.locks import exclusive
from astronet.progress import progress_bar
from astronet.runs.scorer import load
from astronet.train import train
from astronet.tuning.folds import check_folds, folds_within
from astronet.tuning.results import Tuning, trials_table
from astronet.tuning.space import Space
from astronet.tuning.study import Search, Study, Trial

if TYPE_CHECKING:
    import optuna

_NOT_TUNED = (
    *("source", "preparation", "views", "store", "data.labels", "data.split", "data.teacher"),
    *("training.keep", "training.patience", "training.seed"),
)
"""What decides which events are judged, and how: trials that differ in it do not compare."""

_LOCK, _SCORES = "study.lock", "scores.csv"


def tune(
    experiment: Experiment,
    space: Space,
    folder: Path,
    *,
    trials: int = 30,
    folds: int = 3,
    minutes: float | None = None,
    quiet: bool = False,
) -> Tuning:
    """Searches settings by cross-validation on the stars of the config's training part.

    A trial trains once a fold, keeps the last epoch, and scores the fold that it has not seen; what
    counts is the average precision of all folds' scores together. Events for validation and test
    are never read. The first trial is the config as it is, where it is within the ranges. A search
    that was stopped goes on, and ends as if it had not been.

    Args:
        experiment: The config.
        space: The ranges of the keys to search.
        folder: The search's folder: new, or of the same search.
        trials: How many trials there shall be in the end.
        folds: How many folds of stars a trial is judged by.
        minutes: Begin no trial after so many; none: no limit.
        quiet: Show no progress.

    Raises:
        ConfigError: A key cannot be tuned, a range goes beyond what the key may be, the config's
            split has no training part, or optuna is not installed.
        StoreError: The store is missing, or a fold has no planets or nothing else.
        RunError: The folder holds something else, or the search was interrupted, or every trial
            failed.
    """
    base = _checked(experiment, space)
    parts = folds_within(experiment.data.split, folds)
    store = ViewStore.open(experiment.store)
    check_folds(store, base.data, parts)
    _check_folder(folder)
    with exclusive(folder / _LOCK, _busy(folder)):
        remove_leftovers(folder)
        search = Search(
            config=experiment.model_dump(mode="json"),
            store_sha256=store.digest,
            space=space,
            folds=folds,
        )
        study = Study(folder, search, own=_own_settings(experiment, space))
        bench = _Bench(study, base, parts, store, folder)
        begun = time.monotonic()
        done = len(study.trials) * folds
        with progress_bar("tuning", "folds", trials * folds, done=done, quiet=quiet) as advance:
            while len(study.trials) < trials:
                if minutes is not None and time.monotonic() - begun > 60 * minutes:
                    break
                _try_next(bench, advance)
                bench.write_results(experiment)
        return bench.found()


def _checked(experiment: Experiment, space: Space) -> Experiment:
    """The config as trials have it: the last epoch is kept.

    Raises:
        ConfigError: A key cannot be tuned, or an end of its range is not allowed.
    """
    if experiment.data.teacher is not None:
        raise ConfigError(
            "data.teacher: its scores may know the labels of the folds that are held out; tune "
            "with data.teacher=null"
        )
    for key, span in space.items():
        if any(f"{key}.".startswith(f"{k}.") or f"{k}.".startswith(f"{key}.") for k in _NOT_TUNED):
            raise ConfigError(
                f"{key} cannot be tuned: trials that differ in it do not compare; tune network, "
                "optimization, data.batch_size, data.reflect or training.epochs"
            )
        for text in span.texts:
            changed(experiment, [f"{key}={text}"], "the space")
    return changed(experiment, ["training.keep=last", "training.patience=null"], "the config")


def _check_folder(folder: Path) -> None:
    """Refuses a folder that holds something else than a search."""
    paths = folder.iterdir() if folder.is_dir() else ()
    found = {path.name for path in paths if not is_temporary(path)}
    if folder.is_file() or ("study.json" not in found and found - {_LOCK}):
        raise RunError(
            f"{folder} exists and is not a search; choose another folder", arguments=("run",)
        )


def _busy(folder: Path) -> RunError:
    return RunError(
        f"another search is running in {folder}; wait until it ends, or choose another folder",
        arguments=("run",),
    )


def _own_settings(experiment: Experiment, space: Space) -> dict[str, object] | None:
    """The config's own values of the keys; None where one is not in its range."""
    own = {}
    for key, span in space.items():
        value: object = experiment.model_dump(mode="json")
        for part in key.split("."):
            value = value.get(part) if isinstance(value, dict) else None
        own[key] = span.own(value)
    return None if None in own.values() else own


def _try_next(bench: "_Bench", advance: Callable[[int], None]) -> None:
    """Runs one trial, and adds it to the study."""
    study = bench.study
    number, begun, asked = len(study.trials), time.monotonic(), study.ask()
    trial = Trial(state="complete", params=asked.params)
    folder = bench.folder_of(number)
    if folder.exists():  # of a trial that was killed
        shutil.rmtree(folder)
    try:
        experiment = changed(bench.experiment, study.settings(trial), f"trial {number}")
        trial = _judge(trial, asked, experiment, bench, folder, advance)
    except (ConfigError, torch.OutOfMemoryError) as error:
        why = str(error) if isinstance(error, ConfigError) else "the GPU has too little memory"
        trial = trial.model_copy(update={"state": "failed", "reason": why})
    except RunError as error:
        if isinstance(error.__context__, KeyboardInterrupt | SystemExit):
            raise RunError(
                f"tuning was interrupted in trial {number}; go on with the same command"
            ) from None
        raise
    seconds = round(time.monotonic() - begun, 1)
    study.add(asked, trial.model_copy(update={"seconds": seconds}))
    advance(len(bench.parts) - len(trial.precisions))
    for checkpoint in bench.folder.glob("trial-*/fold-*/*.ckpt"):  # up to 120 MB each
        checkpoint.unlink()


def _judge(
    trial: Trial,
    asked: "optuna.Trial",
    experiment: Experiment,
    bench: "_Bench",
    folder: Path,
    advance: Callable[[int], None],
) -> Trial:
    """The trial after its folds; pruned where it does worse after a fold than most did.

    Raises:
        ConfigError: The network cannot be built or trained with these settings.
    """
    scored: list[pd.DataFrame] = []
    for part in bench.parts:
        scored.append(_score_fold(experiment, part, bench.store, folder / f"fold-{part.fold}"))
        together = pd.concat(scored)
        precision = measure(together["score"], together["target"])["average_precision"]
        trial = trial.model_copy(update={"precisions": (*trial.precisions, precision)})
        asked.report(precision, part.fold)
        advance(1)
        if part is not bench.parts[-1] and asked.should_prune():
            why = f"below the median after {counted(len(scored), 'fold')}"
            return trial.model_copy(update={"state": "pruned", "reason": why})
    write_text(folder / _SCORES, together.to_csv(index=False))
    return trial


def _score_fold(
    experiment: Experiment, part: FoldSplit, store: ViewStore, folder: Path
) -> pd.DataFrame:
    """Trains without one fold, and scores its labelled events: star, number, fold, target, score.

    Raises:
        ConfigError: The network cannot be built, or its training diverged.
    """
    data = experiment.data.model_copy(update={"split": part})
    experiment = experiment.model_copy(update={"data": data})
    train(experiment, folder, quiet=True)
    held_out = Examples(store, data, views=experiment.views)
    rows = held_out.rows("test")
    scorer, events = load(folder), store.index.iloc[rows]
    views = {name: view[rows] for name, view in held_out.views.items()}
    scores = scorer.score_views(views, scorer.scalars_of(events))
    if not np.isfinite(scores).all():
        raise ConfigError("training diverged: the network's scores are no numbers")
    judged = events[["star", "number"]].assign(fold=part.fold)
    return judged.assign(target=held_out.targets[rows], score=scores)


@dataclass(frozen=True)
class _Bench:
    """What every trial of a search shares.

    Attributes:
        study: The trials so far.
        experiment: The config whose settings trials change.
        parts: The folds.
        store: The events.
        folder: The search's folder.
    """

    study: Study
    experiment: Experiment
    parts: list[FoldSplit]
    store: ViewStore
    folder: Path

    def folder_of(self, number: int) -> Path:
        """A trial's folder."""
        return self.folder / f"trial-{number:03d}"

    def write_results(self, experiment: Experiment) -> None:
        """Writes trials.csv, and best.yaml with the split of the user's config."""
        write_text(self.folder / "trials.csv", trials_table(self.study).to_csv(index=False))
        if self.study.best is not None:
            settings = self.study.settings(self.study.best[1])
            split = {"split": experiment.data.split}
            best = changed(self.experiment, settings, "the best trial")
            best = best.model_copy(update={"data": best.data.model_copy(update=split)})
            write_text(self.folder / "best.yaml", best.as_yaml())

    def found(self) -> Tuning:
        """What the search has found.

        Raises:
            RunError: No trial is complete.
        """
        if self.study.best is None:
            reasons = [trial.reason for trial in self.study.trials if trial.reason]
            last = f"; the last: {reasons[-1]}" if reasons else ""
            raise RunError(
                f"none of {counted(len(self.study.trials), 'trial')} is complete{last}; "
                "correct the ranges, or allow more trials or minutes",
                arguments=("trials", "minutes"),
            )
        number, _ = self.study.best
        judged = pd.read_csv(self.folder_of(number) / _SCORES)
        intervals = star_bootstrap(judged["score"], judged["target"], judged["star"])
        return Tuning(self.folder, trials_table(self.study), number, intervals["average_precision"])
