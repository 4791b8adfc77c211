"""Preparation of views for a catalogue: `python -m benchmarks.prepare [STARS]`.

Measures the duration and the peak memory of `astronet prepare` with all cores for STARS (default:
500) simulated stars, and extrapolates to DR24. Then kills a second run with signal 9, resumes it,
and compares the two stores byte by byte. Needs 4.5 MB of disk per star, and the extra [bench].
"""

import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import psutil

from astronet.simulate import simulate
from benchmarks.measuring import show

DR24_STARS, DR24_EVENTS = 9865, 15737
"""Number of stars in DR24, and of their labelled events (S&V 2018, §2)."""


def main(folder: Path, stars: int) -> None:
    """Run the benchmark and print the table."""
    table = simulate(folder, stars=stars)
    events = len(pd.read_csv(table, comment="#"))
    options = [f"source.catalog={table}", f"source.light_curves={folder / 'light_curves'}"]

    whole, resumed = folder / "whole", folder / "resumed"
    running = _prepare([*options, f"store={whole}"])
    memory = _Memory(running.pid)
    start = time.perf_counter()
    status = running.wait()
    took, peak = time.perf_counter() - start, memory.stop()
    assert status == 0, f"astronet prepare ended with status {status}"

    killed = _prepare([*options, f"store={resumed}"])
    time.sleep(took / 2)
    for process in [*psutil.Process(killed.pid).children(recursive=True), killed]:
        process.kill()
    killed.wait()
    done = len(list((folder / "resumed.parts").glob("[0-9]*")))
    assert _prepare([*options, f"store={resumed}", "--resume"]).wait() == 0

    names = sorted(path.name for path in whole.iterdir())
    equal = names == sorted(path.name for path in resumed.iterdir()) and all(
        (whole / name).read_bytes() == (resumed / name).read_bytes() for name in names
    )
    dr24 = took * max(DR24_STARS / stars, DR24_EVENTS / events)
    rows = [
        ("stars, events", f"{stars}, {events}"),
        ("duration, including startup", f"{took:.1f} s = {took / stars * 1e3:.0f} ms per star"),
        ("extrapolated to DR24 (9,865 stars, 15,737 events)", f"{dr24 / 60:.1f} min"),
        ("peak memory of all processes, shared pages counted once", f"{peak / 2**20:.0f} MiB"),
        ("killed by signal 9 after", f"{took / 2:.1f} s, {done} parts finished"),
        ("resumed store is identical to the uninterrupted one", str(equal)),
    ]
    show("preparation of simulated stars", ("quantity", "measured"), rows)


def _prepare(options: Sequence[str]) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "astronet", "prepare", "--config", "astronet"]
    return subprocess.Popen([*command, *options], stdout=subprocess.DEVNULL)


class _Memory:
    """Peak memory of a process and its children together [bytes], sampled by a thread."""

    def __init__(self, pid: int) -> None:
        self._process, self._peak, self._stopped = psutil.Process(pid), 0, threading.Event()
        self._thread = threading.Thread(target=self._sample)
        self._thread.start()

    def _sample(self) -> None:
        while not self._stopped.wait(0.25):
            total = 0
            try:
                for process in [self._process, *self._process.children(recursive=True)]:
                    total += process.memory_full_info().pss
            except psutil.Error:  # a process has just ended
                continue
            self._peak = max(self._peak, total)

    def stop(self) -> int:
        """Stop sampling, and return the peak memory [bytes]."""
        self._stopped.set()
        self._thread.join()
        return self._peak


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        main(Path(made), int(sys.argv[1]) if len(sys.argv) > 1 else 500)
