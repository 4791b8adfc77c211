"""Throughput of downloads from this machine: `python -m benchmarks.throughput [DATA]`.

Downloads the same files with 1, 4 and 16 connections with `astronet.download`, aria2c and curl
followed by sha256sum, in turn, three times. Each of them ends with the SHA-256 hashes of all files;
astronet also lists the folders and checks each file. The server is nginx, or Python's if it is not
installed; programs that are not installed are left out. DATA is the folder of real data, whose
Kepler files are used; without it, the files are simulated.
"""

import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

import numpy as np

from astronet.archives.targets import Target
from astronet.files.checksums import sha256_of
from astronet.simulate import FIRST_KEPID, simulate
from benchmarks.measuring import show

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from archive_server import RepeatedSky

STARS, FILES, ROUNDS, CONNECTIONS = 80, 17, 3, (1, 4, 16)
NGINX = """
worker_processes 1;
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 256; }}
http {{
    access_log off;
    sendfile on;
    keepalive_requests 1000000;
    server {{ listen 127.0.0.1:{port}; root {root}; autoindex on; }}
}}
"""
OURS = """
import sys, time
from pathlib import Path
from astronet.archives.settings import DownloadSettings
from astronet.archives.targets import Target
from astronet.download import download
url, out, first, stars, connections = sys.argv[1:]
targets = [Target(int(first) + k) for k in range(int(stars))]
start = time.perf_counter()
settings = DownloadSettings(connections=int(connections))
summary = download(targets, Path(out), url, settings=settings, quiet=True)
assert not summary.failed, summary.missing
print(time.perf_counter() - start)
"""


def main(data: Path | None) -> None:
    """Run the benchmark and print the table."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        root = folder / "root"
        _write_stars(root, data, folder / "simulated")
        with _serving(root, folder) as (url, server):
            _measure(root, folder, url, server)


def _write_stars(root: Path, data: Path | None, simulated: Path) -> None:
    """Write the files of one star under many star numbers, in MAST's folder layout."""
    if data:
        source = simulated / "real"
        stars = sorted((data / "kepler").glob("*/*"), key=lambda star: -len(list(star.iterdir())))
        shutil.copytree(stars[0], source / stars[0].parent.name / stars[0].name)
    else:
        simulate(simulated, stars=1, workers=1)
        source = simulated / "light_curves"
    for path in sorted(source.glob("*/*/*.fits"))[FILES:]:
        path.unlink()
    sky = RepeatedSky(source, FIRST_KEPID, STARS)
    for star in sorted(sky.stars):
        target = Target(int(star))
        (root / target.folder).mkdir(parents=True)
        for name in sky.sizes(star):
            (root / target.folder / name).write_bytes(sky.content(star, name) or b"")


@contextmanager
def _serving(root: Path, folder: Path) -> Iterator[tuple[str, str]]:
    """Serve a folder; yield the URL and the name of the server."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    nginx = shutil.which("nginx")
    if nginx:
        config = folder / "nginx.conf"
        config.write_text(NGINX.format(folder=folder, port=port, root=root))
        folder.chmod(0o755)  # nginx's worker is another user
        words = [nginx, "-c", str(config)]
    else:
        words = [sys.executable, "-m", "http.server", str(port), "-d", str(root)]
    process = subprocess.Popen(words, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(100):
            try:
                urlopen(url).close()
                break
            except OSError:
                time.sleep(0.1)
        yield url, "nginx" if nginx else "Python's server"
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def _measure(root: Path, folder: Path, url: str, server: str) -> None:
    """Time all programs with all numbers of connections, in turn, and print the table."""
    paths = sorted(path.relative_to(root) for path in root.rglob("*.fits"))
    hashes = {path: sha256_of(root / path) for path in paths}
    size = sum((root / path).stat().st_size for path in paths)
    aria2c, curl = folder / "aria2c.txt", folder / "curl.txt"
    aria2c.write_text(
        "".join(f"{url}/{p}\n  out={p}\n  checksum=sha-256={hashes[p]}\n" for p in paths)
    )
    curl.write_text("".join(f'url = "{url}/{p}"\noutput = "{p}"\ncreate-dirs\n' for p in paths))
    programs: dict[str, Callable[[Path, int], float]] = {
        "astronet": lambda out, n: _ours(out, n, url)
    }
    if shutil.which("aria2c"):
        programs["aria2c"] = lambda out, n: _aria2c(out, n, aria2c)
    if shutil.which("curl"):
        programs["curl, sha256sum"] = lambda out, n: _curl(out, n, curl)
    found: dict[tuple[str, int], list[tuple[float, float]]] = {}
    for run in range(ROUNDS):
        for n in CONNECTIONS:
            for name, program in programs.items():
                out = folder / "out"
                before = _children()
                seconds = program(out, n)
                found.setdefault((name, n), []).append((seconds, _children() - before))
                if run == 0:
                    assert {p: sha256_of(out / p) for p in paths} == hashes, name
                shutil.rmtree(out)
    rows = []
    for name in programs:
        row = [name]
        for n in CONNECTIONS:
            seconds, cpu = np.median(found[name, n], axis=0)
            spread = [len(paths) / one for one, _ in found[name, n]]
            row.append(
                f"{len(paths) / seconds:.0f} ({min(spread):.0f}-{max(spread):.0f}), "
                f"{1e3 * cpu / len(paths):.1f} ms"
            )
        rows.append(row)
    title = (
        f"files/s: median and range of {ROUNDS} runs, and CPU time per file ({len(paths)} files, "
        f"{size / len(paths) / 1e3:.0f} kB each; server: {server})"
    )
    columns = ["program", *(f"{n} connection{'s' * (n > 1)}" for n in CONNECTIONS)]
    show(title, columns, rows)


def _children() -> float:
    """Return the CPU time of all child processes that have ended [s]."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _ours(out: Path, connections: int, url: str) -> float:
    """Download with astronet; return the time without the start of Python [s]."""
    words = [sys.executable, "-c", OURS, url, str(out), str(FIRST_KEPID), str(STARS)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    ended = subprocess.run(
        [*words, str(connections)], check=True, stdout=subprocess.PIPE, env=environment
    )
    return float(ended.stdout)


def _aria2c(out: Path, connections: int, paths: Path) -> float:
    start = time.perf_counter()
    words = ["aria2c", "--quiet", "--no-conf", f"-j{connections}", "-x1", "--file-allocation=none"]
    subprocess.run([*words, "-i", str(paths), "-d", str(out)], check=True)
    return time.perf_counter() - start


def _curl(out: Path, connections: int, paths: Path) -> float:
    out.mkdir()
    start = time.perf_counter()
    words = ["curl", "--silent", "--parallel", "--parallel-max", str(connections)]
    subprocess.run([*words, "-K", str(paths)], check=True, cwd=out, stderr=subprocess.DEVNULL)
    names = sorted(str(path) for path in out.rglob("*.fits"))
    subprocess.run(["sha256sum", *names], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
