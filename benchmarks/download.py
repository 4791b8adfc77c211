"""Downloads from a local server: `python -m benchmarks.download [STARS]`.

Downloads STARS (default: 500) stars with 17 files each while 40 % of the requests fail in all ways
that the server knows, including responses that look like successes, then kills downloads at random
times (kill -9). The server (tests/archive_server.py) runs in a separate process, and serves the
files of one simulated star under many star numbers. See `benchmarks.throughput` for the speed.
"""

import json
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

import pandas as pd
from rich.console import Console
from rich.table import Table

from astronet.archives.faults import RetryPolicy
from astronet.archives.settings import DownloadSettings
from astronet.archives.summary import Summary
from astronet.archives.targets import Target
from astronet.download import download
from astronet.simulate import FIRST_KEPID, simulate

SERVER = Path(__file__).parents[1] / "tests" / "archive_server.py"
sys.path.insert(0, str(SERVER.parent))

from archive_server import MAST, RepeatedSky

FILES, FAULTS, KILLS = 17, 0.4, 10
SETTINGS = DownloadSettings(
    8,
    RetryPolicy(first_wait=0.05, longest_wait=1, headers=1, stall=1, longest_requested_wait=0.1),
)


def main(stars: int) -> None:
    """Run the benchmark and print the table."""
    columns = ("run", "files", "MB", "seconds", "files/s", "missing", "corrupt", "remark")
    table = Table(*columns)
    with tempfile.TemporaryDirectory() as made:
        sky = _sky(Path(made), stars)
        few = min(stars, 100)
        with _server(sky, stars, FAULTS) as url:
            out = Path(made) / "faulty"
            summary, seconds = _timed(stars, out, url)
            bad = _bad(out, sky)
            _check_complete(summary, stars, out)
            _row(table, f"{FAULTS:.0%} faults, {stars} stars", summary, seconds, bad, _log(url))
            summary, seconds = _timed(stars, out, url)
            _row(table, "the same, repeated", summary, seconds, _bad(out, sky), "")
        with _server(sky, stars) as url:
            _killed(table, few, Path(made) / "killed", url, sky)
    Console(width=150).print(table)


def _sky(folder: Path, stars: int) -> RepeatedSky:
    """Return many stars that all have the files of one simulated star (17 quarters)."""
    simulate(folder, stars=8, workers=1)
    for star in (folder / "light_curves").glob("*/*"):
        files = sorted(star.glob("*.fits"))
        for path in files if len(files) < FILES else files[FILES:]:
            path.unlink()
        if len(files) < FILES:
            star.rmdir()
    return RepeatedSky(folder / "light_curves", FIRST_KEPID, stars)


@contextmanager
def _server(sky: RepeatedSky, stars: int, faults: float = 0) -> Iterator[str]:
    words = [sys.executable, SERVER, sky.folder, FIRST_KEPID, stars, faults]
    process = subprocess.Popen(list(map(str, words)), stdout=subprocess.PIPE, text=True)
    assert process.stdout
    try:
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait()


def _timed(stars: int, out: Path, url: str) -> tuple[Summary, float]:
    targets = [Target(FIRST_KEPID + k) for k in range(stars)]
    start = time.perf_counter()
    summary = download(targets, out, url + MAST, settings=SETTINGS)
    return summary, time.perf_counter() - start


def _bad(out: Path, sky: RepeatedSky) -> int:
    """Return the number of downloaded files that differ from those of the archive."""
    paths = out.glob("*/*/*.fits")
    return sum(path.read_bytes() != sky.content(path.parent.name, path.name) for path in paths)


def _check_complete(summary: Summary, stars: int, out: Path) -> None:
    """Check that each file is present, or listed in missing.csv, alone or with its star."""
    missing = pd.read_csv(out / "missing.csv") if summary.missing else pd.DataFrame({"file": []})
    whole = int(missing["file"].isna().sum())
    here = len(list(out.glob("*/*/*.fits")))
    assert here + len(missing) - whole == (stars - whole) * FILES, "files were lost"
    for row in missing.itertuples():
        print(f"  {row.star} {row.file}: {row.reason}")


def _killed(table: Table, stars: int, out: Path, url: str, sky: RepeatedSky) -> None:
    """Kill downloads at random times, then complete the last one."""
    generator, bad = random.Random(0), 0
    places: list[tuple[int, set[str]]] = []
    catalog = out.with_suffix(".csv")
    catalog.write_text("\n".join(["kepid", *(str(FIRST_KEPID + k) for k in range(stars))]) + "\n")
    words = [sys.executable, "-m", "astronet", "download", "--catalog", str(catalog)]
    words += ["--source", url + MAST, "--out", str(out)]
    start = time.perf_counter()
    kills, again = 0, 0
    for kill in range(KILLS):
        process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wanted = generator.uniform(kill, kill + 1) * stars * FILES / (KILLS + 1)
        while len(list(out.glob("*/*/*.fits"))) < wanted and process.poll() is None:
            time.sleep(0.01)
        kills += process.poll() is None
        process.send_signal(signal.SIGKILL)
        process.wait()
        bad += _bad(out, sky)
        finished = {path.name for path in out.glob("*/*/*.fits")}
        places.append((len(_requests(url)), finished))
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    requests = _requests(url)
    for place, finished in places:
        again += sum(path.rpartition("/")[2] in finished for path in requests[place:])
    files = len(list(out.glob("*/*/*.fits")))
    size = sum(path.stat().st_size for path in out.glob("*/*/*.fits"))
    summary = Summary(fetched=files, size=size)
    remark = f"{kills} kills; {len(requests)} requests; finished files requested again: {again}"
    seconds = time.perf_counter() - start
    _row(table, f"kill -9, {stars} stars", summary, seconds, bad + _bad(out, sky), remark)


def _requests(url: str) -> list[str]:
    """Return the paths of all requests."""
    paths: list[str] = json.loads(urlopen(url + "/requests").read())
    return paths


def _log(url: str) -> str:
    log = json.loads(urlopen(url + "/log").read())
    return "responses: " + ", ".join(f"{count} × {status}" for status, count in sorted(log.items()))


def _row(table: Table, name: str, summary: Summary, seconds: float, bad: int, remark: str) -> None:
    files = summary.fetched + summary.kept
    table.add_row(
        name,
        str(files),
        f"{summary.size / 1e6:.0f}",
        f"{seconds:.1f}",
        f"{files / seconds:.0f}",
        str(summary.absent + summary.failed),
        str(bad),
        remark,
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 500)
