"""Vetting statistics compared with those of DR25: `python -m benchmarks.vetting_dr25 DATA`.

DATA is a folder with the light-curve files of 11 stars (`kepler`), the light curves of 18 more
(`kepler_centroids`), the event tables of DR24 and DR25 (`dr24`) and today's dispositions (`koi`).
"""

from benchmarks.measuring import one_thread

one_thread()

from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pandas as pd
import typer
from scipy.stats import spearmanr

from astronet.catalogs.joining import join_by_ephemeris
from astronet.errors import LightCurveError
from astronet.lightcurves import Ephemeris, LightCurve
from astronet.missions.tables import read_catalog
from astronet.vetting.stellar import Stellar
from astronet.vetting.vetting import Vetting, vet_signal
from benchmarks.centroids import read_stars
from benchmarks.measuring import show

_EPHEMERIS = ["period_days", "epoch_bkjd", "duration_days"]

COMPARED = {
    "transit depth (ppm)": ("depth_ppm", "transit_depth"),
    "duration (d)": ("duration_days", "duration_days"),
    "impact parameter": ("impact", "impact"),
    "radius ratio": ("radius_ratio", "tce_ror"),
    "multiple-event statistic": ("snr", "tce_max_mult_ev"),
    "largest single-event statistic": ("max_single_event", "tce_max_sngle_ev"),
    "secondary: significance": ("secondary_significance", "tce_maxmes"),
    "secondary: depth (ppm)": ("secondary_depth_ppm", "wst_depth"),
    "centroid: statistic": ("centroid_statistic", "tce_fwm_stat"),
}
"""Our column and that of DR25, by name of the statistic."""


def main(data: Annotated[Path, typer.Argument(help="Folder of the data.")]) -> None:
    """Print the statistics of each event next to those of DR25, and their agreement."""
    stars = dict(read_stars(data))
    events = read_catalog(data / "dr24/q1_q17_dr24_tce.csv")
    theirs = read_catalog(data / "dr24/dr25_dv_statistics.csv.gz")
    events = events[events["star"].isin(stars)].reset_index(drop=True)
    joined = join_by_ephemeris(events, theirs)
    rows = []
    for place, event in joined.iterrows():
        if not np.isfinite(event["joined_tce_max_mult_ev"]):
            continue
        vetting = _vetted(stars[event["star"]], joined, place)
        rows.append(_row(event, vetting))
    table = pd.DataFrame([row for row in rows if row])
    show_events(table)
    show_agreement(table)


def _vetted(curve: LightCurve, events: pd.DataFrame, place: Any) -> Vetting | None:
    event = events.loc[place]
    same = (events["star"] == event["star"]) & (events.index != place)
    others = [Ephemeris(*map(float, other)) for other in events.loc[same, _EPHEMERIS].to_numpy()]
    radius, gravity = float(event["star_radius_sun"]), float(event["star_logg"])
    stellar = Stellar(radius, 10 ** (gravity - 4.438) * radius**2)
    try:
        return vet_signal(curve, Ephemeris(*map(float, event[_EPHEMERIS])), others, stellar)
    except LightCurveError as error:
        print(f"{event['star']}.{event['number']}: {error}")
        return None


def _row(event: "pd.Series[Any]", vetting: Vetting | None) -> dict[str, Any]:
    """Return our statistics and those of DR25 of an event."""
    if vetting is None:
        return {}
    ours = vetting.as_row()
    ours["secondary_significance"] = vetting.measured.phases.secondary.significance
    row: dict[str, Any] = {
        "event": f"{event['star']}.{int(event['number']):02d}",
        "label": event["label"],
        "failed": ", ".join(check.name for check in vetting.failed),
        "odd and even [σ]": abs(vetting.check("odd_even").value / vetting.check("odd_even").error),
        "odd and even: DR25 [σ]": _sigma(float(event["joined_tce_bin_oedp_stat"])),
    }
    for name, (our, their) in COMPARED.items():
        row[f"{name}: ours"] = ours.get(our)
        row[f"{name}: DR25"] = float(event[f"joined_{their}"])
    return row


def _sigma(statistic: float) -> float:
    """Return the significance of DR25's odd-even statistic, a χ² with one degree of freedom."""
    return float(np.sqrt(max(statistic, 0.0)))


def show_events(table: pd.DataFrame) -> None:
    """Print one row per event."""
    names = ("transit depth (ppm)", "multiple-event statistic", "secondary: significance",
             "secondary: depth (ppm)", "centroid: statistic")  # fmt: skip
    rows = []
    for _, one in table.iterrows():
        cells = [one["event"], one["label"]]
        for name in names:
            cells.append(f"{_text(one[f'{name}: ours'])} / {_text(one[f'{name}: DR25'])}")
        cells.insert(
            4, f"{_text(one['odd and even [σ]'])} / {_text(one['odd and even: DR25 [σ]'])}"
        )
        rows.append([*cells, one["failed"] or "–"])
    columns = [
        "Event",
        "Label",
        "Depth",
        "MES",
        "Odd, even",
        "Secondary",
        "Its depth",
        "Centroid",
        "Fails",
    ]
    show("Statistics (ours / DR25)", columns, rows, width=250)


def _text(value: Any) -> str:
    if value is None or not np.isfinite(value):
        return "–"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def show_agreement(table: pd.DataFrame) -> None:
    """Print the rank correlation and the ratio of each statistic, for planets and all events."""
    rows = []
    for name in COMPARED:
        cells = [name]
        for part in (table[table["label"] == "PC"], table):
            ours, theirs = (part[f"{name}: {one}"].astype(float) for one in ("ours", "DR25"))
            known = ours.notna() & theirs.notna() & (theirs > 0)
            ratio = (ours[known] / theirs[known]).to_numpy()
            low, middle, high = np.quantile(ratio, [0.16, 0.5, 0.84])
            rank = spearmanr(ours[known], theirs[known]).statistic
            cells += [str(known.sum()), f"{rank:.2f}", f"{middle:.2f} ({low:.2f}-{high:.2f})"]
        rows.append(cells)
    columns = [
        "Statistic",
        "Planets",
        "Spearman",
        "Ratio (68 %)",
        "All",
        "Spearman",
        "Ratio (68 %)",
    ]
    show("Agreement with DR25", columns, rows, width=130)


if __name__ == "__main__":
    typer.run(main)
