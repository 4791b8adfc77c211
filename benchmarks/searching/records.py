"""Results of searches, one line of JSON per light curve, so that a benchmark can be resumed."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from astronet.errors import ConfigError
from benchmarks.searching.engines import Found, Signal


@dataclass(frozen=True)
class Task:
    """Search of one light curve by one engine.

    Attributes:
        engine: Name of the engine.
        star: Kepler number of the star.
        kind: "real", "null" or "injection".
        index: Number of the null or of the injection.
    """

    engine: str
    star: int
    kind: str
    index: int = 0


@dataclass(frozen=True)
class Record:
    """Result of a task.

    Attributes:
        task: Search of one light curve.
        signals: Signals that the engine listed, the strongest first.
        cpu: CPU time of the search, detrending included [s].
        wall: Duration of the search [s].
        points: Number of points of the light curve.
        empty: Whether the engine returned no result.
        error: Error message; "" if there is none.
    """

    task: Task
    signals: tuple[Signal, ...]
    cpu: float
    wall: float
    points: int
    empty: bool = False
    error: str = ""


class Results:
    """Folder of results, to which records are appended."""

    def __init__(self, folder: Path, settings: Mapping[str, Mapping[str, Any]]) -> None:
        """Open a folder, and create it if it does not exist.

        Args:
            folder: Folder of the results.
            settings: Settings that determine the results, by the name of the file that keeps them.

        Raises:
            ConfigError: The folder contains results with other settings.
        """
        self._file, self._backgrounds = folder / "searches.jsonl", folder / "backgrounds"
        self._backgrounds.mkdir(parents=True, exist_ok=True)
        for name, values in settings.items():
            path, text = folder / f"{name}.json", json.dumps(values, indent=1, sort_keys=True)
            if path.exists() and path.read_text() != text:
                raise ConfigError(
                    f"{path}: the results were made with other settings; delete the folder, or "
                    "give another one"
                )
            path.write_text(text)
        self.records: dict[Task, Record] = {}
        lines = self._file.read_bytes().split(b"\n") if self._file.exists() else []
        if lines and lines[-1]:  # the last write was interrupted
            self._file.write_bytes(b"".join(line + b"\n" for line in lines[:-1]))
        for line in lines[:-1]:
            record = _record_of(json.loads(line))
            self.records[record.task] = record

    def __getstate__(self) -> dict[str, Any]:
        """Return the state for a worker, which needs no records; they change meanwhile."""
        return {**self.__dict__, "records": {}}

    def add(self, record: Record) -> None:
        """Append a record to the file."""
        self.records[record.task] = record
        with self._file.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(record)) + "\n")
            file.flush()
            os.fsync(file.fileno())

    def save_background(self, task: Task, found: Found) -> None:
        """Save the properties of the periodogram that later steps need."""
        np.savez(self._path(task), **found.background)

    def background(self, task: Task) -> dict[str, Any]:
        """Return the properties of the periodogram that a search saved."""
        with np.load(self._path(task)) as content:
            return dict(content)

    def _path(self, task: Task) -> Path:
        name = f"{task.engine.replace(' ', '-')}-{task.star}-{task.kind}-{task.index}.npz"
        return self._backgrounds / name


def _record_of(content: dict[str, Any]) -> Record:
    signals: Sequence[Sequence[float]] = content.pop("signals")
    task = Task(**content.pop("task"))
    return Record(task, tuple(Signal(*signal) for signal in signals), **content)
