"""Rows of the tables of candidates and of searched stars."""

from collections.abc import Mapping

from astronet.stars.search import SearchedStar

CANDIDATE_COLUMNS: Mapping[str, str] = {
    "star": "int64",
    "number": "int64",
    "period_days": "float64",
    "epoch_bkjd": "float64",
    "duration_days": "float64",
    "depth_ppm": "float64",
    "period_error_days": "float64",
    "epoch_error_days": "float64",
    "duration_error_days": "float64",
    "depth_error_ppm": "float64",
    "snr": "float64",
    "statistic": "float64",
    "sde": "float64",
    "max_single_event": "float64",
    "transits": "int64",
    "complete_transits": "int64",
    "false_alarm_probability": "float64",
    "flags": "str",
}
"""Types of the columns of candidates.csv by name; the type of star is str for mission custom."""

STAR_COLUMNS: Mapping[str, str] = {
    "star": "int64",
    "candidates": "int64",
    "known_events": "int64",
    "points": "int64",
    "begin_bkjd": "float64",
    "span_days": "float64",
    "reason": "str",
}
"""Types of the columns of candidates.stars.csv by name; the type of star is str for mission custom.
"""


def candidate_rows(found: SearchedStar) -> list[dict[str, int | float | str | None]]:
    """Return the rows of a star's candidates, numbered from 1 in the order of detection.

    If the candidates are to be scored, the rows also have the columns `unscored` and `warning`: the
    reason why a candidate has no views, and the warning of the views, or ""; and the column
    `centroid`, the measured centroid statistic.
    """
    rows: list[dict[str, int | float | str | None]] = []
    for number, one in enumerate(found.candidates, start=1):
        rows.append(
            {
                "star": found.star,
                "number": number,
                "period_days": float(one.ephemeris.period),
                "epoch_bkjd": float(one.ephemeris.epoch),
                "duration_days": float(one.ephemeris.duration),
                "depth_ppm": 1e6 * float(one.depth),
                "period_error_days": float(one.period_error),
                "epoch_error_days": float(one.epoch_error),
                "duration_error_days": float(one.duration_error),
                "depth_error_ppm": 1e6 * float(one.depth_error),
                "snr": float(one.snr),
                "statistic": float(one.statistic),
                "sde": float(one.sde),
                "max_single_event": float(one.max_single_event),
                "transits": int(one.transits),
                "complete_transits": int(one.complete_transits),
                "false_alarm_probability": one.false_alarm_probability,
                "flags": ";".join(one.flags),
            }
        )
    for row, event in zip(rows, found.views, strict=False):
        row["unscored"] = event.reason
        row["warning"] = event.views.warning if event.views else ""
        row["centroid"] = event.centroid
    return rows


def star_row(found: SearchedStar) -> dict[str, int | float | str | None]:
    """Return the row of a star in the table of searched stars.

    The row has the additional columns `no_files`, whether the star has no light-curve files, and
    `arguments`, the settings to change so that it can be searched, separated by spaces.
    """
    return {
        "star": found.star,
        "candidates": len(found.candidates),
        "known_events": found.known,
        "points": found.points,
        "begin_bkjd": found.begin,
        "span_days": found.span,
        "reason": found.reason,
        "no_files": found.no_files,
        "arguments": " ".join(found.arguments),
    }
