"""Vetting statistics of simulated stars: `python -m benchmarks.vetting --stars 2000`.

The true depth, odd–even difference, secondary eclipse and centroid offset of each star are known.
The tables contain the pulls (measured minus true value, divided by the stated error), the fraction
of planets that each check rejects, and how well the checks separate planets from binaries.
"""

from benchmarks.measuring import one_thread

one_thread()

import time
from typing import Annotated, Any

import numpy as np
import pandas as pd
import typer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import cross_val_predict

import astronet
from astronet.errors import LightCurveError
from astronet.execution.engine import run_stars
from astronet.execution.processes import Processes
from astronet.vetting.vetting import Vetting, vet_signal
from benchmarks.measuring import show
from benchmarks.vetting_stars import Case, Kind, draw_case

KINDS: tuple[Kind, ...] = ("planet", "altered", "binary")
_CLEAR = 8.0
"""Expected significance from which the depth and phase of a secondary are compared."""


def main(
    stars: Annotated[int, typer.Option(min=60, help="Number of simulated stars.")] = 2000,
    workers: Annotated[int, typer.Option(help="Number of worker processes.")] = 2,
    score: Annotated[
        str, typer.Option(help="Weights that score the stars, or `none`.")
    ] = "pretrained",
) -> None:
    """Print the pulls, the false-alarm rates and the areas under the ROC curves."""
    jobs = [(seed, KINDS[seed % 3], "" if score == "none" else score) for seed in range(stars)]
    started = time.perf_counter()
    rows = pd.DataFrame(list(run_stars(measure_case, jobs, Processes(workers))))
    print(
        f"{len(rows)} stars in {time.perf_counter() - started:.0f} s; "
        f"median {1e3 * rows['cpu'].median():.0f} ms of CPU time per vetting"
    )
    print(f"could not be vetted: {rows['reason'].notna().sum()}")
    show_pulls(rows)
    show_false_alarms(rows[rows["kind"] == "planet"])
    show_separation(rows[rows["kind"] != "altered"])


def measure_case(job: tuple[int, Kind, str]) -> dict[str, Any]:
    """Simulate a star, vet its signal, and return pulls, severities and the score."""
    seed, kind, score = job
    case = draw_case(seed, kind)
    row: dict[str, Any] = {"seed": seed, "kind": kind, "reason": None}
    started = time.process_time()
    try:
        vetting = vet_signal(case.curve, case.ephemeris, (), case.stellar)
    except LightCurveError as error:
        return row | {"reason": str(error), "cpu": time.process_time() - started}
    row |= {"cpu": time.process_time() - started, "severity": vetting.severity}
    row |= {f"severity of {check.name}": check.severity for check in vetting.checks}
    row |= {f"outcome of {check.name}": check.outcome for check in vetting.checks}
    row |= vetting.as_row() | pulls_of(case, vetting)
    if score and kind != "altered":
        try:
            row["score"] = astronet.load(score).score(case.curve, case.ephemeris)
        except LightCurveError:
            row["score"] = np.nan
    return row


def pulls_of(case: Case, vetting: Vetting) -> dict[str, float]:
    """Return the pulls of all statistics whose true values are known."""
    if case.kind == "binary":
        return {}
    measured = vetting.measured
    pulls: dict[str, float] = {}
    pulls["pull of the depth"] = (
        measured.shape.depth.value - case.depth
    ) / measured.shape.depth.error
    depths = measured.transits.odd_even()
    if depths is not None:
        odd, even = depths
        error = float(np.hypot(odd.error, even.error))
        # The numbers of the transits are counted from another epoch.
        pulls["pull of the odd–even difference"] = (odd.value - even.value - case.odd_even) / error
    dip, (depth, phase) = measured.phases.secondary, case.secondary
    if depth > _CLEAR * dip.error:
        apart = (dip.phase - phase + 0.5) % 1 - 0.5
        error = measured.phases.secondary_phase_error
        pulls["secondary found"] = float(
            abs(apart) * case.ephemeris.period < case.ephemeris.duration / 2
        )
        if pulls["secondary found"]:
            pulls["pull of the secondary depth"] = (dip.depth - depth) / dip.error
            pulls["pull of the secondary phase"] = apart / error
    if vetting.centroid is not None and vetting.centroid.depth > 0:
        found = vetting.centroid
        factor = 1 / found.depth - 1
        for name, k in (("east", 0), ("north", 1)):
            offset = (found.offset_east, found.offset_north)[k]
            error = float(np.sqrt(found.covariance[k][k])) * factor
            pulls[f"pull of the centroid offset ({name})"] = (offset - case.source[k]) / error
    return pulls


def show_pulls(rows: pd.DataFrame) -> None:
    """Print the mean, the width and the tails of the pulls."""
    table = []
    for name in [column for column in map(str, rows) if column.startswith("pull of")]:
        values = rows[name].dropna().to_numpy()
        low, middle, high = np.quantile(values, [0.1587, 0.5, 0.8413])
        table.append(
            [
                name.removeprefix("pull of the "),
                str(len(values)),
                f"{middle:+.2f}",
                f"{np.clip(values, -5, 5).mean():+.2f}",
                f"{(high - low) / 2:.2f}",
                f"{np.clip(values, -5, 5).std():.2f}",
                f"{(np.abs(values) > 3).mean():.1%}",
            ]
        )
    show(
        "Pulls: measured minus true value, in units of the stated error",
        [
            "Statistic",
            "Stars",
            "Median",
            "Mean",
            "Width (68 %)",
            "Standard deviation",
            "Beyond 3 σ",
        ],
        table,
    )
    if "secondary found" in rows:
        print(
            f"secondary eclipses above {_CLEAR:g} σ at the right phase: "
            f"{rows['secondary found'].mean():.1%}"
        )


def show_false_alarms(planets: pd.DataFrame) -> None:
    """Print the fraction of planets for which each check warns or fails."""
    names = [
        column.removeprefix("outcome of ")
        for column in map(str, planets)
        if column.startswith("outcome of ")
    ]
    table = []
    clear = planets[planets["snr"] >= 10]
    for name in names:
        if (planets[f"outcome of {name}"] == "unknown").all():
            continue
        cells = [name]
        for part in (planets, clear):
            outcome = part[f"outcome of {name}"].dropna()
            made = outcome[outcome != "unknown"]
            cells += [
                str(len(made)),
                f"{(made == 'warn').mean():.1%}",
                f"{(made == 'fail').mean():.2%}",
            ]
        table.append(cells)
    cells = ["any check"]
    for part in (planets, clear):
        worst = part["severity"].dropna()
        cells += [str(len(worst)), "", f"{(worst >= 1).mean():.1%}"]
    table.append(cells)
    show(
        "False alarms among planets",
        ["Check", "Planets", "Warns", "Fails", "SNR ≥ 10", "Warns", "Fails"],
        table,
    )


def show_separation(rows: pd.DataFrame) -> None:
    """Print the area under the ROC curve of planets against binaries."""
    rows = rows[rows["severity"].notna()]
    target = (rows["kind"] == "planet").to_numpy(np.int64)
    names = [column for column in map(str, rows) if column.startswith("severity of ")]
    severities = np.log1p(rows[names].fillna(0.0).clip(upper=1e3).to_numpy())
    model = LogisticRegression(C=1.0, max_iter=2000)
    together = cross_val_predict(model, severities, target, cv=5, method="predict_proba")[:, 1]
    table = [
        ["largest severity", f"{roc_auc_score(target, -rows['severity']):.4f}"],
        ["all severities (logistic regression, 5 folds)", f"{roc_auc_score(target, together):.4f}"],
    ]
    if "score" in rows and (known := rows["score"].notna().to_numpy()).any():
        p = rows["score"].clip(1e-6, 1 - 1e-6).fillna(0.5).to_numpy()
        logit = np.log(p / (1 - p))[:, np.newaxis]
        both = cross_val_predict(
            model, np.hstack([severities, logit]), target, cv=5, method="predict_proba"
        )[:, 1]
        table += [
            ["score", f"{roc_auc_score(target[known], rows['score'][known]):.4f}"],
            [
                "score and all severities (logistic regression, 5 folds)",
                f"{roc_auc_score(target, both):.4f}",
            ],
        ]
    show(
        f"Planets ({target.sum()}) against binaries ({len(target) - target.sum()})",
        ["Statistic", "ROC AUC"],
        table,
    )


if __name__ == "__main__":
    typer.run(main)
