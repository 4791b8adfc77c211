"""`astronet train`: train the network defined by a config, and write a run folder."""

import logging
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from astronet.config import Experiment, parse
from astronet.dataset.examples import Examples
from astronet.dataset.scalars import scalars_of
from astronet.dataset.store import ViewStore
from astronet.errors import ConfigError, RunError, StoreError, counted
from astronet.evaluation.decisions import Thresholds
from astronet.models.scaling import scaling_of
from astronet.runs.checkpoints import read_checkpoint
from astronet.runs.run import Run
from astronet.runs.scorer import Scorer
from astronet.runs.training_stars import write_training_stars
from astronet.training.callbacks import Checkpoints
from astronet.training.classifier import Classifier
from astronet.training.data import ViewData
from astronet.training.settings import Precision
from astronet.training.trainer import make_trainer, resolved_precision

_logger = logging.getLogger("astronet")


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
    experiment = _with_settings_of_store(experiment, store)
    folder = Run(run_path)
    experiment = _with_precision(experiment, folder if resume else None)
    training = experiment.training
    names = experiment.scalars
    scalars = scalars_of(store.index, names) if names else None
    examples = Examples(store, experiment.data, experiment.views, scalars)
    _check_validation(examples, experiment)
    trainer = make_trainer(
        training,
        experiment.trainer,
        history=folder.history_path,
        last_checkpoint=folder.last_checkpoint,
        weights=folder.weights_path,
        gradient_clip=experiment.optimization.gradient_clip,
        quiet=quiet,
    )
    torch.manual_seed(training.seed)
    network = experiment.network.build(experiment.view_bins)
    run = Run.begin(run_path, experiment, store, resume=resume, overwrite=overwrite, inputs=inputs)
    if run.finished:
        return run
    stars = store.index["star"].iloc[examples.train_rows]
    write_training_stars(run.training_stars_path, experiment.source.mission, stars)
    optimization = experiment.optimization
    if training.class_weights:
        optimization = optimization.model_copy(update={"positive_weight": examples.positive_weight})
    started = time.monotonic()
    checkpoint = _checkpoint(run)
    if checkpoint is None:
        _fit_scaling(network, examples, experiment)
    classifier = Classifier(network, optimization)
    data = ViewData(examples, training.seed, quiet=quiet)
    try:
        trainer.fit(classifier, datamodule=data, ckpt_path=checkpoint, weights_only=True)
    except (KeyboardInterrupt, SystemExit):  # Lightning turns Ctrl-C into an exit
        raise RunError(
            f"training was interrupted in epoch {trainer.current_epoch + 1} of {training.epochs}; "
            "resume the training",
            command=run.resuming,
        ) from None
    kept = trainer.checkpoint_callback
    assert isinstance(kept, Checkpoints)
    if kept.kept_epoch == 0:
        raise ConfigError(
            "training ended before the first epoch was complete; correct the trainer section of "
            f"the config, and delete {run.path} before you train again"
        )
    run.finish(
        seconds=time.monotonic() - started,
        device=str(trainer.strategy.root_device),
        precision=str(trainer.precision),
        kept_epoch=kept.kept_epoch,
        thresholds=_fitted_thresholds(run, examples),
    )
    return run


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


def _fit_scaling(network: torch.nn.Module, examples: Examples, experiment: Experiment) -> None:
    """Fit the scaling of scalars to the training events, if the network reads scalars.

    A warning names the scalars whose known values are all equal and those without known values.
    """
    if examples.scalars is None:
        return
    scaling = scaling_of(network)
    scaling.fit(examples.scalars[examples.train_rows])
    fitted = zip(experiment.scalars, scaling.deviation.tolist(), strict=True)
    if constant := [str(name) for name, deviation in fitted if deviation == 0]:
        _logger.warning(
            "scalars ignored because they are constant or missing in all training events: %s; "
            "remove them from network.scalars, or use a store whose index contains their values",
            ", ".join(constant),
        )


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


def _check_validation(examples: Examples, experiment: Experiment) -> None:
    """Raise an error if the best epoch is needed but cannot be determined from the validation set.

    Raises:
        StoreError: The validation set has no planets or no other events.
    """
    training, targets = experiment.training, examples.targets[examples.rows("val")]
    if (training.keep == "best" or training.patience) and len(set(targets)) < 2:
        planets = int(targets.sum())
        raise StoreError(
            f"{examples.store.path} has {counted(planets, 'planet')} and "
            f"{counted(len(targets) - planets, 'other event')} in the validation split, so the "
            "best epoch cannot be determined; set training.keep=last and training.patience=null, "
            "or change data.split"
        )


def _with_settings_of_store(experiment: Experiment, store: ViewStore) -> Experiment:
    """Return the config with the reader options and preparation settings of the store.

    If the store's provenance lacks the reader options or the preparation settings, those in the
    config are kept.

    Raises:
        ConfigError: The config and the store have different missions or different settings for a
            view, or the store's provenance contains invalid settings.
    """
    for name, spec in experiment.views.items():
        if name in store.specs and store.specs[name] != spec:
            raise ConfigError(
                f"view {name}: the config has {spec!r}, but the store {store.path} has "
                f"{store.specs[name]!r}; use the same settings in the config, or prepare the store "
                "again"
            )
    if store.mission not in (None, experiment.source.mission):
        raise ConfigError(
            f"the config has the mission {experiment.source.mission}, but the store {store.path} "
            f"contains stars of {store.mission}; set source.mission={store.mission}"
        )
    content = experiment.model_dump(mode="json")
    provenance = store.description.get("provenance", {})
    if "reading" in provenance:
        content["source"]["reader"] = provenance["reading"]
    if "preparation" in provenance:
        content["preparation"] = provenance["preparation"]
    return parse(content, str(store.path / "store.json"))


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
