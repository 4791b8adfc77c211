"""`astronet train`: train the network defined by a config, and write a run folder."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from astronet.config import Experiment, parse
from astronet.dataset.examples import Examples
from astronet.dataset.scalars import scalars_of
from astronet.dataset.store import ViewStore
from astronet.errors import RunError, WorkerError
from astronet.evaluation.decisions import Thresholds
from astronet.execution.together import run_together
from astronet.runs.checkpoints import read_checkpoint
from astronet.runs.run import Run
from astronet.runs.run_store import check_validation, with_settings_of_store
from astronet.runs.scorer import Scorer
from astronet.runs.training_stars import write_training_stars
from astronet.training.callbacks import StepBar
from astronet.training.classifier import Classifier
from astronet.training.data import ViewData
from astronet.training.fitting import Fitted, fit, fit_scaling
from astronet.training.ranks import Rank
from astronet.training.settings import Precision
from astronet.training.trainer import (
    free_port,
    make_trainer,
    number_of_devices,
    resolved_precision,
)


def train(
    experiment: Experiment,
    run_path: Path,
    *,
    resume: bool = False,
    overwrite: bool = False,
    inputs: Sequence[Path] = (),
    quiet: bool = False,
) -> Run:
    """Train a network, and write a run folder that contains everything needed for prediction.

    A run that is interrupted and resumed yields the same weights as an uninterrupted run.

    Args:
        experiment: Config of the run.
        run_path: Run folder, which must be new or empty unless the run is resumed or overwritten.
        resume: Whether to continue an interrupted run after its last complete epoch. If the run
            does not exist yet, it is started; if it is finished, it is returned unchanged.
        overwrite: Whether to delete an existing run and its evaluations. If the folder contains
            anything else, nothing is deleted, and an error is raised.
        inputs: Files that must not be deleted, for example the config file, in addition to those
            that the config names.
        quiet: Whether to hide the progress bars and the log message of each epoch.

    Returns:
        The finished run.

    Raises:
        StoreError: The store is missing, corrupt or unsuitable; for example, it lacks a view or
            labelled training events.
        LightCurveError: A view that the store lacks cannot be rebinned for an event.
        CatalogError: A label in the store is unknown to the label policy.
        ConfigError: The config and the store have different settings for a view, the network cannot
            be built, an option of the Trainer is invalid, or training ended before the first epoch
            was complete.
        RunError: The folder is not empty, was started with another config or store, cannot be
            resumed, or contains an input or other files; both `resume` and `overwrite` are True; or
            training was interrupted.
    """
    if resume and overwrite:
        raise RunError(
            "a run is either resumed or overwritten; choose one", arguments=("resume", "overwrite")
        )
    store = ViewStore.open(experiment.store)
    experiment = with_settings_of_store(experiment, store)
    experiment = _with_precision(experiment, Run(run_path) if resume else None)
    training = experiment.training
    examples = _examples(experiment, store)
    check_validation(examples, experiment)
    devices = number_of_devices(experiment.trainer, experiment.data.batch_size)
    network = _network(experiment)
    run = Run.begin(run_path, experiment, store, resume=resume, overwrite=overwrite, inputs=inputs)
    if run.finished:
        return run
    stars = store.index["star"].iloc[examples.train_rows]
    write_training_stars(run.training_stars_path, experiment.source.mission, stars)
    started = time.monotonic()
    checkpoint = _checkpoint(run)
    bar = None if quiet else StepBar()
    show = None if bar is None else bar.show
    try:
        if devices == 1:
            fitted = _fit(experiment, run, checkpoint, network, examples, show=show)
        else:
            rank = Rank(processes=devices, port=free_port())
            fitted = _fit_together(
                _Joint(experiment.model_dump(mode="json"), run_path, checkpoint, rank, quiet), show
            )
    except (KeyboardInterrupt, SystemExit):  # Lightning turns Ctrl-C into an exit
        raise RunError(
            f"training was interrupted in epoch {_epoch(run)} of {training.epochs}; resume the "
            "training",
            command=run.resuming,
        ) from None
    except WorkerError as error:
        raise RunError(
            f"{error} in epoch {_epoch(run)} of {training.epochs}; resume the training",
            command=run.resuming,
        ) from None
    finally:
        if bar is not None:
            bar.stop()
    run.finish(
        seconds=time.monotonic() - started,
        device=fitted.device,
        precision=fitted.precision,
        kept_epoch=fitted.kept_epoch,
        thresholds=_fitted_thresholds(run, examples),
    )
    if not training.keep_checkpoint:
        run.last_checkpoint.unlink(missing_ok=True)
    return run


def _examples(experiment: Experiment, store: ViewStore) -> Examples:
    names = experiment.scalars
    scalars = scalars_of(store.index, names) if names else None
    return Examples(store, experiment.data, experiment.views, scalars)


def _network(experiment: Experiment) -> torch.nn.Module:
    """Return the network with the random weights of the run's seed."""
    torch.manual_seed(experiment.training.seed)
    return experiment.network.build(experiment.view_bins)


def _fit(
    experiment: Experiment,
    run: Run,
    checkpoint: Path | None,
    network: torch.nn.Module,
    examples: Examples,
    *,
    show: Callable[[int, int], None] | None,
    rank: Rank | None = None,
) -> Fitted:
    """Train the network in this process, alone or as one of several processes.

    Args:
        experiment: Config of the run.
        run: Run whose files are written.
        checkpoint: Path of the checkpoint from which training resumes; None to start it.
        network: Network with random weights.
        examples: Events of the store.
        show: Function that is called with the numbers of complete steps and of all steps; None
            means that nothing is shown.
        rank: This process, if several processes train the network together.
    """
    optimization, training = experiment.optimization, experiment.training
    if training.class_weights:
        optimization = optimization.model_copy(update={"positive_weight": examples.positive_weight})
    if checkpoint is None:
        fit_scaling(network, examples, experiment.scalars)
    trainer = make_trainer(
        training,
        experiment.trainer,
        history=run.history_path,
        last_checkpoint=run.last_checkpoint,
        weights=run.weights_path,
        gradient_clip=optimization.gradient_clip,
        quiet=show is None,
        show=show,
        rank=rank,
        settings=experiment.model_dump(mode="json"),
    )
    quiet = show is None or rank is not None
    data = ViewData(examples, training.seed, quiet=quiet, rank=rank)
    return fit(Classifier(network, optimization), data, trainer, checkpoint)


@dataclass(frozen=True)
class _Joint:
    """Task of each of the processes that train a network together.

    Attributes:
        content: Content of the config of the run, because configs cannot be pickled.
        run_path: Run folder.
        checkpoint: Path of the checkpoint from which training resumes; None to start it.
        rank: First process.
        quiet: Whether nothing is shown.
    """

    content: dict[str, Any]
    run_path: Path
    checkpoint: Path | None
    rank: Rank
    quiet: bool

    def __call__(self, number: int, send: Callable[[Any], None]) -> Fitted:
        """Train the network in the process with this number."""
        rank = replace(self.rank, number=number)
        torch.set_num_threads(max(1, torch.get_num_threads() // rank.processes))
        experiment = parse(self.content, str(self.run_path))
        examples = _examples(experiment, ViewStore.open(experiment.store))
        run, network = Run(self.run_path), _network(experiment)
        show = None if self.quiet else lambda done, total: send((done, total))
        arguments = (experiment, run, self.checkpoint, network, examples)
        return _fit(*arguments, show=show, rank=rank)


def _fit_together(task: _Joint, show: Callable[[int, int], None] | None) -> Fitted:
    """Train a network on several devices, with one process per device."""

    def received(steps: tuple[int, int]) -> None:
        if show is not None:
            show(*steps)

    return run_together(task, task.rank.processes, received)


def _epoch(run: Run) -> int:
    """Return the epoch after the last one from which training resumes, counted from 1."""
    if not run.last_checkpoint.exists():
        return 1
    return int(read_checkpoint(run.last_checkpoint)["epoch"]) + 2


def _fitted_thresholds(run: Run, examples: Examples) -> Thresholds | None:
    """Return decision thresholds fitted to validation events whose stars were not trained on.

    The result is None if there are no such events, or if a score is not finite.
    """
    rows = examples.rows("val")
    rows = rows[examples.without_training_events(rows)]
    if not len(rows):
        return None
    scores = Scorer([run]).scores_of_store(examples.store, rows)
    if not np.isfinite(scores.score).all():
        return None
    return Thresholds.fit(scores.score, examples.targets[rows], scores.spread)


def _checkpoint(run: Run) -> Path | None:
    """Return the path of the checkpoint from which training resumes, or None if there is none.

    Raises:
        RunError: The checkpoint is corrupt, or is missing although weights were written.
    """
    if not run.last_checkpoint.exists():
        if run.weights_path.exists():
            raise RunError(
                f"{run.last_checkpoint} is missing, so {run.path} cannot be resumed; "
                "train again in a new run folder",
                arguments=("run",),
            )
        return None
    try:
        read_checkpoint(run.last_checkpoint)
    except Exception:  # torch raises exceptions of many types for a corrupt file
        raise RunError(
            f"{run.last_checkpoint} is corrupt, so {run.path} cannot be resumed; "
            "train again in a new run folder",
            arguments=("run",),
        ) from None
    return run.last_checkpoint


def _with_precision(experiment: Experiment, resumed: Run | None) -> Experiment:
    """Return the config with the precision `auto` replaced by float32 or bfloat16.

    The new value is the precision of the resumed run or, for a new run, the best precision that the
    training device supports.

    Args:
        experiment: Config of the run.
        resumed: Run to resume, which may not exist yet; None for a new run.
    """
    training = experiment.training
    if training.precision != "auto":
        return experiment
    if resumed is not None and resumed.config_path.exists():
        precision: Precision = resumed.experiment.training.precision
    else:
        precision = resolved_precision("auto", experiment.trainer)
    resolved = training.model_copy(update={"precision": precision})
    return experiment.model_copy(update={"training": resolved})
