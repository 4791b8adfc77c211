"""Run folder: the trained weights and all settings needed to prepare events as in training.

The folder contains config.yaml (every setting), best.ckpt (the weights), last.ckpt (the checkpoint
from which training resumes), metrics.csv (one row per epoch), training_stars.npy (hashes of the
stars of the training set) and run.json (versions, seed, hashes, decision thresholds, times).
"""

import json
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
import torch

from astronet.config import Experiment, parse
from astronet.dataset.store import ViewStore
from astronet.errors import AstronetError, Command, ConfigError, RunError, one_line
from astronet.evaluation.decisions import Thresholds
from astronet.files.atomic import remove_leftovers, write_text
from astronet.files.checksums import sha256_of
from astronet.files.configs import read_config
from astronet.files.csv_files import read_plain_csv
from astronet.files.deletion import delete_files
from astronet.runs.checkpoints import read_checkpoint
from astronet.runs.parameters import network_of
from astronet.runs.run_folder import (
    DELETED,
    RUN_FILES,
    check_run_folder,
    inputs_of_training,
    new_record,
    now,
    read_record,
    settings_of,
)
from astronet.runs.stack_files import STACK
from astronet.runs.training_stars import StarHashes, read_training_stars


class Run:
    """Training run and the files in its folder.

    Args:
        path: Path of the run folder.

    Attributes:
        files: Paths of the config, weights, last checkpoint, history, training stars and record.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.files = tuple(path / name for name in RUN_FILES)
        self.config_path, self.weights_path, self.last_checkpoint = self.files[:3]
        self.history_path, self.training_stars_path, self.record_path = self.files[3:]

    def __str__(self) -> str:
        return str(self.path)

    @property
    def name(self) -> str:
        """Name of the run folder."""
        return self.path.name

    @property
    def results(self) -> Path:
        """Folder in which evaluations are stored: the run folder."""
        return self.path

    @classmethod
    def begin(
        cls,
        path: Path,
        experiment: Experiment,
        store: ViewStore,
        *,
        resume: bool,
        overwrite: bool = False,
        inputs: Sequence[Path] = (),
    ) -> "Run":
        """Create the folder of a new run, or open an existing run to resume it.

        Args:
            path: Path of the run folder.
            experiment: Config of the run.
            store: Store used in training.
            resume: Whether to resume the run if it exists.
            overwrite: Whether to delete an existing run and its evaluations.
            inputs: Files that must not be deleted, in addition to those that the config names.

        Raises:
            RunError: `path` is a file, or a folder with other content; the run exists, but `resume`
                and `overwrite` are False; the folder to overwrite contains an input; the existing
                run was started with another config or store; or its run.json is missing or corrupt.
            ConfigError: The config of the existing run is invalid.
        """
        run = cls(path)
        config, data_hash = experiment.as_yaml(path), store.digest
        if resume and run.config_path.exists():
            if settings_of(run.experiment) != settings_of(experiment):
                raise RunError(
                    f"{path} was started with a different config; resume it with the original "
                    f"config ({run.config_path}), or choose a new run folder",
                    arguments=("config", "run"),
                )
            if run.record["store"]["sha256"] != data_hash:
                raise RunError(
                    f"{store.path} has changed, or is not the store with which {path} was "
                    "started; restore the original store, or choose a new run folder",
                    arguments=("run",),
                )
            remove_leftovers(path)
            return run
        inputs = [*inputs_of_training(experiment), *inputs]
        check_run_folder(path, resume=resume, overwrite=overwrite, inputs=inputs)
        if overwrite and path.exists():
            delete_files(path, DELETED)
        path.mkdir(parents=True, exist_ok=True)
        remove_leftovers(path)
        run._write_record(new_record(path, experiment, store))
        write_text(run.config_path, config)
        return run

    @property
    def resuming(self) -> Command:
        """Command that resumes the training of this run."""
        return Command("train", {"config": self.config_path, "run": self.path, "resume": True})

    @classmethod
    def load(cls, path: Path) -> "Run":
        """Return the finished run in a folder.

        Raises:
            RunError: The run does not exist or is not finished, config.yaml, run.json or best.ckpt
                is missing, or run.json is corrupt.
        """
        run = cls(path)
        if path.is_file():
            raise RunError(f"{path} is a file; give a run folder, or the name of shipped weights")
        if not path.is_dir():
            raise RunError(
                f"there is no run in {path}; train one",
                command=Command("train", {"config": "CONFIG", "run": path}),
            )
        for file in (run.config_path, run.record_path):
            if not file.exists():
                raise RunError(
                    f"the run {path} is incomplete ({file.name} is missing); give a run folder "
                    "written by `astronet train`, or train again"
                )
        if not run.finished:
            epochs = len(run.history) if run.history is not None else 0
            raise RunError(
                f"{path}: training stopped after {epochs} of {run.experiment.training.epochs} "
                "epochs; resume the training",
                command=run.resuming,
            )
        if not run.weights_path.exists():
            raise RunError(
                f"the run {path} is incomplete ({run.weights_path.name} is missing); restore the "
                "file, or train again"
            )
        return run

    @cached_property
    def experiment(self) -> Experiment:
        """Config of the run; its paths are absolute, or relative to the working folder.

        Raises:
            ConfigError: config.yaml is missing, is empty or is not YAML, or a key or value in it is
                invalid.
        """
        content = read_config(self.config_path)
        if not content:  # an empty config means the default settings, but a run lists all settings
            raise ConfigError(f"{self.config_path} is empty; restore it, or train again")
        return parse(content, str(self.config_path))

    @property
    def record(self) -> dict[str, Any]:
        """Content of run.json: versions, seed, hashes and times by name.

        Raises:
            RunError: run.json is missing or corrupt.
        """
        return read_record(self.record_path)

    @property
    def finished(self) -> bool:
        """Whether training is finished."""
        return self.record["finished"] is not None

    @property
    def history(self) -> pd.DataFrame | None:
        """Losses and validation metrics, one row per finished epoch; None if there is none yet.

        Raises:
            RunError: metrics.csv is corrupt.
        """
        try:
            return read_plain_csv(self.history_path) if self.history_path.exists() else None
        except (ValueError, OSError):
            raise RunError(f"{self.history_path} is corrupt; restore it, or train again") from None

    @property
    def digest(self) -> str:
        """SHA-256 hash of the weights file."""
        return sha256_of(self.weights_path)

    @property
    def config_digest(self) -> str | None:
        """SHA-256 hash of config.yaml at the start of training; None if it was not recorded."""
        digest: str | None = self.record.get("config_sha256")
        return digest

    @property
    def thresholds(self) -> Thresholds | None:
        """Decision thresholds, fitted to validation events; None if there are none.

        Raises:
            RunError: run.json is missing or corrupt.
        """
        known = self.record.get("thresholds")
        try:
            return None if known is None else Thresholds.model_validate(known)
        except ValueError:
            raise RunError(
                f"{self.record_path} is missing or corrupt; restore it, or train again"
            ) from None

    @property
    def training_stars(self) -> StarHashes | None:
        """Hashes of the stars of the training set; None for a run of an older version.

        Raises:
            RunError: The file is corrupt.
        """
        return read_training_stars(self.training_stars_path)

    @property
    def stack_base(self) -> Path:
        """Path without suffix of the trees evaluated after the network, which need not exist."""
        return self.path / STACK

    @property
    def stack_digest(self) -> None:
        """None, because a run does not record whether it has a stack."""

    def finish(
        self,
        seconds: float,
        device: str,
        precision: str,
        kept_epoch: int,
        thresholds: Thresholds | None,
    ) -> None:
        """Record in run.json that training is finished.

        Args:
            seconds: Wall time since training was started or resumed [s].
            device: Name of the device used in training.
            precision: Floating-point precision used in training.
            kept_epoch: Epoch whose weights were kept, counted from 1.
            thresholds: Decision thresholds, fitted to validation events; None if there are none.
        """
        history = self.history
        self._write_record(
            self.record
            | {
                "finished": now(),
                "seconds": round(seconds, 1),
                "device": device,
                "precision": precision,
                "epochs": 0 if history is None else len(history),
                "kept_epoch": kept_epoch,
                "weights_sha256": self.digest,
                "thresholds": thresholds.model_dump() if thresholds else None,
            }
        )

    def load_network(self) -> torch.nn.Module:
        """Return the trained network in evaluation mode.

        Raises:
            RunError: The weights file is missing or corrupt, or does not match the config.
        """
        experiment = self.experiment
        try:
            parameters = read_checkpoint(self.weights_path)["state_dict"]
            return network_of(experiment, parameters).eval()
        except AstronetError:
            raise
        except Exception as error:  # torch raises many types of exception for a corrupt file
            raise RunError(
                f"{self.weights_path} is corrupt or belongs to another config "
                f"({one_line(error)[:200]}); restore it, or train again"
            ) from None

    def _write_record(self, record: dict[str, Any]) -> None:
        write_text(self.record_path, json.dumps(record, indent=2) + "\n")
