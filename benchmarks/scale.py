"""Cost of each command per star: `python -m benchmarks.scale DATA [--stars N] [--sectors 1 20] …`.

Writes light curves of several stars with the given numbers of sectors: copies of a TESS-SPOC light
curve whose star, sector and times are changed. Runs each command with one worker for N and for 3 N
stars (default: 6 and 18), and the fast `predict` and `prepare` for ten times as many, or for 50
times as many with one sector; the cost per star is that of the additional stars, without the start
of the command. Prints the CPU time per star, the largest memory of a process, and the size of the
light curves and the core-hours for surveys. --commands selects commands.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from astropy.io import fits

from benchmarks.measuring import show

NAME = "hlsp_tess-spoc_tess_phot_{star:016d}-s{sector:04d}_tess_v1_lc.fits"
FIRST = 1_000_000_001
SECTOR_DAYS = 27.4
FAST = ("predict", "prepare")
"""Commands that run for more stars."""

SURVEYS = {"200,000": 2e5, "1,000,000": 1e6, "100,000,000": 1e8}

COMMANDS = {
    "search": ["search"],
    "search, scored": ["search", "pretrained"],
    "predict": ["predict", "pretrained"],
    "vet": ["vet"],
    "vet, scored": ["vet", "pretrained"],
    "prepare": ["prepare"],
}

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


def main(data: Path, stars: int, counts: list[int], names: list[str]) -> None:
    """Run the benchmark, and print the tables."""
    source = next((data / "real_missions/tess").glob("hlsp_tess-spoc*"))
    costs: dict[tuple[str, int], float] = {}
    memory: dict[tuple[str, int], float] = {}
    sizes: dict[int, float] = {}
    subprocess.run([sys.executable, "-m", "astronet", "warm-up"], check=True)
    with tempfile.TemporaryDirectory() as made:
        for sectors in counts:
            curves = Path(made) / f"curves-{sectors}"
            more = 50 if sectors == 1 else 10
            written = 3 * stars * more
            _write_stars(source, curves, written, sectors)
            sizes[sectors] = sum(p.stat().st_size for p in curves.rglob("*.fits")) / written
            for name in names:
                number = stars * more if name in FAST else stars
                (few, _), (many, largest) = (
                    _run(name, curves, n, Path(made) / f"{k}-{sectors}-{name[:3]}{len(name)}")
                    for k, n in enumerate((number, 3 * number))
                )
                costs[name, sectors] = (many - few) / (2 * number)
                memory[name, sectors] = largest
    columns = ["command", *(f"{n} sector{'s' * (n > 1)}" for n in counts)]
    rows = [[name, *(f"{costs[name, n]:.3f}" for n in counts)] for name in names]
    show("CPU time per star [s]", columns, rows)
    rows = [[name, *(f"{memory[name, n]:.0f}" for n in counts)] for name in names]
    show("Largest memory of a process [MiB]", columns, rows)
    rows = [
        [
            f"{name} stars, {n} sector{'s' * (n > 1)}",
            _size(number * sizes[n]),
            *(f"{number * costs[verb, n] / 3600:,.0f}" for verb in names),
        ]
        for name, number in SURVEYS.items()
        for n in counts
    ]
    show("Light curves, and core-hours", ["survey", "light curves", *names], rows, width=140)


def _write_stars(source: Path, folder: Path, stars: int, sectors: int) -> None:
    """Write light curves of consecutive sectors for each star."""
    for star in range(FIRST, FIRST + stars):
        for k in range(sectors):
            path = folder / f"{star:016d}" / NAME.format(star=star, sector=27 + k)
            path.parent.mkdir(parents=True, exist_ok=True)
            with fits.open(source) as file:
                file[1].data["TIME"] += SECTOR_DAYS * k
                for unit in file:
                    for name in ("TSTART", "TSTOP"):
                        if name in unit.header:
                            unit.header[name] += SECTOR_DAYS * k
                    for name, value in (("TICID", star), ("SECTOR", 27 + k)):
                        if name in unit.header:
                            unit.header[name] = value
                file.writeto(path, checksum=True)


def _run(name: str, curves: Path, stars: int, out: Path) -> tuple[float, float]:
    """Run a command for some stars, and return its CPU time [s] and largest memory [MiB].

    The memory is that of the largest process, with all pages that it shares with others.
    """
    generator = np.random.default_rng(0)
    table = out.with_name(f"{out.name}.events.csv")
    events = {
        "star": np.arange(FIRST, FIRST + stars),
        "number": 1,
        "period_days": generator.uniform(0.8, 9, stars),
        "epoch_bkjd": generator.uniform(4204, 4213, stars),
        "duration_days": generator.uniform(0.08, 0.25, stars),
        "label": "PC",
    }
    pd.DataFrame(events).to_csv(table, index=False)
    words = COMMANDS[name]
    given = ["--data", curves, "--mission", "tess", "--reader", "products=[tess-spoc]"]
    if words[0] == "prepare":
        config = out.with_name(f"{out.name}.yaml")
        config.write_text(CONFIG.format(table=table, curves=curves, out=out))
        given = ["--config", config]
    elif words[0] == "search":
        given += ["--stars", table, "--out", out.with_name(f"{out.name}.csv")]
    elif words[0] == "predict":
        given += ["--table", table, "--out", out.with_name(f"{out.name}.csv")]
    else:
        given += ["--table", table, "--out", out]
    command = [sys.executable, "-m", "astronet", *words, *map(str, given), "--workers", "1"]
    process = subprocess.Popen([*command, "--quiet"], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    assert status == 0, "the command failed"
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def _size(number: float) -> str:
    return f"{number / 1e12:,.1f} TB" if number > 1e12 else f"{number / 1e9:,.0f} GB"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path, help="Folder of real light curves.")
    parser.add_argument("--stars", type=int, default=6)
    parser.add_argument("--sectors", type=int, nargs="+", default=[1, 20])
    parser.add_argument("--commands", nargs="+", choices=COMMANDS, default=[*COMMANDS])
    given = parser.parse_args()
    main(given.data, given.stars, given.sectors, given.commands)
