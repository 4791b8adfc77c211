"""Run time of the preparation of one star: `python -m benchmarks.core [FOLDER KEPID]`.

Without arguments, a star with 17 quarters and all columns of real files is simulated. One thread;
all files are in the page cache. Requires the extra [bench].
"""

from benchmarks.measuring import in_turn, one_thread, show, times_faster

one_thread()

import sys
import tempfile
import warnings
from pathlib import Path
from typing import Any

import numpy as np

import astronet
from astronet import GLOBAL, LOCAL, Ephemeris
from astronet.lightcurves.views import make_views
from astronet.missions import kepler
from astronet.missions.fits_table import parse_table, read_content
from astronet.simulate import FIRST_KEPID, simulate
from astronet.simulation.kepler_writer import write_quarter
from benchmarks import reference

EVENT = Ephemeris(period=12.3, epoch=140.0, duration=0.2)
VIEWS = {"global": GLOBAL, "local": LOCAL}
WINDOW_DAYS = 1.5
"""Window length that preserves the transits of EVENT, for libraries that require one."""


def main(folder: Path, star: int) -> None:
    """Print the table for one star."""
    paths = kepler.list_files(folder, star)
    curve = kepler.read_light_curve(folder, star)
    flat = astronet.flatten(curve)
    segments = reference.read(paths)
    reference_flat, spacing = reference.flatten(segments, reference.scipy_fit)
    print(f"{len(curve):,} cadences in {len(paths)} files; period {EVENT.period} d")
    print(f"knot spacing: astronet {astronet.lightcurves.fit_trend(curve).spacing:.4f} d, "
          f"reference {spacing:.4f} d")  # fmt: skip
    theirs, ours = reference.both_views(reference_flat, EVENT), make_views(flat, EVENT, VIEWS)
    worst = max(np.abs(ours[name] - v).max() for name, v in zip(VIEWS, theirs, strict=True))
    print(f"largest difference between the views of astronet and the reference: {worst:.1e}")

    lightkurve = _lightkurve(paths)
    rows = []
    for part, steps in {
        "read": {
            "astronet": lambda: kepler.read_light_curve(folder, star),
            "reading the bytes only (page cache)": lambda: [path.read_bytes() for path in paths],
            "astropy": lambda: reference.read(paths),
            "lightkurve": lambda: _lightkurve(paths),
        },
        "detrend": {
            "astronet": lambda: astronet.flatten(curve),
            "reference on pydl": lambda: reference.flatten(segments, reference.pydl_fit),
            "reference on scipy": lambda: reference.flatten(segments, reference.scipy_fit),
            "lightkurve (Savitzky-Golay, one window)": lambda: lightkurve.flatten(73),
            "wotan (biweight, one window)": lambda: _wotan(curve),
        },
        "both views": {
            "astronet": lambda: make_views(flat, EVENT, VIEWS),
            "reference": lambda: reference.both_views(reference_flat, EVENT),
            "lightkurve (fold and bin, global view only)": lambda: _lightkurve_view(lightkurve),
        },
        "whole star": {
            "astronet": lambda: _whole_star(folder, star),
            "reference on pydl": lambda: reference.both_views(
                reference.flatten(reference.read(paths), reference.pydl_fit)[0], EVENT
            ),
        },
    }.items():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            times = in_turn(steps)
        for name, took in times.items():
            ratio = "" if name == "astronet" else times_faster(times["astronet"], took)
            rows.append((part, name, ratio, f"{took * 1e3:.4g}"))
    show("one star, one thread", ("step", "code", "speed-up by astronet", "time [ms]"), rows)


def _whole_star(folder: Path, star: int) -> dict[str, Any]:
    curve = kepler.read_light_curve(folder, star)
    return make_views(astronet.flatten(curve), EVENT, VIEWS)


def _lightkurve(paths: list[Path]) -> Any:
    import lightkurve

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        files = [lightkurve.read(path, quality_bitmask="none") for path in paths]
        return lightkurve.LightCurveCollection(files).stitch().remove_nans()


def _lightkurve_view(curve: Any) -> Any:
    folded = curve.fold(period=EVENT.period, epoch_time=EVENT.epoch)
    return folded.bin(bins=2001, aggregate_func=np.nanmedian)


def _wotan(curve: astronet.LightCurve) -> Any:
    import wotan

    return wotan.flatten(curve.time, curve.flux, window_length=WINDOW_DAYS, break_tolerance=0.75)


def _with_all_columns(made: Path) -> Path:
    """Write the simulated star again with all 20 columns of the files in the archive."""
    full = made / "full"
    for path in kepler.list_files(made / "light_curves", FIRST_KEPID):
        table = parse_table(path, read_content(path), "LIGHTCURVE", ("QUARTER",))
        columns = {name: table.column(name) for name in table.columns}
        write_quarter(full, FIRST_KEPID, table.header["QUARTER"], columns, all_columns=True)
    return full


if __name__ == "__main__":
    if len(sys.argv) == 3:
        main(Path(sys.argv[1]), int(sys.argv[2]))
    else:
        with tempfile.TemporaryDirectory() as made:
            simulate(Path(made), stars=1, workers=1)
            main(_with_all_columns(Path(made)), FIRST_KEPID)
