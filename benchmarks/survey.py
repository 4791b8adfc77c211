"""Commands with many stars: `python -m benchmarks.survey DATA [--verb VERB] [--stars N] …`.

Writes N (default: 20,000) copies of a TESS-SPOC light curve (380 kB) with different star numbers,
and runs one command for all of them with two workers: `astronet predict pretrained` and `prepare`
with one event of each star, or `search` for one signal. Then kills the same command --kills times
with signal 9 at random moments, resumes it, and compares the files byte by byte. With --cluster
(such as local:2), a third run uses a Dask cluster, of which a worker is killed every minute. States
the total memory of all processes (PSS) over time, and draws it in survey-VERB.png. With --events,
each star has several events. Needs the extra [bench].
"""

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from threading import Event, Thread

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import psutil

from benchmarks.copied_stars import copied
from benchmarks.measuring import show

NAME = "hlsp_tess-spoc_tess_phot_{star:016d}-s0027_tess_v1_lc.fits"
FIRST = 1_000_000_001
WORKERS = 2
OUTPUTS = {"predict": "scores.csv", "search": "candidates.csv", "prepare": "store"}
RECORDS = ("scores.json", "candidates.json")
"""Records of the commands, which contain their command lines."""

CONFIG = """\
source:
  mission: tess
  catalog: {table}
  light_curves: {curves}
  reader:
    products: [tess-spoc]
data:
  labels: toi
store: {out}
"""


def main(data: Path, options: argparse.Namespace) -> None:
    """Run the benchmark, and print the table."""
    stars, verb = options.stars, options.verb
    with tempfile.TemporaryDirectory() as made:
        folder = options.folder or Path(made)
        curves, table = folder / "curves", folder / "events.csv"
        _write_stars(next((data / "real_missions/tess").glob("hlsp_tess-spoc*")), curves, stars)
        _write_events(table, stars, options.events)
        rows, memories = [], {}
        runs = {"uninterrupted": (0, "")}
        if options.kills:
            runs[f"killed {options.kills} times"] = (options.kills, "")
        if options.cluster:
            runs[options.cluster] = (0, options.cluster)
        expected: dict[str, bytes] = {}
        for name, (times, address) in runs.items():
            out = Path(made) / name.replace(" ", "-").replace(":", "-") / OUTPUTS[verb]
            out.parent.mkdir()
            memory = Memory()
            start = time.perf_counter()
            words = _command(verb, table, curves, out)
            lost = _run(words, out, times, address, memory, stars)
            seconds = time.perf_counter() - start
            files = {
                str(path.relative_to(out.parent)): path.read_bytes()
                for path in out.parent.rglob("*")
                if path.is_file() and path.name not in RECORDS
            }
            expected = expected or files
            memories[name] = memory
            rows.append(
                [
                    name,
                    f"{seconds / 60:.1f}",
                    f"{1e3 * seconds / stars:.1f}",
                    f"{memory.peak / 2**30:.2f}",
                    "" if times else f"{memory.slope(stars) / 2**20:+.1f}",
                    "identical" if files == expected else "DIFFERENT",
                    lost,
                ]
            )
            shutil.rmtree(out.parent)
            columns = ["run", "minutes", "ms/star", "GiB", "MiB per 10,000 stars", "files", ""]
            events = f"{stars} stars, {stars * options.events} events"
            show(f"{verb}, {events}, {WORKERS} workers", columns, rows, width=140)
        _draw(memories, verb)


class Memory:
    """Total memory of a process and its descendants, sampled every two seconds."""

    def __init__(self) -> None:
        self.samples: list[tuple[float, int, float]] = []
        self._start = time.monotonic()

    def watch(self, pid: int, parts: Path, stopped: Event) -> None:
        """Sample the memory and the number of finished parts until an event is set."""
        while not stopped.wait(2):
            try:
                root = psutil.Process(pid)
                pss = sum(one.memory_full_info().pss for one in [root, *root.children(True)])
            except psutil.Error:
                continue
            done = len(list(parts.glob("[0-9]*"))) if parts.is_dir() else 0
            self.samples.append((time.monotonic() - self._start, pss, done))

    @property
    def peak(self) -> int:
        """Maximum memory [bytes]."""
        return max(pss for _, pss, _ in self.samples)

    def slope(self, stars: int) -> float:
        """Growth of the memory [bytes per 10,000 stars] from 10 % to 90 % of the parts."""
        _, pss, done = np.array(self.samples).T
        most = done.max()
        used = (done > 0.1 * most) & (done < 0.9 * most)
        if used.sum() < 3:
            return float("nan")
        return float(np.polyfit(done[used] / most * stars / 1e4, pss[used], 1)[0])


def _write_stars(source: Path, folder: Path, stars: int) -> None:
    """Write copies of a light curve with the numbers of other stars."""
    if len(list(folder.glob("*"))) == stars:
        return
    content = source.read_bytes()
    for star in range(FIRST, FIRST + stars):
        path = folder / f"{star:016d}" / NAME.format(star=star)
        path.parent.mkdir(parents=True)
        path.write_bytes(copied(content, "TICID", star))


def _write_events(path: Path, stars: int, each: int) -> None:
    """Write a table with the same number of events of each star, at random ephemerides."""
    generator, n = np.random.default_rng(0), stars * each
    events = pd.DataFrame(
        {
            "star": np.repeat(np.arange(FIRST, FIRST + stars), each),
            "number": np.tile(np.arange(1, each + 1), stars),
            "period_days": generator.uniform(0.8, 9, n),
            "epoch_bkjd": generator.uniform(4204, 4213, n),
            "duration_days": generator.uniform(0.08, 0.25, n),
            "label": "PC",
        }
    )
    events.to_csv(path, index=False)


def _command(verb: str, table: Path, curves: Path, out: Path) -> list[str]:
    """Return the command line, without workers."""
    words = [sys.executable, "-m", "astronet", verb]
    if verb == "prepare":
        config = out.parent.parent / f"{out.parent.name}.yaml"
        config.write_text(CONFIG.format(table=table, curves=curves, out=out))
        return [*words, "--config", str(config), "--quiet"]
    given = ["--data", str(curves), "--mission", "tess", "--reader", "products=[tess-spoc]"]
    given += ["--out", str(out), "--quiet"]
    if verb == "search":
        return [*words, "--stars", str(table), "--max-signals", "1", *given]
    return [*words, "pretrained", "--table", str(table), *given]


def _run(words: list[str], out: Path, kills: int, cluster: str, memory: Memory, stars: int) -> str:
    """Run the command to its end, killing it a number of times; return a remark."""
    words += ["--cluster", cluster] if cluster else ["--workers", str(WORKERS)]
    generator, parts = random.Random(0), out.with_name(out.name + ".parts")
    total = -(-stars // max(min(stars // 64, 64), 1))
    moments = sorted(generator.uniform(0.02, 0.98) * total for _ in range(kills))
    died = 0
    for attempt, wanted in enumerate([*moments, None]):
        process = subprocess.Popen(
            [*words, *(["--resume"] * bool(attempt))],
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
        stopped = Event()
        watcher = Thread(target=memory.watch, args=(process.pid, parts, stopped))
        watcher.start()
        killed_at = time.monotonic()
        while process.poll() is None:
            time.sleep(0.25)
            if wanted is not None and len(list(parts.glob("[0-9]*"))) >= wanted:
                os.killpg(process.pid, signal.SIGKILL)
            if cluster and time.monotonic() - killed_at > 60:
                died += _kill_worker(process.pid)
                killed_at = time.monotonic()
        stopped.set()
        watcher.join()
    assert process.returncode in (0, 3), "the command failed"
    return f"{died} workers killed" if cluster else ""


def _kill_worker(pid: int) -> int:
    """Kill a worker of a local cluster: a process without children; return 1 if there was one."""
    processes = psutil.Process(pid).children(recursive=True)
    leaves = [one for one in processes if not one.children() and one.memory_info().rss > 2**27]
    if not leaves:
        return 0
    random.choice(leaves).kill()
    return 1


def _draw(memories: dict[str, Memory], verb: str) -> None:
    figure, axes = plt.subplots(figsize=(8, 4), layout="constrained")
    for name, memory in memories.items():
        seconds, pss, _ = np.array(memory.samples).T
        axes.plot(seconds / 60, pss / 2**30, label=name)
    axes.set(xlabel="Time [min]", ylabel="Memory of all processes [GiB]", ylim=(0, None))
    axes.legend()
    figure.savefig(f"survey-{verb}.png", dpi=120)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="Folder of real light curves.")
    parser.add_argument("--verb", choices=OUTPUTS, default="predict")
    parser.add_argument("--stars", type=int, default=20_000)
    parser.add_argument("--events", type=int, default=1)
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--cluster", default="")
    parser.add_argument("--folder", type=Path, help="Folder in which the light curves are kept.")
    main(parser.parse_args().data, parser.parse_args())
