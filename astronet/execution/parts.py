"""Parts of an unfinished result, saved so that an interrupted command can be resumed.

A part contains the results of a bounded number of stars: tables of rows, and arrays. It is written
atomically, so a command that is killed at any time loses at most the stars of one part per restart.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from astronet.errors import ResumableInterrupt, RunError
from astronet.execution.shards import Shard
from astronet.files.arrays import read_array
from astronet.files.atomic import remove_leftovers, replacing_folder, write_text
from astronet.files.deletion import delete_files, other_content
from astronet.files.locks import exclusive

Row = Mapping[str, Any]
"""Row of a table by column name: values that JSON can represent, of which floats are saved exactly,
including NaN."""

Content = tuple[Mapping[str, Sequence[Row]], Mapping[str, NDArray[Any]]]
"""Content of a part: tables and arrays, both by name."""

_PLAN, _LOCK, _REPLACE = "plan.json", "lock", "replace"
_PART = "[0-9]" * 8
_FILES = (_PLAN, _LOCK, f"{_LOCK}-*", _REPLACE, f"{_PART}/*.jsonl", f"{_PART}/*.npy")
"""Patterns of the files in the folder of the parts; see `other_content`."""

_SHARDS_WAIT = 60.0
"""Maximum time that a shard waits for another one that starts [s]."""


class Parts:
    """Finished parts of a result, numbered from 0, in the folder `<out>.parts` next to the result.

    Use `Parts.of` to open the folder.

    Args:
        path: Path of the folder.
        shard: Subset of the parts that this command computes; None means all parts.
    """

    def __init__(self, path: Path, shard: Shard | None = None) -> None:
        self.path, self.shard = path, shard
        begun = (path / _PLAN).is_file()  # `delete` removes the plan first
        found = [folder for folder in path.glob(_PART) if folder.is_dir()] if begun else []
        self._finished = {int(folder.name) for folder in found}

    @classmethod
    @contextmanager
    def of(
        cls,
        out: Path,
        plan: Mapping[str, Any],
        *,
        resume: bool,
        overwrite: bool,
        shard: Shard | None = None,
    ) -> Iterator["Parts"]:
        """Open the parts of a result for the `with` block, in which no other process can open them.

        If there are no finished parts at the end of the block, for example after `delete`, the
        folder is deleted. Several processes can open the folder with different shards.

        Args:
            out: Path of the result.
            plan: Settings, inputs and versions that determine the parts. An interrupted command can
                be resumed only if they are unchanged.
            resume: Whether to keep the finished parts of an interrupted command.
            overwrite: Whether to delete the finished parts unless they are resumed.
            shard: Subset of the parts that this command computes. Finished parts with the same plan
                are kept, because other shards may have computed them; `resume` is not needed, and
                `overwrite` deletes only the parts with another plan. None means all parts.

        Raises:
            RunError: There are finished parts, but neither `resume` nor `overwrite` is true, or the
                plan has changed; the folder is a file or contains other files; or another process
                uses it.
            ResumableInterrupt: The block was interrupted (Ctrl-C) after a part was finished.
        """
        path = out.with_name(out.name + ".parts")
        _check_folder(path)
        busy = RunError(f"another command is writing {out}; wait until it ends, or stop it")
        given: dict[str, Any] = json.loads(json.dumps(plan))
        with ExitStack() as held:
            if shard is None:
                held.enter_context(exclusive(path / _LOCK, busy))
                _check_no_shard(path, busy)
                remove_leftovers(path)
                parts = cls(path)
                parts._begin(given, resume=resume, overwrite=overwrite)
            else:
                with exclusive(path / _LOCK, busy, timeout=_SHARDS_WAIT):
                    held.enter_context(exclusive(path / f"{_LOCK}-{shard.index}", busy))
                    parts = cls(path, shard)
                    parts._join(given, busy, overwrite=overwrite)
            interrupted = False
            try:
                yield parts
            except KeyboardInterrupt:
                interrupted = parts.may_replace  # some output may have been written
                if parts._finished or interrupted:
                    raise ResumableInterrupt(
                        f"interrupted; the finished parts are kept in {path}; run the same command "
                        "again" + (" and resume it" if shard is None else ""),
                        arguments=() if shard else ("resume",),
                    ) from None
                raise
            finally:
                if not (parts._finished or interrupted) and shard is None:
                    parts.delete()

    @property
    def numbers(self) -> list[int]:
        """Numbers of the finished parts in ascending order."""
        return sorted(self._finished)

    def is_waiting(self, number: int) -> bool:
        """Return whether this command computes the part with this number, and has not yet."""
        return number not in self._finished and (self.shard is None or self.shard.has(number))

    @property
    def may_replace(self) -> bool:
        """Whether existing files of the result may be replaced.

        This is the case if the command was allowed to overwrite them when it was started, or if it
        was interrupted while it wrote them.
        """
        return (self.path / _REPLACE).exists()

    def allow_replacing(self) -> None:
        """Record that files of the result may be replaced; call it before they are written."""
        write_text(self.path / _REPLACE, "")

    def add(self, number: int, content: Content) -> None:
        """Write the results of some stars as one part, atomically.

        Args:
            number: Number of the part.
            content: Tables and arrays of the part, by name.
        """
        tables, arrays = content
        with replacing_folder(self._folder(number)) as folder:
            for name, rows in tables.items():
                lines = (json.dumps(dict(row), ensure_ascii=False) + "\n" for row in rows)
                (folder / f"{name}.jsonl").write_text("".join(lines), encoding="utf-8")
            for name, array in arrays.items():
                np.save(folder / f"{name}.npy", array)
        self._finished.add(number)

    def rows(self, number: int, name: str) -> list[dict[str, Any]]:
        """Return the rows of a table of a finished part.

        Raises:
            RunError: The file is missing or corrupt.
        """
        file = self._folder(number) / f"{name}.jsonl"
        try:
            rows = [json.loads(line) for line in file.read_text(encoding="utf-8").split("\n")[:-1]]
        except (OSError, ValueError, RecursionError):
            raise self.corrupt(number, file.name) from None
        if all(isinstance(row, dict) for row in rows):
            return rows
        raise self.corrupt(number, file.name)

    def has_array(self, number: int, name: str) -> bool:
        """Return whether a finished part has an array of this name."""
        return (self._folder(number) / f"{name}.npy").is_file()

    def array(self, number: int, name: str) -> NDArray[Any]:
        """Return an array of a finished part as a memory map, which cannot be changed.

        Raises:
            RunError: The file is missing or corrupt.
        """
        file = self._folder(number) / f"{name}.npy"
        found = read_array(file) if file.is_file() else None
        if found is None:
            raise self.corrupt(number, file.name)
        return found

    def delete(self) -> None:
        """Delete all parts, and the folder if it contains nothing else."""
        self._finished.clear()
        (self.path / _PLAN).unlink(missing_ok=True)  # the other files are invalid without it
        delete_files(self.path, _FILES)
        with suppress(OSError):
            self.path.rmdir()

    def _begin(self, plan: dict[str, Any], *, resume: bool, overwrite: bool) -> None:
        """Check the plan of the finished parts, or delete them; write the plan if it is new."""
        if self._finished and not resume and not overwrite:
            raise RunError(
                f"{self.path} contains the finished parts of an interrupted command; resume it, or "
                "overwrite it to start from the first star",
                arguments=("resume", "overwrite"),
            )
        begun = (self.path / _PLAN).is_file() and self._plan() == plan
        if resume and (self._finished or begun):
            if overwrite:
                self.allow_replacing()
            self._check_plan(plan)
            return
        self._restart(plan)
        if overwrite:
            self.allow_replacing()

    def _join(self, plan: dict[str, Any], busy: RunError, *, overwrite: bool) -> None:
        """Check the plan of the other shards, or write it if it is new.

        Raises:
            RunError: The plan has changed, and `overwrite` is False or another shard is running.
        """
        begun = (self.path / _PLAN).is_file()
        if begun and (not overwrite or self._plan() == plan):
            self._check_plan(plan)
        else:
            _check_no_shard(self.path, busy, self.shard)
            self._restart(plan)
        if overwrite:
            self.allow_replacing()

    def _restart(self, plan: dict[str, Any]) -> None:
        """Delete all parts, and write the plan of new ones."""
        self._finished.clear()
        (self.path / _PLAN).unlink(missing_ok=True)
        delete_files(self.path, [name for name in _FILES if not name.startswith(_LOCK)])
        write_text(self.path / _PLAN, json.dumps(plan, indent=2, ensure_ascii=False) + "\n")

    def _check_plan(self, plan: dict[str, Any]) -> None:
        """Raise an error if the finished parts were computed with another plan."""
        if other := _differences(self._plan(), plan):
            verb, instead = ("use", "") if self.shard else ("resume with", " instead of resuming")
            raise RunError(
                f"the parts in {self.path} were computed with other settings or inputs "
                f"({', '.join(other)}); {verb} the original ones, or overwrite the parts{instead}",
                arguments=("overwrite",) if self.shard else ("resume", "overwrite"),
            )

    def _plan(self) -> dict[str, Any]:
        try:
            found: dict[str, Any] = json.loads((self.path / _PLAN).read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}

    def _folder(self, number: int) -> Path:
        return self.path / f"{number:08d}"

    def corrupt(self, number: int, name: str) -> RunError:
        """Return the error for a part whose file `name` is missing or corrupt."""
        folder = self._folder(number)
        return RunError(
            f"{folder / name} is missing or corrupt; delete the folder {folder}, and resume",
            arguments=("resume",),
        )


def _check_no_shard(path: Path, busy: RunError, but: Shard | None = None) -> None:
    """Raise `busy` if another process computes a shard of the parts, except one."""
    for lock in path.glob(f"{_LOCK}-*"):
        if but is None or lock.name != f"{_LOCK}-{but.index}":
            with exclusive(lock, busy):
                pass


def _check_folder(path: Path) -> None:
    """Raise an error if the folder of the parts is a file, or contains other files."""
    if path.exists() and not path.is_dir():
        raise RunError(
            f"{path} is a file, but a folder of this name is needed for temporary files; move the "
            "file, or choose another path",
            arguments=("out",),
        )
    if other_content(path, _FILES):
        raise RunError(
            f"{path} is needed for temporary files, but contains other files; move them, or "
            "choose another path",
            arguments=("out",),
        )


def _differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Return the names of the settings that differ between two plans, with dots between levels."""
    found = []
    for name in sorted({*before, *after}):
        one, two = before.get(name), after.get(name)
        if isinstance(one, Mapping) and isinstance(two, Mapping):
            found += [f"{name}.{inner}" for inner in _differences(one, two)]
        elif one != two:
            found.append(name)
    return found
