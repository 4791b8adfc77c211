"""`astronet train`: a config and a store become a run."""

import logging
import time
from pathlib import Path

import torch

from astronet.config import Experiment, parse
from astronet.dataset.examples import Examples
from astronet.dataset.scalars import scalars_of
from astronet.dataset.store import ViewStore
from astronet.errors import ConfigError, RunError, StoreError
from astronet.models.scaling import scaling_of
from astronet.runs.run import Run
from astronet.training.callbacks import Checkpoints
from astronet.training.classifier import Classifier
from astronet.training.data import ViewData
from astronet.training.settings import Precision
from astronet.training.trainer import make_trainer, resolved_precision

_logger = logging.getLogger("astronet")


def train(
    experiment: Experiment, run_path: Path, *, resume: bool = False, quiet: bool = False
) -> Run:
    """Trains a network and leaves everything that prediction needs in the run folder.

    Interrupted and resumed ends with the same weights as uninterrupted.

    Args:
        experiment: The config.
        run_path: The new run folder.
        resume: Go on after the run folder's last whole epoch.
        quiet: Show no progress.

    Raises:
        StoreError: The store is missing or lacks a view or a label that training needs.
        ConfigError: The config and the store disagree about a view.
        RunError: The folder holds a run already, or one of another config; or training was
            interrupted.
    """
    store = ViewStore.open(experiment.store)
    experiment = _as_the_store_was_made(experiment, store)
    folder = Run(run_path)
    experiment = _at_one_precision(experiment, folder if resume else None)
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
    run = Run.begin(run_path, experiment, store, resume=resume)
    if run.finished:
        return run
    torch.manual_seed(training.seed)
    network = experiment.network.build(experiment.view_bins)
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
            f"training was interrupted in epoch {trainer.current_epoch + 1} of "
            f"{training.epochs}; run the same command again and resume",
            arguments=("resume",),
        ) from None
    kept = trainer.checkpoint_callback
    assert isinstance(kept, Checkpoints)
    if kept.kept_epoch == 0:
        raise ConfigError(
            f"training ended without a whole epoch; see the options under trainer in "
            f"{run.config_path}, and delete {run.path}"
        )
    run.finish(
        seconds=time.monotonic() - started,
        device=str(trainer.strategy.root_device),
        precision=str(trainer.precision),
        kept_epoch=kept.kept_epoch,
    )
    return run


def _fit_scaling(network: torch.nn.Module, examples: Examples, experiment: Experiment) -> None:
    """Fits the scaling of a network that reads scalars to the training events."""
    if examples.scalars is None:
        return
    scaling = scaling_of(network)
    scaling.fit(examples.scalars[examples.train_rows])
    learnt = zip(experiment.scalars, scaling.deviation.tolist(), strict=True)
    if idle := [str(name) for name, deviation in learnt if deviation == 0]:
        _logger.warning(
            "all training events have the same value of %s, so the network cannot use it; choose "
            "other network.scalars, or a store whose index has these columns",
            ", ".join(idle),
        )


def _checkpoint(run: Run) -> Path | None:
    """The checkpoint to go on from; none for a new run.

    Raises:
        RunError: It is damaged, or missing although epochs have been trained.
    """
    if not run.last_checkpoint.exists():
        if run.weights_path.exists():
            raise RunError(
                f"{run.last_checkpoint} is missing, so {run.path} cannot be resumed; "
                "train again in another run folder",
                arguments=("run",),
            )
        return None
    try:
        torch.load(run.last_checkpoint, map_location="cpu", weights_only=True)
    except Exception:  # torch raises many kinds for a damaged file
        raise RunError(
            f"{run.last_checkpoint} is damaged, so {run.path} cannot be resumed; "
            "train again in another run folder",
            arguments=("run",),
        ) from None
    return run.last_checkpoint


def _check_validation(examples: Examples, experiment: Experiment) -> None:
    """Refuses to choose an epoch by validation events that are not there."""
    training, targets = experiment.training, examples.targets[examples.rows("val")]
    if (training.keep == "best" or training.patience) and len(set(targets)) < 2:
        raise StoreError(
            f"{examples.store.path} has {len(targets)} validation events, not of both classes, so "
            "no epoch is the best; set training.keep=last and training.patience=null, or another "
            "data.split"
        )


def _as_the_store_was_made(experiment: Experiment, store: ViewStore) -> Experiment:
    """The config with the reader options and preparation that the store's views went through.

    Raises:
        ConfigError: The config and the store cut a view of one name differently.
    """
    for name, spec in experiment.views.items():
        if name in store.specs and store.specs[name] != spec:
            raise ConfigError(
                f"view {name}: the config says {spec!r}, the store {store.path} was made with "
                f"{store.specs[name]!r}; make them equal, or prepare the store anew"
            )
    content = experiment.model_dump(mode="json")
    provenance = store.description.get("provenance", {})
    if "reading" in provenance:
        content["source"]["reader"] = provenance["reading"]
    if "preparation" in provenance:
        content["preparation"] = provenance["preparation"]
    return parse(content, str(store.path / "store.json"))


def _at_one_precision(experiment: Experiment, resumed: Run | None) -> Experiment:
    """The config with the precision that `auto` means here, or meant where the run was begun."""
    training = experiment.training
    if training.precision != "auto":
        return experiment
    if resumed is not None and resumed.config_path.exists():
        precision: Precision = resumed.experiment.training.precision
    else:
        precision = resolved_precision("auto", experiment.trainer)
    settled = training.model_copy(update={"precision": precision})
    return experiment.model_copy(update={"training": settled})
