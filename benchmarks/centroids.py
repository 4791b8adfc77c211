"""Centroid shifts of 29 Kepler stars compared with DR25: `python -m benchmarks.centroids DATA`.

DATA is a folder with the light-curve files of 11 stars (`kepler`), the centroids of 18 more
(`kepler_centroids`), the event tables of DR24 and DR25 (`dr24`) and today's dispositions (`koi`).
"""

from benchmarks.measuring import one_thread

one_thread()

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pandas as pd
import typer
from scipy.stats import spearmanr

from astronet.catalogs.joining import join_by_ephemeris
from astronet.errors import LightCurveError
from astronet.lightcurves import Ephemeris, LightCurve
from astronet.missions import k2, kepler, tess
from astronet.missions.tables import read_catalog
from astronet.vetting import centroid as centroids
from astronet.vetting import centroid_shifts, image_motion, matched_filter
from astronet.vetting.centroid import CentroidShift, measure_centroid
from benchmarks.measuring import show

KEY = ["kepid", "tce_plnt_num"]

PLANETS = (
    ("WASP-126 b", tess, 25155310, Ephemeris(3.2888, 3494.52, 0.142)),
    ("WASP-100 b", tess, 38846515, Ephemeris(2.8494, 3493.76, 0.158)),
    ("WASP-62 b", tess, 149603524, Ephemeris(4.4120, 3493.09, 0.158)),
    ("WASP-47 b", k2, 206103150, Ephemeris(4.1591, 2145.818, 0.149)),
)
"""Planets in `real_missions`: name, mission, star and ephemeris [d, BKJD]."""

TRIALS: dict[str, dict[tuple[Any, str], Any]] = {
    "as implemented": {},
    "siblings not masked": {(image_motion, "_in_other_transits"): lambda time, *_: time < 0},
    "no correction of the motion": {
        (image_motion, "_motion"): lambda part: np.zeros_like(part.position)
    },
    "running median over 2 durations": {(image_motion, "_WINDOW_DURATIONS"): 2.0},
    "running median over 5 durations": {(image_motion, "_WINDOW_DURATIONS"): 5.0},
    "mask of 1.0 durations": {(image_motion, "MASK_WIDTH"): 1.0},
    "mask of 1.5 durations": {(image_motion, "MASK_WIDTH"): 1.5},
    "white noise": {(matched_filter, "_smoothed"): lambda power: np.full_like(power, power.mean())},
    "noise over 9 frequencies": {(matched_filter, "_SMOOTHING"): 9},
    "noise over 101 frequencies": {(matched_filter, "_SMOOTHING"): 101},
    "few cadences at full weight": {(centroid_shifts, "_FEW_CELLS"): 0.0},
    "outliers clipped at 5 σ": {(image_motion, "_CLIP"): 5.0},
    "outliers clipped at 8 σ": {(image_motion, "_CLIP"): 8.0},
    "errors without other phases": {(centroids, "_noise_excess"): lambda *_: 1.0},
    "errors without scatter of quarters": {(centroids, "_variance_between"): lambda *_: 0.0},
}
"""Changes of the method by name: values of names in modules."""


def main(
    data: Annotated[Path, typer.Argument(help="Folder of the data.")],
    trials: Annotated[bool, typer.Option(help="Also measure variants of the method.")] = False,
    random_events: Annotated[int, typer.Option(help="Random ephemerides per star.")] = 3,
) -> None:
    """Print the shift of each event, the agreement with DR25, and the false alarms."""
    stars = dict(read_stars(data))
    events = read_events(data, set(stars))
    started = time.process_time()
    found = measure_all(stars, events)
    milliseconds = 1e3 * (time.process_time() - started) / len(found)
    show_events(events, found)
    show_planets(data / "real_missions")
    title = f"Agreement with DR25 ({milliseconds:.0f} ms of CPU time per event)"
    show_agreement(title, {"as implemented": {}}, stars, events, random_events)
    if trials:
        show_agreement("Trials", TRIALS, stars, events, random_events)


def read_stars(data: Path) -> Iterator[tuple[int, LightCurve]]:
    """Yield the number and the light curve of each star."""
    reader = kepler.KeplerReader(centroid="moments")
    for star in kepler.list_stars(data / "kepler"):
        yield star, kepler.read_light_curve(data / "kepler", star, reader)
    for path in sorted((data / "kepler_centroids").glob("*.npz")):
        with np.load(path) as arrays:
            matrices = {
                int(row[0]): 3600 * row[5:7, np.newaxis] * row[1:5].reshape(2, 2)
                for row in arrays["wcs"]
            }
            pairs = {
                name: np.stack([arrays[f"{column}1"], arrays[f"{column}2"]], axis=1)
                for name, column in (("centroid", "mom_centr"), ("position", "pos_corr"))
            }
            yield (
                int(path.stem),
                LightCurve(
                    int(path.stem),
                    arrays["time"],
                    arrays["pdcsap_flux"],
                    arrays["quarter"],
                    centroid=pairs["centroid"],
                    position=pairs["position"],
                    orientation=matrices,
                ),
            )


def read_events(data: Path, stars: set[int]) -> pd.DataFrame:
    """Return the events of the stars, with the ephemerides and statistics of both releases."""
    dr24, dr25 = data / "dr24/q1_q17_dr24_tce.csv", data / "dr24/dr25_dv_statistics.csv.gz"
    table = pd.read_csv(dr24)
    # The two searches number the events of a star differently.
    joined = join_by_ephemeris(read_catalog(dr24), read_catalog(dr25)).set_index(["star", "number"])
    of_dr25 = {
        "tce_period_dr25": "period_days", "tce_time0bk_dr25": "epoch_bkjd",
        "tce_duration_dr25": "duration_days", "tce_fwm_stat": "tce_fwm_stat",
        "tce_dicco_msky": "tce_dicco_msky",
    }  # fmt: skip
    keys = pd.MultiIndex.from_frame(table[KEY])
    for name, theirs in of_dr25.items():
        table[name] = joined[f"joined_{theirs}"].reindex(keys).to_numpy()
    table["tce_duration_dr25"] *= 24  # in hours, like that of DR24
    koi = pd.read_csv(data / "koi/koi_cumulative_2025-10-02_without_sealed.csv.gz")
    table = table[table["kepid"].isin(stars)].reset_index(drop=True)
    table["disposition"], table["flagged"] = zip(
        *[_koi_of(row, koi) for _, row in table.iterrows()], strict=True
    )
    return table


def _koi_of(event: pd.Series, koi: pd.DataFrame) -> tuple[str, bool]:
    """Return the disposition of an event, and whether it has the flag of a centroid offset."""
    same = koi[koi["kepid"] == event["kepid"]]
    same = same[abs(same["koi_period"] / event["tce_period"] - 1) < 2e-3]
    if same.empty:
        return str(event["av_training_set"]), False
    return str(same.iloc[0]["koi_disposition"]), bool(same.iloc[0]["koi_fpflag_co"] == 1)


def measure_all(
    stars: dict[int, LightCurve], events: pd.DataFrame, release: str = "_dr25"
) -> dict[int, CentroidShift]:
    """Return the shift of each event with a statistic of DR25, by row.

    Args:
        stars: Light curves by star.
        events: Events of the stars.
        release: Suffix of the columns of the ephemerides: "" for DR24, "_dr25" for DR25.
    """
    found: dict[Any, CentroidShift] = {}
    for row, event in events[events["tce_fwm_stat"] > 0].iterrows():
        same = (events["kepid"] == event["kepid"]) & (events.index != row)
        others = [_ephemeris(other, release) for _, other in events[same].iterrows()]
        curve, ephemeris = stars[event["kepid"]], _ephemeris(event, release)
        found[row] = measure_centroid(curve, ephemeris, others, event["tce_depth"] * 1e-6)
    return found


def _ephemeris(event: pd.Series, release: str) -> Ephemeris:
    names = [f"tce_{name}{release}" for name in ("period", "time0bk", "duration")]
    if not np.isfinite(event[names].astype(float)).all():
        return _ephemeris(event, "")
    period, epoch, hours = (float(event[name]) for name in names)
    return Ephemeris(period, epoch, hours / 24)


def show_events(events: pd.DataFrame, found: dict[int, CentroidShift]) -> None:
    """Print one row per event in order of the offset."""
    rows = []
    for row, one in sorted(found.items(), key=lambda pair: pair[1].offset):
        event = events.loc[row]
        rows.append(
            (
                f"{event['kepid']}.{event['tce_plnt_num']:02d}",
                event["disposition"].lower() + (" (offset flag)" if event["flagged"] else ""),
                *(f"{1e3 * each:.3f}" for each in one.shift),
                f"{1e3 * one.pixels[0]:.3f} ± {1e3 * one.pixels[1]:.3f}",
                f"{one.offset:.2f} ± {one.offset_error:.2f}",
                f"{event['tce_dicco_msky']:.2f}",
                f"{one.significance:.1f}",
                f"{one.statistic:.4g}",
                f"{event['tce_fwm_stat']:.4g}",
            )
        )
    columns = ["event", "disposition", "east [mas]", "north [mas]", "shift [mpix]"]
    columns += ["offset [arcsec]", "DR25 images", "significance", "statistic", "DR25"]
    show("Centroid shifts", columns, rows, width=150)


def show_planets(data: Path) -> None:
    """Print the shift of planets of TESS (one sector) and K2 (one campaign)."""
    rows = []
    for name, mission, star, ephemeris in PLANETS:
        reader = mission.SPEC.reader(centroid="moments")
        curve = mission.read_light_curve(data / mission.SPEC.name, star, reader)
        one = measure_centroid(curve, ephemeris)
        shift = f"{1e3 * one.pixels[0]:.2f} ± {1e3 * one.pixels[1]:.2f}"
        offset = f"{one.offset:.2f} ± {one.offset_error:.2f}"
        rows.append((name, f"{1e6 * one.depth:.0f}", shift, offset, f"{one.significance:.1f}"))
    columns = ("planet", "depth [ppm]", "shift [mpix]", "offset [arcsec]", "significance")
    show("Planets of TESS and K2", columns, rows)


def show_agreement(
    title: str,
    variants: dict[str, dict[tuple[Any, str], Any]],
    stars: dict[int, LightCurve],
    events: pd.DataFrame,
    count: int,
) -> None:
    """Print the rank correlation with DR25 and the false alarms of each variant.

    The statistic is measured at the ephemerides of DR25 and at those of DR24; the column "both" is
    the correlation between the two.
    """
    rows = []
    for name, changes in variants.items():
        with changed(changes):
            dr25, dr24 = (measure_all(stars, events, each) for each in ("_dr25", ""))
            chance = _at_random(stars, events, count)
        levels = [np.quantile(chance[:, 0], level) for level in (0.5, 0.9, 0.99)]
        reference = events.loc[list(dr25), "tce_fwm_stat"]
        pairs = ((dr25, reference), (dr24, reference), (dr24, _statistics(dr25)))
        texts = [f"{spearmanr(_statistics(one), two).statistic:.3f}" for one, two in pairs]
        texts += [f"{level:.2f}" for level in levels]
        rows.append((name, *texts, f"{np.median(chance[:, 1]):.2f}"))
    rows.append(("expected by chance", "", "", "", "1.18", "2.15", "3.03", "1.39"))
    columns = ("method", "DR25 ephemerides", "DR24", "both", "significance: median", "90 %", "99 %")
    show(title, (*columns, "statistic: median"), rows, width=130)


@contextmanager
def changed(changes: dict[tuple[Any, str], Any]) -> Iterator[None]:
    """Change values in modules within the `with` block."""
    before = {(module, name): getattr(module, name) for module, name in changes}
    try:
        for (module, name), value in changes.items():
            setattr(module, name, value)
        yield
    finally:
        for (module, name), value in before.items():
            setattr(module, name, value)


def _statistics(found: dict[int, CentroidShift]) -> list[float]:
    return [one.statistic for one in found.values()]


def _at_random(stars: dict[int, LightCurve], events: pd.DataFrame, count: int) -> np.ndarray:
    """Return significance and statistic [n, 2] at random ephemerides, with all events masked."""
    draw = np.random.default_rng(0)
    results = []
    for star, curve in stars.items():
        masked = [_ephemeris(row, "") for _, row in events[events["kepid"] == star].iterrows()]
        for _ in range(count):
            period = float(np.exp(draw.uniform(np.log(0.7), np.log(60))))
            duration = 0.1 * period ** (1 / 3) * draw.uniform(0.6, 1.6)
            duration = float(np.clip(duration, 0.05, 0.3 * period))
            event = Ephemeris(period, 200 + float(draw.uniform(0, period)), duration)
            try:
                one = measure_centroid(curve, event, masked, 1e-3)
            except LightCurveError:  # all transits are in the masked ones
                continue
            results.append((one.significance, one.statistic))
    return np.array(results)


if __name__ == "__main__":
    typer.run(main)
