"""Comparison of views from FITS files with the original: `python -m benchmarks.parity DATA`.

DATA is a folder with dr24/ (views_trainval.npz and the TCE table) and kepler/ (FITS files in the
layout of MAST). The output is the largest difference between the views of each event.
"""

import sys
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

import astronet
from astronet.missions import kepler


def main(data: Path) -> None:
    """Print one row per labelled event of the stars with files."""
    catalog = kepler.read_catalog(data / "dr24" / "q1_q17_dr24_tce.csv")
    archive = np.load(data / "dr24" / "views_trainval.npz")
    theirs = {name: archive[f"{name}_view"] for name in ("global", "rebinned_local")}
    keys = zip(archive["kepid"].tolist(), archive["tce_plnt_num"].tolist(), strict=True)
    row_of = {key: row for row, key in enumerate(keys)}
    specs = {"global": astronet.GLOBAL, "rebinned_local": astronet.REBINNED_LOCAL}
    table = Table(
        "KIC", "event", "label", "files", "period [d]", "depth [ppm]", *specs,
        title="largest difference from the stored float16 views",
    )  # fmt: skip
    for folder in sorted((data / "kepler").glob("*/*")):
        star = int(folder.name)
        files = len(kepler.list_files(data / "kepler", star))
        flat = astronet.flatten(kepler.read_light_curve(data / "kepler", star))
        for _, event in catalog[catalog["star"] == star].iterrows():
            row = row_of.get((star, event["number"]))
            if row is None:
                continue
            ephemeris = astronet.Ephemeris(
                event["period_days"], event["epoch_bkjd"], event["duration_days"]
            )
            worst = [
                np.abs(
                    astronet.make_view(flat, ephemeris, spec) - theirs[name][row].astype(float)
                ).max()
                for name, spec in specs.items()
            ]
            table.add_row(
                str(star), str(event["number"]), event["label"], str(files),
                f"{event['period_days']:.4f}", f"{event['depth_ppm']:.0f}",
                *(f"{value:.2e}" for value in worst),
            )  # fmt: skip
    Console().print(table)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("error: DATA is missing; run `python -m benchmarks.parity DATA`")
    main(Path(sys.argv[1]))
