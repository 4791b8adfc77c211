"""Run folder: the trained weights and all settings needed to prepare events as in training.

The folder contains config.yaml (every setting), best.ckpt (the weights), last.ckpt (the checkpoint
from which training resumes), metrics.csv (one row per epoch) and run.json (versions, seed, hashes,
times).
"""

import json
import platform
import shutil
from datetime import UTC, datetime
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd
import torch

from astronet.config import Experiment, parse
from astronet.dataset.store import ViewStore
from astronet.errors import Command, RunError, one_line
from astronet.files.atomic import is_temporary, remove_leftovers, write_text
from astronet.files.checksums import sha256, sha256_of
from astronet.files.configs import read_config
from astronet.files.relative_paths import absolute, relative_to

_LIBRARIES = ("astronet", "torch", "lightning", "numpy", "scipy", "numba", "astropy", "pandas")


class Run:
    """Training run and the files in its folder.

    Args:
        path: Path of the run folder.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.config_path = path / "config.yaml"
        self.weights_path = path / "best.ckpt"
        self.last_checkpoint = path / "last.ckpt"
        self.history_path = path / "metrics.csv"
        self.record_path = path / "run.json"

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

    @property
    def files(self) -> tuple[Path, ...]:
        """Paths of the config, weights, last checkpoint, history and record."""
        return (
            self.config_path,
            self.weights_path,
            self.last_checkpoint,
            self.history_path,
            self.record_path,
        )

    @classmethod
    def begin(
        cls,
        path: Path,
        experiment: Experiment,
        store: ViewStore,
        *,
        resume: bool,
        overwrite: bool = False,
    ) -> "Run":
        """Create the folder of a new run, or open an existing run to resume it.

        Args:
            path: Path of the run folder.
            experiment: Config of the run.
            store: Store used in training.
            resume: Whether to resume the run if it exists.
            overwrite: Whether to delete an existing run with all files in its folder.

        Returns:
            The new or existing run.

        Raises:
            RunError: `path` is a file, or a folder with other content; the run exists, but `resume`
                and `overwrite` are False; the existing run was started with another config or
                store; or its run.json is missing or corrupt.
            ConfigError: The config of the existing run is invalid.
        """
        run = cls(path)
        config, data_hash = experiment.as_yaml(path), store.digest
        if resume and run.config_path.exists():
            if _settings(run.experiment) != _settings(experiment):
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
        occupied = path.exists() and (not path.is_dir() or any(path.iterdir()))
        if occupied and not (resume and _has_no_config_yet(path)):
            if not run.config_path.exists() and not _has_no_config_yet(path):
                raise RunError(
                    f"{path} exists, but is not a run folder; choose another run folder",
                    arguments=("run",),
                )
            if not overwrite:
                raise RunError(
                    f"the run {path} already exists; resume it, overwrite it, or choose another "
                    "run folder",
                    arguments=("resume", "overwrite", "run"),
                )
            shutil.rmtree(path)
        path.mkdir(parents=True, exist_ok=True)
        remove_leftovers(path)
        run._write_record(
            {
                "begun": _now(),
                "finished": None,
                "seed": experiment.training.seed,
                "config_sha256": sha256(config.encode()),
                "store": {
                    "path": relative_to(str(store.path), path),
                    "sha256": data_hash,
                    "rows": len(store.index),
                },
                "catalog": store.description.get("provenance", {}).get("catalog"),
                "teacher_sha256": _teacher_hash(experiment),
                "versions": {name: version(name) for name in _LIBRARIES},
                "python": platform.python_version(),
                "machine": {"system": platform.system(), "processor": platform.machine()},
            }
        )
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
            ConfigError: config.yaml cannot be read, or a key or value in it is invalid.
        """
        return parse(read_config(self.config_path), str(self.config_path))

    @property
    def record(self) -> dict[str, Any]:
        """Content of run.json: versions, seed, hashes and times by name.

        Raises:
            RunError: run.json is missing or corrupt.
        """
        try:
            content = json.loads(self.record_path.read_text(encoding="utf-8"))
            _ = content["finished"], content["store"]["sha256"]
        except (OSError, ValueError, TypeError, KeyError):
            raise RunError(
                f"{self.record_path} is missing or corrupt; restore it, or train again"
            ) from None
        return dict(content)

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
            return pd.read_csv(self.history_path) if self.history_path.exists() else None
        except ValueError:
            raise RunError(f"{self.history_path} is corrupt; restore it, or train again") from None

    def finish(self, seconds: float, device: str, precision: str, kept_epoch: int) -> None:
        """Record in run.json that training is finished.

        Args:
            seconds: Wall time since training was started or resumed [s].
            device: Name of the device used in training.
            precision: Floating-point precision used in training.
            kept_epoch: Epoch whose weights were kept, counted from 1.
        """
        history = self.history
        self._write_record(
            self.record
            | {
                "finished": _now(),
                "seconds": round(seconds, 1),
                "device": device,
                "precision": precision,
                "epochs": 0 if history is None else len(history),
                "kept_epoch": kept_epoch,
                "weights_sha256": sha256_of(self.weights_path),
            }
        )

    def load_network(self) -> torch.nn.Module:
        """Return the trained network in evaluation mode.

        Raises:
            RunError: The weights file is missing or corrupt, or does not match the config.
        """
        network = self.experiment.network.build(self.experiment.view_bins)
        try:
            content = torch.load(self.weights_path, map_location="cpu", weights_only=True)
            network.load_state_dict(content["state_dict"])
        except Exception as error:  # torch raises many types of exception for a corrupt file
            reason = one_line(error)[:200]
            raise RunError(
                f"{self.weights_path} is corrupt or belongs to another config ({reason}); "
                "restore it, or train again"
            ) from None
        return network.eval()

    def _write_record(self, record: dict[str, Any]) -> None:
        write_text(self.record_path, json.dumps(record, indent=2) + "\n")


def _settings(experiment: Experiment) -> dict[str, Any]:
    """Return the config as a dictionary with absolute paths."""
    return absolute(experiment.model_dump(mode="json"))


def _has_no_config_yet(path: Path) -> bool:
    """Return whether a path is a folder with no files except run.json and temporary files."""
    return path.is_dir() and all(p.name == "run.json" or is_temporary(p) for p in path.iterdir())


def _teacher_hash(experiment: Experiment) -> str | None:
    teacher = experiment.data.teacher
    return sha256_of(teacher.scores) if teacher else None


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
