"""Light curves with strong transits, as Kepler FITS files and as custom CSV files."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from astronet.simulation.kepler_calendar import kepler_calendar
from astronet.simulation.kepler_writer import write_quarter

FIRST = 5000001
"""KIC number of the first star."""

DURATION, DEPTH = 0.2, 2e-3
"""Duration [d] and depth of all transits."""


class Planet(NamedTuple):
    """Period [d] and epoch [d, BKJD] of a simulated planet."""

    period: float
    epoch: float


def planet_of(star: int) -> Planet:
    """Return the planet of a star, counted from 0."""
    return Planet(3.1 + 0.61 * star, 171.3 + 0.17 * star)


def relative_flux(
    time: NDArray[np.float64], planets: list[Planet], seed: int, noise: float = 2e-4
) -> NDArray[np.float64]:
    """Return fluxes [n] with white noise and box-shaped transits."""
    flux = 1 + noise * np.random.default_rng(seed).standard_normal(len(time))
    for planet in planets:
        phase = (time - planet.epoch + planet.period / 2) % planet.period - planet.period / 2
        flux[np.abs(phase) < DURATION / 2] -= DEPTH
    return flux


def write_kepler(folder: Path, stars: int, quarters: tuple[int, ...] = (1, 2)) -> list[int]:
    """Write the FITS files of stars with one planet each, and return their KIC numbers."""
    calendar = kepler_calendar()
    for star in range(stars):
        for quarter in quarters:
            time = calendar.time[calendar.rows(quarter)]
            flux = 1e4 * relative_flux(time, [planet_of(star)], 100 * star + quarter)
            write_quarter(folder, FIRST + star, quarter, {"TIME": time, "PDCSAP_FLUX": flux})
    return [FIRST + star for star in range(stars)]


def write_custom(folder: Path, stars: int, days: float = 30.0) -> list[str]:
    """Write CSV files of stars with one planet each, in BTJD, and return the stars' names."""
    folder.mkdir(parents=True, exist_ok=True)
    time = 3500 + np.arange(0, days, 0.0204)
    for star in range(stars):
        flux = relative_flux(time, [planet_of(star)], star)
        rows = zip((time - 2167).tolist(), flux.tolist(), strict=True)  # BTJD = BKJD − 2167
        text = "time,flux\n" + "".join(f"{t!r},{f!r}\n" for t, f in rows)
        (folder / f"{star + 1}.csv").write_text(text)
    return [str(star + 1) for star in range(stars)]
