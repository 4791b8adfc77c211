"""`astronet tune`: search for the best settings by cross-validation on the training stars."""

import logging
import time
from collections.abc import Callable, Sequence
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
from astronet.files.atomic import remove_leftovers, write_text
from astronet.files.csv_files import read_plain_csv
from astronet.files.locks import exclusive
from astronet.progress import progress_bar
from astronet.runs.loading import load
from astronet.runs.run_folder import inputs_of_training
from astronet.train import train
from astronet.training.trainer import number_of_devices
from astronet.tuning.fitting import settings_of, without_early_stopping
from astronet.tuning.folder import (
    BEST,
    LOCK,
    SCORES,
    TRIALS,
    check_search_folder,
    delete_search,
    delete_trial,
    folder_of_trial,
)
from astronet.tuning.folds import check_folds, folds_within
from astronet.tuning.results import Tuning, progress_of, trials_table
from astronet.tuning.space import Space
from astronet.tuning.study import Search, Study, Trial

if TYPE_CHECKING:
    import optuna

_logger = logging.getLogger("astronet")


def tune(
    experiment: Experiment,
    space: Space,
    folder: Path,
    *,
    trials: int = 30,
    folds: int = 3,
    minutes: float | None = None,
    overwrite: bool = False,
    inputs: Sequence[Path] = (),
    quiet: bool = False,
) -> Tuning:
    """Search for the best settings by cross-validation on the training stars of a config.

    A trial trains one network per fold for all epochs and scores the held-out fold. Complete trials
    are ranked by the average precision of the pooled scores of all folds. Validation and test
    events are never used. The first trial has the settings of the config if they are in the search
    space. If the folder contains an interrupted search, it is resumed; a resumed search has the
    same trials as an uninterrupted one.

    Args:
        experiment: Config whose settings are searched.
        space: Range or choices of each key to search.
        folder: New folder for the search, or the folder of a search to resume.
        trials: Total number of trials, including those of a resumed search.
        folds: Number of cross-validation folds.
        minutes: Time since this call after which no trial is started [min]; None means no limit.
        overwrite: Whether to delete an existing search instead of resuming it. If the folder
            contains anything else, nothing is deleted, and an error is raised.
        inputs: Files that must not be deleted, for example the config file, in addition to those
            that the config names.
        quiet: Whether to hide the progress bar.

    Returns:
        Result of the search: the table of trials and the best trial.

    Raises:
        ConfigError: A key cannot be tuned or is not in the config, a range contains invalid values,
            `data.teacher` is set, `data.split` is a `FoldSplit`, `folds` is less than 2, the config
            selects several devices or a logger, or optuna is not installed.
        StoreError: The store is missing or unsuitable, or a fold lacks planets or other events.
        CatalogError: A label in the store is unknown to the label policy.
        RunError: The folder has other content, is in use, or belongs to another search; an input
            is in the folder of the search to overwrite; the search was interrupted; or no trial is
            complete.
    """
    base = without_early_stopping(experiment, space)
    _check_trainer(base)
    parts = folds_within(experiment.data.split, folds)
    store = ViewStore.open(experiment.store)
    check_folds(store, base.data, parts)
    inputs = [*inputs_of_training(experiment), *inputs]
    check_search_folder(folder, overwrite=overwrite, inputs=inputs)
    with exclusive(folder / LOCK, _busy(folder)):
        remove_leftovers(folder)
        search = Search(
            config=experiment.model_dump(mode="json"),
            store_sha256=store.digest,
            space=space,
            folds=folds,
        )
        study = Study(folder, search, settings_of(experiment, space), restart=overwrite)
        if overwrite:
            delete_search(folder)
        study.save()
        context = _Context(study, base, parts, store, folder)
        started = time.monotonic()
        done = len(study.trials) * folds
        with progress_bar("tuning", "folds", trials * folds, done=done, quiet=quiet) as advance:
            while len(study.trials) < trials:
                left = None if minutes is None else started + 60 * minutes - time.monotonic()
                if left is not None and left < 0:
                    break
                _run_next_trial(context, advance)
                context.write_results(experiment)
                _logger.info(progress_of(study, trials, left))
        return context.result()


def _check_trainer(experiment: Experiment) -> None:
    """Raise an error if a config selects several devices or a logger.

    Raises:
        ConfigError: The config selects them, or an option of the Trainer is invalid.
    """
    if (devices := number_of_devices(experiment.trainer, experiment.data.batch_size)) > 1:
        raise ConfigError(
            f"tuning uses one device, but the trainer section selects {devices}; set "
            "trainer.devices=1"
        )
    if (kind := experiment.trainer.get("logger", "csv")) != "csv":
        raise ConfigError(
            f"tuning does not support trainer.logger={kind}; set trainer.logger=csv (the results "
            "of all trials are in trials.csv)"
        )


def _busy(folder: Path) -> RunError:
    return RunError(
        f"another search is running in {folder}; wait until it ends, or choose another folder",
        arguments=("run",),
    )


def _run_next_trial(context: "_Context", advance: Callable[[int], None]) -> None:
    """Run the next trial, add it with its results to the study, and delete its checkpoints."""
    study = context.study
    number, started, asked = len(study.trials), time.monotonic(), study.ask()
    trial = Trial(state="complete", params=asked.params)
    folder = context.folder_of(number)
    delete_trial(context.folder, number)  # left by a trial that was killed
    try:
        experiment = changed(context.experiment, study.settings(trial), f"trial {number}")
        trial = _cross_validate(trial, asked, experiment, context, folder, advance)
    except (ConfigError, torch.OutOfMemoryError) as error:
        reason = str(error) if isinstance(error, ConfigError) else "the GPU ran out of memory"
        trial = trial.model_copy(update={"state": "failed", "reason": reason})
    except RunError as error:
        if isinstance(error.__context__, KeyboardInterrupt | SystemExit):
            raise RunError(
                f"tuning was interrupted in trial {number}; run the same command again to resume"
            ) from None
        raise
    seconds = round(time.monotonic() - started, 1)
    study.add(asked, trial.model_copy(update={"seconds": seconds}))
    advance(len(context.parts) - len(trial.precisions))
    for checkpoint in context.folder.glob("trial-*/fold-*/*.ckpt"):  # up to 120 MB each
        checkpoint.unlink()


def _cross_validate(
    trial: Trial,
    asked: "optuna.Trial",
    experiment: Experiment,
    context: "_Context",
    folder: Path,
    advance: Callable[[int], None],
) -> Trial:
    """Train and score one network per fold, and return the trial with its results.

    After each fold except the last, optuna's `MedianPruner` decides whether to prune the trial. The
    scores of a complete trial are written to scores.csv. `asked` is optuna's object for `trial`.

    Raises:
        ConfigError: The network cannot be built or trained with these settings.
    """
    scored: list[pd.DataFrame] = []
    for part in context.parts:
        scored.append(_score_fold(experiment, part, context.store, folder / f"fold-{part.fold}"))
        together = pd.concat(scored)
        precision = measure(together["score"], together["target"])["average_precision"]
        trial = trial.model_copy(update={"precisions": (*trial.precisions, precision)})
        asked.report(precision, part.fold)
        advance(1)
        if part is not context.parts[-1] and asked.should_prune():
            reason = (
                "average precision below the median of the other trials after "
                f"{counted(len(scored), 'fold')}"
            )
            return trial.model_copy(update={"state": "pruned", "reason": reason})
    write_text(folder / SCORES, together.to_csv(index=False))
    return trial


def _score_fold(
    experiment: Experiment, part: FoldSplit, store: ViewStore, folder: Path
) -> pd.DataFrame:
    """Train on all folds but one, and return the scores of labelled events in the held-out fold.

    Returns:
        Table with the columns star, number, fold, target and score.

    Raises:
        ConfigError: The network cannot be built, or training diverged.
    """
    data = experiment.data.model_copy(update={"split": part})
    experiment = experiment.model_copy(update={"data": data})
    train(experiment, folder, quiet=True)
    held_out = Examples(store, data)
    rows = held_out.rows("test")
    scores = load(folder).score_store(store, rows)
    if not np.isfinite(scores).all():
        raise ConfigError(
            "training diverged: some scores are not finite; use a lower optimization.learning_rate"
        )
    evaluated = store.index.iloc[rows][["star", "number"]].assign(fold=part.fold)
    return evaluated.assign(target=held_out.targets[rows], score=scores)


@dataclass(frozen=True)
class _Context:
    """Objects shared by all trials of a search.

    Attributes:
        study: Study of the finished trials.
        experiment: Config whose settings the trials change.
        parts: Split of each cross-validation fold.
        store: Store of the events.
        folder: Folder of the search.
    """

    study: Study
    experiment: Experiment
    parts: list[FoldSplit]
    store: ViewStore
    folder: Path

    def folder_of(self, number: int) -> Path:
        """Return the folder of trial `number`."""
        return folder_of_trial(self.folder, number)

    def write_results(self, experiment: Experiment) -> None:
        """Write trials.csv and, if any trial is complete, best.yaml: the config of the best trial.

        Args:
            experiment: Config whose split is written to best.yaml.
        """
        write_text(self.folder / TRIALS, trials_table(self.study).to_csv(index=False))
        if self.study.best is not None:
            settings = self.study.settings(self.study.best[1])
            split = {"split": experiment.data.split}
            best = changed(self.experiment, settings, "best trial")
            best = best.model_copy(update={"data": best.data.model_copy(update=split)})
            write_text(self.folder / BEST, best.as_yaml(self.folder))

    def result(self) -> Tuning:
        """Return the result of the search, with a 95 % confidence interval for the best trial.

        Raises:
            RunError: No trial is complete.
        """
        if self.study.best is None:
            trials = self.study.trials
            reasons = [trial.reason for trial in trials if trial.reason]
            last = f"; last failed or pruned trial: {reasons[-1]}" if reasons else ""
            found = f"no trial is complete ({counted(len(trials), 'trial')} started{last}); "
            remedy = "correct the ranges, or allow more trials or minutes"
            raise RunError(
                found + remedy if trials else "no trial was started; allow more trials or minutes",
                arguments=("trials", "minutes"),
            )
        number, _ = self.study.best
        path = self.folder_of(number) / SCORES
        try:
            scored = read_plain_csv(path)
            intervals = star_bootstrap(scored["score"], scored["target"], scored["star"])
        except (OSError, ValueError, KeyError):
            raise RunError(f"{path} is missing or corrupt; restore it, or tune again") from None
        return Tuning(self.folder, trials_table(self.study), number, intervals["average_precision"])
