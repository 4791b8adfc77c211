"""Fuzzing of the readers: `python -m benchmarks.fuzz --seconds N`.

Damaged files are read in-process. Each input must give a result or an `AstronetError` of one line,
within 2 s and 1 GB of memory above the start; see docs/fuzzing.md.
"""

from benchmarks.measuring import one_thread

one_thread()

import logging
import os
import sys
import tempfile
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from benchmarks.fuzzing import (
    archive_readers,
    dataset_readers,
    light_curve_readers,
    run_readers,
    table_readers,
)
from benchmarks.fuzzing.campaign import Campaign, Tally
from benchmarks.fuzzing.model import Reader
from benchmarks.fuzzing.report import added, print_findings, print_table, save_findings

READERS: tuple[Reader, ...] = (
    *light_curve_readers.READERS,
    *table_readers.READERS,
    *dataset_readers.READERS,
    *run_readers.READERS,
    *archive_readers.READERS,
)


def main(
    seconds: Annotated[float, typer.Option(help="Maximum duration of all readers.")] = 60.0,
    seed: Annotated[int, typer.Option(help="Random seed.")] = 0,
    reader: Annotated[list[str] | None, typer.Option(help="Reader to fuzz; default: all.")] = None,
    inputs: Annotated[int, typer.Option(help="Maximum number of inputs per reader.")] = 10**9,
    start: Annotated[int, typer.Option(help="Number of the first input.")] = 0,
    data: Annotated[Path | None, typer.Option(help="Folder of real data.")] = None,
    out: Annotated[Path, typer.Option(help="Folder of the findings.")] = Path("fuzz-findings"),
    sums: Annotated[Path | None, typer.Option(help="File that adds up several commands.")] = None,
) -> None:
    """Fuzz the readers, print a table, and exit with status 1 if there are findings."""
    chosen = _chosen(reader or [])
    found = _folder_of_data(data)
    print(f"seed {seed}, inputs from number {start}, real data: {'yes' if found else 'no'}")
    logging.disable(logging.CRITICAL)
    tallies: dict[str, Tally] = {}
    numbers = range(start, start + inputs)
    with tempfile.TemporaryDirectory(dir=_memory(), prefix="fuzz-") as made:
        for one in chosen:
            tally = fuzz(one, numbers, seed, seconds / len(chosen), found, Path(made), out)
            print(
                f"{one.name}: {tally.counts['inputs']:,} inputs, {tally.seconds:.0f} s", flush=True
            )
            tallies[one.name] = tally
    print_findings(tallies, seed)
    print_table(tallies if sums is None else added(tallies, sums), seed)
    sys.exit(1 if any(tally.findings for tally in tallies.values()) else 0)


def fuzz(
    reader: Reader,
    numbers: range,
    seed: int,
    seconds: float,
    data: Path | None,
    folder: Path,
    out: Path | None = None,
) -> Tally:
    """Return the tally of one reader.

    Args:
        reader: Reader to fuzz.
        numbers: Numbers of the inputs.
        seed: Random seed.
        seconds: Maximum duration [s].
        data: Folder of real data; None means that there is none.
        folder: Temporary folder. The samples in it can be used for several readers.
        out: Folder in which findings are saved; None means that they are not.
    """
    (folder / reader.name).mkdir()
    (folder / "samples").mkdir(exist_ok=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        campaign = Campaign(
            reader, reader.samples(data, folder / "samples"), seed, folder / reader.name
        )
        campaign.warm()
        tally = campaign.run(numbers, seconds)
    if out is not None:
        save_findings(campaign, tally, out)
    return tally


def _chosen(names: Sequence[str]) -> list[Reader]:
    known = {reader.name: reader for reader in READERS}
    if unknown := [name for name in names if name not in known]:
        sys.exit(f"error: unknown reader {unknown[0]}; choose from {', '.join(known)}")
    return [known[name] for name in names] or list(READERS)


def _folder_of_data(given: Path | None) -> Path | None:
    """Return the folder of real data: the given one, or `data` in $ASTRONET_SHARED."""
    if given is None and "ASTRONET_SHARED" in os.environ:
        given = Path(os.environ["ASTRONET_SHARED"]) / "data"
    return given if given is not None and (given / "kepler").is_dir() else None


def _memory() -> Path | None:
    """Return a folder in memory, or None if there is none."""
    return next((path for path in (Path("/dev/shm"),) if os.access(path, os.W_OK)), None)


if __name__ == "__main__":
    typer.run(main)
