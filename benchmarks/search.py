"""Searches for transits, compared by injections: `python -m benchmarks.search FOLDER --out DIR`."""

from benchmarks.measuring import one_thread

one_thread()

import argparse
import sys
from pathlib import Path

from astronet.errors import AstronetError
from benchmarks.searching.curves import PERIODS, SEED, star_numbers
from benchmarks.searching.engines import Ours
from benchmarks.searching.records import Results
from benchmarks.searching.running import ENGINES, Plan, peer_stars, run


def main(arguments: list[str]) -> None:
    """Run the benchmark."""
    given = _parse(arguments)
    names = given.engines.split(",")
    engines = [name for name in ENGINES if name.split()[0] in names or name in names]
    stars = given.stars or star_numbers(given.folder)
    ours = Ours(given.signals)
    plan = Plan(
        given.folder, engines, stars, given.stars or peer_stars(given.folder), given.injections,
        given.peer_injections, given.nulls, ours,
    )  # fmt: skip
    results = Results(given.out, {"seed": SEED, "periods": PERIODS})
    run(plan, results, given.workers)


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.search")
    parser.add_argument("folder", type=Path, help="folder with kepler/, dr24/ and real_missions/")
    parser.add_argument("--out", type=Path, required=True, help="folder of the results")
    parser.add_argument("--engines", default="ours,bls,tls,cuperiod")
    parser.add_argument("--stars", type=int, nargs="+", help="Kepler numbers; default: all")
    parser.add_argument("--injections", type=int, default=1000)
    parser.add_argument("--peer-injections", type=int, default=100)
    parser.add_argument("--nulls", type=int, default=20)
    parser.add_argument("--signals", type=int, default=3)
    parser.add_argument("--workers", type=int, default=1)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except AstronetError as error:
        sys.exit(f"error: {error}")
