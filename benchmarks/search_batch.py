"""Search of many stars with two processes: `python -m benchmarks.search_batch [STARS]`.

Searches STARS (default: 40) simulated stars with `astronet search --all --workers 2`, and all of
them one after another in this process, for comparison. The two alternate in three rounds, so that
other load affects them equally. Then kills a third search with signal 9, resumes it, and compares
the tables byte by byte. Needs 4.5 MB of disk per star, and the extra [bench].
"""

from benchmarks.measuring import one_thread

one_thread()

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

from astronet.detection.settings import SearchSettings
from astronet.missions.options import source_with
from astronet.simulate import LIGHT_CURVES, simulate
from astronet.stars.search import SearchRecipe, compile_before_search, search_star
from astronet.stars.views import Star
from benchmarks.measuring import show

ROUNDS = 3


def main(folder: Path, stars: int) -> None:
    """Run the benchmark and print the table."""
    simulate(folder, stars=stars)
    curves = folder / LIGHT_CURVES
    numbers = sorted(int(place.name) for place in curves.glob("*/*"))
    source = source_with("kepler", [])
    recipe = SearchRecipe(source.mission, curves, source.reader, SearchSettings())
    compile_before_search()
    for number in numbers[:2]:
        search_star(recipe, Star(number, ()))
    walls, cores = [], []
    for number_of_round in range(ROUNDS):
        start = time.perf_counter()
        assert _search(curves, folder / f"{number_of_round}.csv").wait() == 0
        walls.append((time.perf_counter() - start) / len(numbers))
        start = time.process_time()
        for number in numbers:
            assert not search_star(recipe, Star(number, ())).reason
        cores.append((time.process_time() - start) / len(numbers))
    done = _kill_and_resume(curves, folder / "resumed.csv", min(walls) * len(numbers) / 2)
    equal = all(
        (folder / f"resumed{suffix}").read_bytes() == (folder / f"0{suffix}").read_bytes()
        for suffix in (".csv", ".stars.csv")
    )
    ratios = [wall / (core / 2) for wall, core in zip(walls, cores, strict=True)]
    rows = [
        ("stars", str(len(numbers))),
        ("CPU time per star, one process", _range(cores, "s")),
        ("duration per star, two processes, including startup", _range(walls, "s")),
        ("duration per star / (CPU time per star / 2)", _range(ratios, "×")),
        ("killed by signal 9 after", f"half of the duration, {done} parts finished"),
        ("resumed tables are identical to the uninterrupted ones", str(equal)),
    ]
    show(f"search of simulated stars, {ROUNDS} rounds", ("quantity", "measured"), rows)


def _search(curves: Path, out: Path, *options: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "astronet", "search", "--all", "--data", str(curves)]
    return subprocess.Popen(
        [*command, "--out", str(out), "--workers", "2", *options],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _kill_and_resume(curves: Path, out: Path, after: float) -> int:
    """Kill a search after a time [s], resume it, and return how many parts were finished."""
    killed = _search(curves, out)
    time.sleep(after)
    for process in [*psutil.Process(killed.pid).children(recursive=True), killed]:
        process.kill()
    killed.wait()
    done = len(list(out.with_name(out.name + ".parts").glob("[0-9]*")))
    assert _search(curves, out, "--resume").wait() == 0
    return done


def _range(values: list[float], unit: str) -> str:
    """Return the median, smallest and largest value as text."""
    middle = sorted(values)[len(values) // 2]
    return f"{middle:.3g} {unit} ({min(values):.3g}–{max(values):.3g})"


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        main(Path(made), int(sys.argv[1]) if len(sys.argv) > 1 else 40)
