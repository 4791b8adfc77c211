"""`astronet simulate`: write light curves of simulated stars, and a TCE table of their events."""

import math
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.random import Generator

from astronet.errors import ArchiveError, ConfigError, RunError
from astronet.execution.engine import run_stars
from astronet.execution.processes import Processes
from astronet.files.atomic import move, write_text
from astronet.files.deletion import delete_files
from astronet.files.outputs import exists_already
from astronet.lightcurves.arrays import Floats
from astronet.progress import progress_bar
from astronet.simulation.centroids import draw_centroids, orientation_cards
from astronet.simulation.kepler_calendar import MODULE_3_PART, kepler_calendar
from astronet.simulation.kepler_writer import write_quarter
from astronet.simulation.signals import Kind, Star
from astronet.simulation.star import Event, SimulatedStar, simulate_star

TABLE, LIGHT_CURVES = "tce.csv", "light_curves"
"""Names of the event table and of the folder of light curves."""

_FIRST_LINE = "# Simulated by astronet: the stars and planets in this table are not real."

FIRST_KEPID = 900_000_001
"""Kepler ID of the first simulated star; the Kepler Input Catalog ends at 13,161,029."""

DISPOSITIONS: dict[Kind, str] = {
    "planet": "PC",
    "binary": "AFP",
    "variable": "AFP",
    "glitch": "NTP",
    "noise": "NTP",
}
"""Autovetter training labels by kind of signal."""

COLUMNS = {
    "rowid": "Row ID",
    "kepid": "KepID",
    "tce_plnt_num": "Planet Number",
    "tce_period": "Orbital Period [days]",
    "tce_period_err": "Orbital Period Unc. [days]",
    "tce_time0bk": "Transit Epoch [BKJD]",
    "tce_time0bk_err": "Transit Epoch Unc. [BKJD]",
    "tce_duration": "Transit Duration [hrs]",
    "tce_depth": "Transit Depth [ppm]",
    "tce_model_snr": "Transit Signal-to-Noise",
    "tce_impact": "Impact Parameter",
    "tce_steff": "Stellar Effective Temperature [K]",
    "tce_slogg": "Stellar Surface Gravity [log10(cm/s**2)]",
    "tce_sradius": "Stellar Radius [Solar radii]",
    "av_training_set": "Autovetter Training Set Label",
    "simulated_kind": "True type of the simulated signal",
    "simulated_offset": "True distance of the source from the centroid [arcsec]",
}
"""Titles of the columns of the TCE table, by name.

All names except the last two are those of the NASA Exoplanet Archive.
"""


def simulate(
    out: Path,
    stars: int = 300,
    seed: int = 7,
    workers: int | None = None,
    *,
    overwrite: bool = False,
) -> Path:
    """Write light curves of simulated stars and a TCE table of their events.

    `out/light_curves` has the layout of the Kepler archive at MAST, and `out/tce.csv` has the
    format of the DR24 TCE table of the NASA Exoplanet Archive. Stars are numbered from 900,000,001;
    no real Kepler star has a nine-digit number. A star depends only on the seed and its number, not
    on the number of workers. If the simulation is interrupted, each star has either all of its
    files or none. Calls with the same number of stars and the same seed write identical files.

    Args:
        out: Output folder.
        stars: Number of stars; each needs 4.5 MB of disk space.
        seed: Random seed of the simulation.
        workers: Number of worker processes; None means one per CPU.
        overwrite: Whether to replace the table and the stars of a complete simulation; those of an
            interrupted one, which has no table, are always replaced.

    Returns:
        Path of the TCE table.

    Raises:
        ConfigError: The number of stars or workers is not positive, or the seed is negative.
        ArchiveError: `out` is not writable.
        RunError: The table exists, and `overwrite` is False or the table is not that of a
            simulation.
        WorkerError: A worker process terminated unexpectedly.
    """
    for name, value, least in (("stars", stars, 1), ("workers", workers, 1), ("seed", seed, 0)):
        if value is not None and value < least:
            raise ConfigError(f"{name} is {value}; it must be at least {least}")
    _check_replaceable(out, overwrite)
    try:
        (out / LIGHT_CURVES).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ArchiveError(
            f"{out} cannot be written ({error.strerror}); choose a writable folder"
        ) from None
    _delete_unfinished(out)  # left by an interrupted run
    task = partial(_simulate_one, out, seed)
    rows = []
    with progress_bar("simulating", "stars", stars) as advance:
        for star in run_stars(task, range(stars), Processes(workers)):
            rows += star
            advance(1)
    _delete_unfinished(out)
    return _write_table(out / TABLE, rows)


def _check_replaceable(out: Path, overwrite: bool) -> None:
    """Raise an error if the table exists and must not be replaced."""
    table = out / TABLE
    if not table.exists():
        return
    if not overwrite:
        raise exists_already(table)
    if not table.is_file() or not table.read_bytes().startswith(_FIRST_LINE.encode()):
        raise RunError(
            f"{table} is not the table of a simulation; choose another folder", arguments=("out",)
        )


def _delete_unfinished(out: Path) -> None:
    """Delete the files of incomplete stars, and their folder if it contains nothing else."""
    folder = _unfinished(out)
    delete_files(folder, ["*/*/kplr*.fits"])
    with suppress(OSError):
        folder.rmdir()


def _simulate_one(out: Path, seed: int, number: int) -> list[dict[str, Any]]:
    """Simulate one star, write its files, and return its table rows, one per event."""
    generator = np.random.default_rng([seed, number])
    star = simulate_star(generator, kepler_calendar())
    kepid = FIRST_KEPID + number
    rows = [
        _row(kepid, planet, star.star, event) for planet, event in enumerate(star.events, start=1)
    ]
    for row in rows:
        row["tce_steff"] = round(star.star.temperature + 120 * generator.standard_normal())
        row["tce_slogg"] = round(star.star.log_gravity + 0.1 * generator.standard_normal(), 2)
    _write_star(generator, out, kepid, star, seed)
    return rows


def _row(kepid: int, planet: int, star: Star, event: Event) -> dict[str, Any]:
    """Return the table row of an event as values by column name.

    The row ID and the star's measured temperature and surface gravity are not included; they are
    added later.
    """
    return {
        "kepid": kepid,
        "tce_plnt_num": planet,
        "tce_period": round(event.ephemeris.period, 8),
        "tce_period_err": float(f"{event.period_error:.4g}"),
        "tce_time0bk": round(event.ephemeris.epoch, 5),
        "tce_time0bk_err": float(f"{event.epoch_error:.4g}"),
        "tce_duration": round(24 * event.ephemeris.duration, 4),
        "tce_depth": float(f"{event.depth_ppm:.5g}"),
        "tce_model_snr": float(f"{event.snr:.4g}"),
        "tce_impact": round(event.impact_parameter, 4),
        "tce_sradius": round(star.radius, 3),
        "av_training_set": DISPOSITIONS[event.kind],
        "simulated_kind": event.kind,
        "simulated_offset": round(math.hypot(*event.source), 3),
    }


def _write_star(
    generator: Generator, out: Path, kepid: int, star: SimulatedStar, seed: int
) -> None:
    """Write the star's files to a temporary folder, then move them to `out/light_curves`."""
    calendar, properties = kepler_calendar(), star.star
    header = {
        "KEPMAG": round(properties.magnitude, 3),
        "TEFF": round(properties.temperature),
        "LOGG": round(properties.log_gravity, 3),
        "RADIUS": round(properties.radius, 3),
        "SIMULATD": True,
        "SIMSEED": seed,
    }
    table = {
        "TIME": np.where(calendar.usable, calendar.time, np.nan),
        "TIMECORR": np.where(calendar.usable, calendar.correction, 0.0),
        "CADENCENO": np.arange(len(calendar)) + calendar.first_cadence,
        "SAP_FLUX": star.raw,
        "SAP_FLUX_ERR": np.where(np.isfinite(star.raw), star.error, np.nan),
        "PDCSAP_FLUX": star.corrected,
        "PDCSAP_FLUX_ERR": np.where(np.isfinite(star.corrected), star.error, np.nan),
        "SAP_QUALITY": star.quality,
    } | _pixel_columns(generator.spawn(1)[0], star)
    for quarter, part, rows in _quarters(generator):
        columns = {name: values[rows] for name, values in table.items()}
        cards = header | orientation_cards(quarter)
        path = write_quarter(_unfinished(out), kepid, quarter, columns, cards, part=part)
    target = out / LIGHT_CURVES / path.parent.relative_to(_unfinished(out))
    target.parent.mkdir(exist_ok=True)
    move(path.parent, target)


def _pixel_columns(generator: Generator, star: SimulatedStar) -> dict[str, Floats]:
    """Return the columns of the centroid and of the position of the image [n] by name."""
    calendar = kepler_calendar()
    level = np.nanmedian(star.raw)
    drawn = draw_centroids(generator, calendar, star.shift, star.error / float(level))
    columns = {
        f"{name}{axis + 1}": np.where(calendar.usable, values[:, axis], np.nan)
        for name, values in (("MOM_CENTR", drawn.centroid), ("POS_CORR", drawn.position))
        for axis in range(2)
    }
    return columns


def _quarters(generator: Generator) -> list[tuple[int, int, slice]]:
    """Draw the quarters in which a star was observed.

    On average, half of the stars lack Q0, and one star in 20 is on module 3 in Q4, Q8, Q12 and Q16.
    Because this module failed in Q4, only the beginning of Q4 is available for such a star, and Q8,
    Q12 and Q16 are missing.

    Returns:
        For each quarter: its number, the argument `part` of `write_quarter`, and its cadences as a
        slice of the calendar.
    """
    calendar = kepler_calendar()
    without_first, module_3 = generator.random() < 0.5, generator.random() < 0.05
    observed = []
    for number, _, _ in calendar.quarters:
        rows, part = calendar.rows(number), 0
        if (number == 0 and without_first) or (module_3 and number in (8, 12, 16)):
            continue
        if module_3 and number == 4:
            rows, part = slice(rows.start, rows.start + MODULE_3_PART), 1
        observed.append((number, part, rows))
    return observed


def _unfinished(out: Path) -> Path:
    """Return the temporary folder for incomplete stars, on the same file system as `out`."""
    return out / ".unfinished"


def _write_table(path: Path, rows: list[dict[str, Any]]) -> Path:
    """Write the event table as CSV, and return its path.

    The file begins with comment lines, as in tables of the NASA Exoplanet Archive.
    """
    import pandas as pd  # slow to import; the worker processes import this module

    table = pd.DataFrame(rows).assign(rowid=range(1, len(rows) + 1))[list(COLUMNS)]
    header = [_FIRST_LINE, "#"]
    header += [f"# COLUMN {name + ':':<16} {title}" for name, title in COLUMNS.items()]
    text = "\n".join([*header, "#", table.to_csv(index=False, lineterminator="\n")])
    try:
        write_text(path, text)
    except OSError as error:
        raise ArchiveError(
            f"{path} cannot be written ({error.strerror}); choose a writable folder"
        ) from None
    return path
