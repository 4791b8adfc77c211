"""Experiment trackers that record the training history in addition to metrics.csv."""

import logging
import os
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from lightning.pytorch.loggers import Logger, MLFlowLogger, TensorBoardLogger, WandbLogger

from astronet.errors import ConfigError, one_line

LOGGERS = ("csv", "tensorboard", "mlflow", "wandb")
"""Values of `trainer.logger`. With `csv`, the history is written only to metrics.csv."""


def check_logger(kind: object) -> None:
    """Raise an error if a value of `trainer.logger` is unknown, or its package is not installed.

    Raises:
        ConfigError: The value is unknown, or the package is not installed.
    """
    if kind not in LOGGERS:
        raise ConfigError(
            f"trainer.logger = {kind!r} is unknown; choose one of {', '.join(LOGGERS)}"
        )
    if kind != "csv" and find_spec(str(kind)) is None:
        raise ConfigError(
            f"{kind}, which trainer.logger={kind} requires, is not installed; run "
            f"`pip install 'astronet[{kind}]'`"
        )


def make_logger(kind: str, run: Path, settings: Mapping[str, Any]) -> Logger | None:
    """Return the logger of a run, to which the settings have been written.

    TensorBoard's files are in the folder `tensorboard` of the run, and those of Weights & Biases in
    `wandb`. MLflow writes to the server or the database that the environment variable
    MLFLOW_TRACKING_URI names or, if it is not set, to the database mlflow.db of the run.

    Args:
        kind: One of `LOGGERS`.
        run: Path of the run folder.
        settings: Config of the run.

    Returns:
        The logger, or None for `csv`.

    Raises:
        ConfigError: The logger cannot be started, for example because a server does not answer.
    """
    if kind == "csv":
        return None
    for name in ("mlflow", "alembic"):  # their messages are about the tables of the database
        logging.getLogger(name).setLevel(logging.WARNING)
    try:
        logger = _new_logger(kind, run)
        logger.log_hyperparams(dict(settings))
    except Exception as error:  # each package has its own exceptions
        reason = one_line(error)[:300]
        raise ConfigError(
            f"trainer.logger={kind} cannot be started ({reason}); correct the settings of {kind}, "
            "or set trainer.logger=csv"
        ) from None
    return logger


def _new_logger(kind: str, run: Path) -> Logger:
    if kind == "tensorboard":
        return TensorBoardLogger(run, name="tensorboard", version="", default_hp_metric=False)
    if kind == "mlflow":
        uri = os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{run.resolve()}/mlflow.db"
        return MLFlowLogger("astronet", run_name=run.name, tracking_uri=uri)
    return WandbLogger(name=run.name, save_dir=run, project="astronet")
