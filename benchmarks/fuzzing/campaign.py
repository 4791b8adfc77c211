"""Run the inputs of a reader in a child process, and collect their outcomes.

The child is forked, so that it starts within milliseconds. It records the number of each input
before reading it: if it crashes or does not respond, the parent knows at which input, and starts
another child at the next one.
"""

import mmap
import os
import pickle
import signal
import struct
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.fuzzing.model import Made, Reader, Sample, make_input
from benchmarks.fuzzing.worker import Outcome, limit_memory, run

_SILENCE = 30.0
"""Time without progress after which a child is killed [s]."""

_INPUTS = 5000
"""Maximum number of inputs of a child."""

_FAILED = 70
"""Exit status of a child in which an input could not be made."""

_EXAMPLES = 3
"""Maximum number of findings of one kind that are saved."""


@dataclass
class Tally:
    """Numbers of inputs and outcomes of one reader.

    Attributes:
        counts: Number of inputs, of those made from real files ("real"), of those that pass the
            first check ("passed"), of both ("both"), and of outcomes by kind.
        findings: Number of findings by kind and place.
        examples: First findings of each kind: number of the input and outcome.
        seconds: Duration [s].
        next: Number of the first input that has not been run.
    """

    counts: Counter[str] = field(default_factory=Counter)
    findings: Counter[str] = field(default_factory=Counter)
    examples: dict[str, list[tuple[int, Outcome]]] = field(default_factory=dict)
    seconds: float = 0.0
    next: int = 0

    def add(self, index: int, outcome: Outcome) -> None:
        """Count an outcome."""
        self.counts[outcome.kind] += 1
        if outcome.is_finding:
            key = f"{outcome.kind}: {outcome.place}"
            self.findings[key] += 1
            examples = self.examples.setdefault(key, [])
            if len(examples) < _EXAMPLES:
                examples.append((index, outcome))

    def merge(self, other: "Tally") -> None:
        """Add the numbers of another tally."""
        self.counts += other.counts
        self.findings += other.findings
        self.seconds += other.seconds
        self.next = max(self.next, other.next)
        for key, examples in other.examples.items():
            known = self.examples.setdefault(key, [])
            known += examples[: _EXAMPLES - len(known)]


@dataclass(frozen=True)
class Campaign:
    """Inputs of one reader.

    Attributes:
        reader: Reader to fuzz.
        samples: Samples of the reader.
        seed: Random seed.
        folder: Temporary folder, in memory if possible.
    """

    reader: Reader
    samples: Sequence[Sample]
    seed: int
    folder: Path

    def warm(self) -> None:
        """Read each sample once, so that all modules are imported and all functions compiled."""
        for place, sample in enumerate(self.samples):
            run(sample.read, self.write(Made(sample, place, sample.content, False)), ())

    def run(self, indices: range, seconds: float) -> Tally:
        """Run inputs until all are done or the time is over.

        Args:
            indices: Numbers of the inputs.
            seconds: Maximum duration [s].
        """
        total, begin = Tally(next=indices.start), time.monotonic()
        skipped: set[int] = set()
        while time.monotonic() < begin + seconds:
            waiting = [n for n in range(total.next, indices.stop) if n not in skipped]
            if not waiting:
                break
            total.merge(self._child(waiting[:_INPUTS], begin + seconds, skipped))
        total.seconds = time.monotonic() - begin
        return total

    def input(self, index: int) -> Made:
        """Return the input with a number."""
        return make_input(self.reader.name, self.seed, index, self.samples)

    def run_one(self, index: int) -> tuple[Outcome, dict[str, int]]:
        """Write the files of an input and read them; return the outcome, and what to count."""
        made = self.input(index)
        path = self.write(made)
        passed = made.sample.check(made.content)
        real = made.sample.real and made.changed
        counted = {"inputs": 1, "real": real, "passed": passed, "both": real and passed}
        return run(made.sample.read, path, self.reader.allowed), counted

    def write(self, made: Made) -> Path:
        """Write the files of an input, and return the path of the changed one."""
        folder = self.folder / str(made.place)
        path = folder / made.sample.name
        if not folder.is_dir():
            for name, content in made.sample.others.items():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                (folder / name).write_bytes(content)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)  # the file may still be mapped
        path.write_bytes(made.content)
        if made.sample.adapt:
            made.sample.adapt(path, made.content)
        return path

    def _child(self, waiting: Sequence[int], end: float, skipped: set[int]) -> Tally:
        """Run inputs in a child, and return their tally.

        If an input ends or stops the child, its number is added to `skipped`. Inputs whose outcomes
        had not been saved are run again by the next child.
        """
        shared = mmap.mmap(-1, 16)
        shared[:16] = struct.pack("<qd", waiting[0], time.monotonic())
        result = self.folder / "tally"
        result.unlink(missing_ok=True)
        child = os.fork()
        if child == 0:
            code = _FAILED
            try:
                self._work(waiting, end, shared, result)
                code = 0
            finally:
                os._exit(code)
        status, hung = _wait(child, shared)
        last, _ = struct.unpack("<qd", shared[:16])
        if status and os.waitstatus_to_exitcode(status) == _FAILED:
            raise RuntimeError(f"input {last} of {self.reader.name} could not be made")
        tally = Tally(next=waiting[0])
        if result.exists():
            tally = pickle.loads(result.read_bytes())  # written by the child
        if hung or status != 0:
            code = os.waitstatus_to_exitcode(status)
            name = signal.Signals(-code).name if code < 0 else f"exit status {code}"
            skipped.add(last)
            tally.counts["inputs"] += 1
            tally.add(last, Outcome("hang" if hung else "crash", f"in native code ({name})"))
        return tally

    def _work(self, waiting: Sequence[int], end: float, shared: mmap.mmap, result: Path) -> None:
        tally, saved = Tally(), time.monotonic()
        limit_memory()
        for index in waiting:
            now = time.monotonic()
            shared[:16] = struct.pack("<qd", index, now)
            outcome, counted = self.run_one(index)
            if outcome.kind == "memory" and index != waiting[0]:
                break  # earlier inputs may have left memory behind: the next child repeats it
            tally.counts.update(counted)
            tally.add(index, outcome)
            tally.next = index + 1
            over = outcome.kind == "memory" or now > end
            if over or outcome.is_finding or now - saved > 2:
                _save(tally, result)
                saved = now
            if over:
                return
        _save(tally, result)


def _save(tally: Tally, path: Path) -> None:
    part = path.with_suffix(".part")
    part.write_bytes(pickle.dumps(tally))
    part.replace(path)


def _wait(child: int, shared: mmap.mmap) -> tuple[int, bool]:
    """Wait for a child; return its status, and whether it was killed because it hung."""
    pause = 0.002
    while True:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return status, False
        time.sleep(pause)
        pause = min(pause * 2, 0.25)
        _, begin = struct.unpack("<qd", shared[:16])
        if time.monotonic() - begin > _SILENCE:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return 0, True
