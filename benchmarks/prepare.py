"""A catalogue's views: `python -m benchmarks.prepare [STARS]`, by default 500 simulated stars.

Times `astronet prepare` on all processors with its peak memory, extrapolates to DR24, then kills
a second one with signal 9, resumes it, and compares the two stores byte for byte. Needs 2.4 MB of
disk a star, and the extra [bench].
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
"""Those with a label (S&V 2018, §2)."""


def main(folder: Path, stars: int) -> None:
    """Measures and prints the table."""
    table = simulate(folder, stars=stars)
    events = len(pd.read_csv(table, comment="#"))
    options = [f"source.catalog={table}", f"source.light_curves={folder / 'light_curves'}"]

    whole, cut = folder / "whole", folder / "cut"
    running = _prepare([*options, f"store={whole}"])
    watch = _Memory(running.pid)
    started = time.perf_counter()
    status = running.wait()
    took, peak = time.perf_counter() - started, watch.stop()
    assert status == 0, f"astronet prepare ended with status {status}"

    killed = _prepare([*options, f"store={cut}"])
    time.sleep(took / 2)
    for process in [*psutil.Process(killed.pid).children(recursive=True), killed]:
        process.kill()
    killed.wait()
    done = len(list((folder / "cut.parts").glob("[0-9]*")))
    assert _prepare([*options, f"store={cut}", "--resume"]).wait() == 0

    names = sorted(path.name for path in whole.iterdir())
    equal = names == sorted(path.name for path in cut.iterdir()) and all(
        (whole / name).read_bytes() == (cut / name).read_bytes() for name in names
    )
    dr24 = took * max(DR24_STARS / stars, DR24_EVENTS / events)
    rows = [
        ("stars, events", f"{stars}, {events}"),
        ("time, start of Python included", f"{took:.1f} s = {took / stars * 1e3:.0f} ms a star"),
        ("extrapolated to DR24's 9,865 stars, 15,737 events", f"{dr24 / 60:.1f} min"),
        ("peak memory of all processes, shared pages counted once", f"{peak / 2**20:.0f} MiB"),
        ("killed by signal 9 after", f"{took / 2:.1f} s, {done} parts finished"),
        ("resumed store equals the uninterrupted one, byte for byte", str(equal)),
    ]
    show("preparing simulated stars", ("", "measured"), rows)


def _prepare(options: Sequence[str]) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "astronet", "prepare", "--config", "configs/astronet.yaml"]
    return subprocess.Popen([*command, *options], stdout=subprocess.DEVNULL)


class _Memory:
    """The most memory that a process and its children hold together [bytes]."""

    def __init__(self, pid: int) -> None:
        self._process, self._most, self._over = psutil.Process(pid), 0, threading.Event()
        self._thread = threading.Thread(target=self._look)
        self._thread.start()

    def _look(self) -> None:
        while not self._over.wait(0.25):
            total = 0
            try:
                for process in [self._process, *self._process.children(recursive=True)]:
                    total += process.memory_full_info().pss
            except psutil.Error:  # it has just ended
                continue
            self._most = max(self._most, total)

    def stop(self) -> int:
        """Ends the watch."""
        self._over.set()
        self._thread.join()
        return self._most


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        main(Path(made), int(sys.argv[1]) if len(sys.argv) > 1 else 500)
