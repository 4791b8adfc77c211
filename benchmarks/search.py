"""Searches for transits, compared by injections: `python -m benchmarks.search FOLDER --out DIR`.

FOLDER contains kepler/ (light curves), dr24/ (the TCE table) and real_missions/ (TESS sectors). The
planets of the stars are cut out of their light curves, and simulated planets are injected. astronet
searches each injection on the full grid of periods. The other engines, astropy's box least squares,
transit least squares and cuPeriod's box least squares, search the injections of four stars near the
true period and its harmonics only, because of their cost; this favours them. Light curves without
transits, inverted or scrambled, give the thresholds at equal false-alarm rates.

Each result is appended to DIR/searches.jsonl, and the same call resumes an interrupted benchmark.
All engines run on one thread. Requires the extra [bench].
"""

from benchmarks.measuring import one_thread

one_thread()

import argparse
import sys
import time
from pathlib import Path

from astronet.errors import AstronetError, ConfigError
from benchmarks.searching import recovery
from benchmarks.searching.curves import PERIODS, SEED, star_numbers
from benchmarks.searching.engines import Ours
from benchmarks.searching.plots import draw
from benchmarks.searching.records import Results
from benchmarks.searching.running import ENGINES, Plan, peer_stars, run
from benchmarks.searching.tables import print_cost, print_tables
from benchmarks.searching.timing import print_timing

FAMILIES = ("ours", "bls", "tls", "cuperiod")


def main(arguments: list[str]) -> None:
    """Run the searches whose results are missing, and print all tables.

    Raises:
        ConfigError: An engine is unknown, the folder has no light curves, or the results were made
            with other settings.
    """
    start = time.process_time()
    given = _parse(arguments)
    plan = _plan(given)
    settings = {"settings": {"seed": SEED, "periods": PERIODS}}
    if "ours" in plan.engines:
        settings["ours"] = {"signals": given.signals}
    results = Results(given.out, settings)
    run(plan, results, given.workers)
    found, null = recovery.injections(plan, results), recovery.nulls(plan, results)
    if found.empty or null.empty:
        sys.exit("no injection and no null was searched, so there are no tables")
    found.to_csv(given.out / "injections.csv", index=False)
    null.to_csv(given.out / "nulls.csv", index=False)
    engines = recovery.variants(plan.engines, found, null)
    print_tables(engines, found, null)
    print_cost(results)
    if not given.no_timing:
        print_timing(plan.data, plan.engines)
    print(f"figure: {draw(given.out, engines, found, null)}")
    used = sum(record.cpu for record in results.records.values()) / 3600
    print(f"CPU time: {used:.2f} h of searches in {given.out}, "
          f"{time.process_time() - start:.0f} s of this process")  # fmt: skip


def _plan(given: argparse.Namespace) -> Plan:
    """Return what the arguments ask for.

    Raises:
        ConfigError: An engine is unknown, or the folder has no light curves.
    """
    families = given.engines.split(",")
    if unknown := [name for name in families if name not in FAMILIES]:
        raise ConfigError(f"unknown engine {unknown[0]}; choose from {', '.join(FAMILIES)}")
    if not (given.folder / "kepler").is_dir():
        raise ConfigError(f"{given.folder} has no folder kepler; give the folder that contains it")
    stars = star_numbers(given.folder)
    return Plan(
        data=given.folder,
        engines=[name for name in ENGINES if name.split()[0] in families],
        stars=given.stars or stars,
        peer_stars=given.stars or peer_stars(stars),
        injections=given.injections,
        peer_injections=given.peer_injections,
        nulls=given.nulls,
        ours=Ours(given.signals),
    )


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.search")
    parser.add_argument("folder", type=Path, help="folder with kepler/, dr24/ and real_missions/")
    parser.add_argument("--out", type=Path, required=True, help="folder of the results")
    parser.add_argument("--engines", default=",".join(FAMILIES), help="separated by commas")
    parser.add_argument("--stars", type=int, nargs="+", help="Kepler numbers; by default, all")
    parser.add_argument("--injections", type=int, default=1000, help="for astronet, over all stars")
    parser.add_argument("--peer-injections", type=int, default=100, help="for the other engines")
    parser.add_argument("--nulls", type=int, default=20, help="per star, for astronet")
    parser.add_argument("--signals", type=int, default=3, help="signals per search, for astronet")
    parser.add_argument("--workers", type=int, default=1, help="number of processes")
    parser.add_argument("--no-timing", action="store_true", help="skip the table of CPU and memory")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except AstronetError as error:
        sys.exit(f"error: {error}")
