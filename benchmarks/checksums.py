"""Verification of downloaded files: `python -m benchmarks.checksums DATA`.

Checks all Kepler files in the folder of real data as `astronet download` does, then inverts one
random bit of a random file 1,000 times, and counts how many of these changes are found. States the
time that the parts of the check take.
"""

import random
import re
import sys
import tempfile
from collections import Counter
from pathlib import Path

from astronet.errors import ArchiveError
from astronet.files.checksums import sha256_of
from astronet.files.fits_checksums import is_intact
from astronet.missions import MISSIONS
from astronet.missions.archive_files import check_archive_file
from benchmarks.measuring import in_turn, one_thread, show

FLIPS = 1000


def main(data: Path) -> None:
    """Run the benchmark and print the table."""
    one_thread()
    paths = sorted((data / "kepler").glob("*/*/*.fits"))
    good = sum(_passes(path) for path in paths)
    print(f"{good} of {len(paths)} Kepler files agree with all their checksums")
    generator, reasons = random.Random(0), Counter[str]()
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(FLIPS):
            path = generator.choice(paths)
            inverted = bytearray(path.read_bytes())
            inverted[generator.randrange(len(inverted))] ^= 1 << generator.randrange(8)
            changed = Path(folder) / path.name
            changed.write_bytes(inverted)
            reasons[_reason(changed)] += 1
            changed.unlink()
    print(f"{FLIPS - reasons['']} of {FLIPS} inverted bits were found:")
    for reason, count in reasons.most_common():
        print(f"  {count:5d} {reason or 'not found'}")
    path = sorted(paths, key=lambda path: path.stat().st_size)[len(paths) // 2]
    content = path.read_bytes()
    times = in_turn(
        {
            "headers only": lambda: _check(path, data=False),
            "headers, checksums and SHA-256": lambda: _check(path),
            "checksums alone": lambda: is_intact(content),
            "SHA-256 alone": lambda: sha256_of(path),
        },
        budget=5,
        rounds=200,
    )
    rows = [[name, f"{1e3 * seconds:.2f} ms"] for name, seconds in times.items()]
    show(f"time per file of {len(content) / 1e3:.0f} kB (median)", ["check", "time"], rows)


def _check(path: Path, *, data: bool = True) -> None:
    spec, star = MISSIONS["kepler"].SPEC, int(path.name[4:13])
    assert spec.archive is not None
    name = re.compile(spec.archive.file_names(spec.padded(star), "long"), re.ASCII)
    checked = check_archive_file(path, star, spec, name, data=data)
    assert checked.checksums


def _reason(path: Path) -> str:
    """Return the kind of error that the check of a file raises; "" if it raises none."""
    try:
        _check(path)
    except ArchiveError as error:
        text = str(error).replace(str(path), "").partition("(")[0].partition(";")[0]
        return re.sub(r"[\d.,]+", "N", text).strip(" :")[:60]
    return ""


def _passes(path: Path) -> bool:
    return _reason(path) == ""


if __name__ == "__main__":
    main(Path(sys.argv[1]))
