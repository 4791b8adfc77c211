"""A run folder: everything that prediction needs to agree with training.

config.yaml (every setting), best.ckpt (the weights), last.ckpt (to resume from), metrics.csv (one
row an epoch), run.json (versions, seeds, hashes, times).
"""

import json
import platform
from datetime import UTC, datetime
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pandas as pd
import torch
import yaml

from astronet.config import Experiment, parse
from astronet.dataset.store import ViewStore
from astronet.errors import Command, RunError
from astronet.files.atomic import is_temporary, remove_leftovers, write_text
from astronet.files.checksums import sha256, sha256_of

_LIBRARIES = ("astronet", "torch", "lightning", "numpy", "scipy", "numba", "astropy", "pandas")


class Run:
    """One training and what it left."""

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
        """The folder's name."""
        return self.path.name

    @property
    def results(self) -> Path:
        """The folder for evaluations: the run's own."""
        return self.path

    @property
    def files(self) -> tuple[Path, ...]:
        """The files that make the run."""
        return (
            self.config_path,
            self.weights_path,
            self.last_checkpoint,
            self.history_path,
            self.record_path,
        )

    @classmethod
    def begin(cls, path: Path, experiment: Experiment, store: ViewStore, *, resume: bool) -> "Run":
        """Makes the folder of a new run, or finds the one to go on with.

        Raises:
            RunError: The folder holds something already and is not to be resumed, or it is to be
                resumed but was begun with another config or another store.
        """
        run = cls(path)
        config, data_hash = experiment.as_yaml(), store.digest
        if resume and run.config_path.exists():
            if run.experiment != experiment:
                raise RunError(
                    f"{path} was started with another config; resume with that one "
                    f"({run.config_path}), or choose a new run folder",
                    arguments=("config", "run"),
                )
            if run.record["store"]["sha256"] != data_hash:
                raise RunError(
                    f"{path} was started with another store than {store.path}; "
                    "restore that one, or choose a new run folder",
                    arguments=("run",),
                )
            remove_leftovers(path)
            return run
        begun = path.exists() and (not path.is_dir() or any(path.iterdir()))
        if begun and not (resume and _has_no_config_yet(path)):
            raise RunError(
                f"{path} exists already; resume it, or choose another run folder",
                arguments=("resume", "run"),
            )
        path.mkdir(parents=True, exist_ok=True)
        remove_leftovers(path)
        run._write_record(
            {
                "begun": _now(),
                "finished": None,
                "seed": experiment.training.seed,
                "config_sha256": sha256(config.encode()),
                "store": {"path": str(store.path), "sha256": data_hash, "rows": len(store.index)},
                "teacher_sha256": _teacher_hash(experiment),
                "versions": {name: version(name) for name in _LIBRARIES},
                "python": platform.python_version(),
                "machine": {"system": platform.system(), "processor": platform.machine()},
            }
        )
        write_text(run.config_path, config)
        return run

    @classmethod
    def load(cls, path: Path) -> "Run":
        """Opens a finished run.

        Raises:
            RunError: There is no such run, a file of it is missing, or its training is unfinished.
        """
        run = cls(path)
        if not path.is_dir():
            raise RunError(
                f"there is no run {path}; train one",
                command=Command("train", {"config": "CONFIG", "run": path}),
            )
        for file in (run.config_path, run.record_path):
            if not file.exists():
                raise RunError(
                    f"{path} is incomplete: {file.name} is missing; "
                    "give a run folder written by `astronet train`, or train again"
                )
        if not run.finished:
            epochs = len(run.history) if run.history is not None else 0
            raise RunError(
                f"training of {path} stopped after {epochs} of {run.experiment.training.epochs} "
                "epochs; finish it",
                command=Command("train", {"config": run.config_path, "run": path, "resume": True}),
            )
        if not run.weights_path.exists():
            raise RunError(
                f"{path} is incomplete: {run.weights_path.name} is missing; "
                "restore the file, or train again"
            )
        return run

    @cached_property
    def experiment(self) -> Experiment:
        """The run's config."""
        content = yaml.safe_load(self.config_path.read_text(encoding="utf-8"))
        return parse(content, str(self.config_path))

    @property
    def record(self) -> dict[str, Any]:
        """The content of run.json.

        Raises:
            RunError: The file is missing or damaged.
        """
        try:
            content = json.loads(self.record_path.read_text(encoding="utf-8"))
            _ = content["finished"], content["store"]["sha256"]
        except (OSError, ValueError, TypeError, KeyError):
            raise RunError(f"{self.record_path} is missing or damaged; train again") from None
        return dict(content)

    @property
    def finished(self) -> bool:
        """Whether training came to its end."""
        return self.record["finished"] is not None

    @property
    def history(self) -> pd.DataFrame | None:
        """The epochs so far: epoch, losses, validation metrics; None before the first."""
        try:
            return pd.read_csv(self.history_path) if self.history_path.exists() else None
        except ValueError:
            raise RunError(f"{self.history_path} is damaged; restore it, or train again") from None

    def finish(self, seconds: float, device: str, precision: str, kept_epoch: int) -> None:
        """Notes that training is over; the seconds are those since it was begun or resumed."""
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
        """The trained network, ready to score.

        Raises:
            RunError: The weights do not fit the config, or the file is damaged.
        """
        network = self.experiment.network.build(self.experiment.view_bins)
        try:
            content = torch.load(self.weights_path, map_location="cpu", weights_only=True)
            network.load_state_dict(content["state_dict"])
        except Exception as error:  # torch raises many kinds for a damaged file
            reason = " ".join(str(error).split())[:200]
            raise RunError(
                f"{self.weights_path} is damaged or belongs to another config ({reason}); "
                "train again"
            ) from None
        return network.eval()

    def _write_record(self, record: dict[str, Any]) -> None:
        write_text(self.record_path, json.dumps(record, indent=2) + "\n")


def _has_no_config_yet(path: Path) -> bool:
    """Return whether a run was killed before its config was written: there is nothing to lose."""
    return path.is_dir() and all(p.name == "run.json" or is_temporary(p) for p in path.iterdir())


def _teacher_hash(experiment: Experiment) -> str | None:
    teacher = experiment.data.teacher
    return sha256_of(teacher.scores) if teacher else None


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
