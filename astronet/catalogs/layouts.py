"""The archives' tables: which of their columns is which of ours, and in what unit.

NASA renames columns, changes their case and gives durations in hours; here is the one place that
knows. Sources: the archive's column definitions for the TCE, KOI, TOI and K2 tables
(https://exoplanetarchive.ipac.caltech.edu/docs/API_queries.html); ExoFOP's TOI table.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pandas as pd

from astronet.lightcurves.clock import BKJD_ZERO

TEXT = ("label", "name", "official_split")
FIRST = ("star", "number", "period_days", "epoch_bkjd", "duration_days", "label", "name")
"""The columns that come first, in this order."""

_TAP = "https://exoplanetarchive.ipac.caltech.edu/TAP"

Convert = Callable[[pd.Series], pd.Series]


@dataclass(frozen=True)
class Layout:
    """One kind of table: for each of our columns, the archive's names for it, newest first."""

    name: str
    columns: Mapping[str, tuple[tuple[str, Convert], ...]]
    cure: str

    def found(self, present: Mapping[str, str]) -> dict[str, tuple[str, Convert]]:
        """Our name -> (the table's own name, conversion), for the columns that are present."""
        found = {}
        for ours in dict.fromkeys([*FIRST, *self.columns, "official_split"]):
            itself = (ours, text if ours in TEXT else number)
            for theirs, convert in (itself, *self.columns.get(ours, ())):
                if theirs in present:
                    found[ours] = (present[theirs], convert)
                    break
        return found


def text(values: pd.Series) -> pd.Series:
    """Text, "" where there is none."""
    return values.fillna("").astype(str).str.strip()


def number(values: pd.Series) -> pd.Series:
    """float64, NaN where there is no number."""
    return pd.to_numeric(values, errors="coerce").astype("float64")


def hours(values: pd.Series) -> pd.Series:
    """Hours to days."""
    return number(values) / 24.0


def bjd(values: pd.Series) -> pd.Series:
    """BJD to BKJD [d]."""
    return number(values) - BKJD_ZERO


def percent(values: pd.Series) -> pd.Series:
    """Per cent to parts per million."""
    return number(values) * 1e4


def digits(values: pd.Series) -> pd.Series:
    """The first whole number of names such as `EPIC 211822797` or `000757450-01`."""
    return number(values.astype(str).str.extract(r"(\d+)", expand=False))


def last_digits(values: pd.Series) -> pd.Series:
    """The last whole number of names such as `000757450-01`."""
    return number(values.astype(str).str.extract(r"(\d+)\D*$", expand=False))


def after_the_point(values: pd.Series) -> pd.Series:
    """1000.02 to 2: the event's number in a TOI."""
    return (number(values) % 1 * 100).round()


def toi_name(values: pd.Series) -> pd.Series:
    """1000.1 to `TOI-1000.10`."""
    names = "TOI-" + number(values).map("{:.2f}".format)
    return names.where(values.notna(), "")


_KIC = (("kepid", digits), ("star_id", digits), ("kic", digits))
_TIC = (("tid", digits), ("tic_id", digits), ("tic id", digits), ("ticid", digits))
_EPIC = (("epic_hostname", digits), ("epic_name", digits), ("epic_candname", digits))

LAYOUTS = (
    Layout(
        "table of your own",
        {"star": (*_KIC, *_TIC, *_EPIC)},
        "give columns star, period_days, epoch_bkjd (BJD − 2454833) and duration_days",
    ),
    Layout(
        "Kepler TCE table",
        {
            "star": _KIC,
            "number": (("tce_plnt_num", number),),
            "period_days": (("tce_period", number),),
            "epoch_bkjd": (("tce_time0bk", number), ("tce_time0", bjd)),
            "duration_days": (("tce_duration", hours),),
            "label": (("av_training_set", text),),
            "depth_ppm": (("tce_depth", number),),
            "snr": (("tce_model_snr", number),),
            "impact": (("tce_impact", number),),
            "radius_earth": (("tce_prad", number),),
            "star_teff_k": (("tce_steff", number),),
            "star_logg": (("tce_slogg", number),),
            "star_radius_sun": (("tce_sradius", number),),
        },
        f"ask the archive for every column (`select * from q1_q17_dr25_tce` at {_TAP})",
    ),
    Layout(
        "KOI table",
        {
            "star": _KIC,
            "number": (("koi_tce_plnt_num", number),),
            "period_days": (("koi_period", number),),
            "epoch_bkjd": (("koi_time0bk", number), ("koi_time0", bjd)),
            "duration_days": (("koi_duration", hours),),
            "label": (("koi_disposition", text),),
            "name": (("kepoi_name", text),),
            "depth_ppm": (("koi_depth", number),),
            "snr": (("koi_model_snr", number),),
            "impact": (("koi_impact", number),),
            "radius_earth": (("koi_prad", number),),
            "star_teff_k": (("koi_steff", number),),
            "star_logg": (("koi_slogg", number),),
            "star_radius_sun": (("koi_srad", number),),
        },
        f"ask the archive for every column (`select * from cumulative` at {_TAP})",
    ),
    Layout(
        "table of certified false positives",
        {
            "star": _KIC,
            "period_days": (("fpwg_koi_period", number),),
            "label": (("fpwg_disp_status", text),),
            "name": (("kepoi_name", text),),
        },
        "it lists dispositions only: take the ephemerides from a KOI table, by kepoi_name",
    ),
    Layout(
        "TOI table",
        {
            "star": _TIC,
            "number": (("toi", after_the_point), ("pl_pnum", number)),
            "period_days": (("pl_orbper", number), ("period (days)", number)),
            "epoch_bkjd": (("pl_tranmid", bjd), ("epoch (bjd)", bjd)),
            "duration_days": (("pl_trandurh", hours), ("duration (hours)", hours)),
            "label": (("tfopwg_disp", text), ("tfopwg disposition", text)),
            "name": (("toi", toi_name),),
            "depth_ppm": (("pl_trandep", number), ("depth (ppm)", number)),
            "radius_earth": (("pl_rade", number), ("planet radius (r_earth)", number)),
            "star_teff_k": (("st_teff", number), ("stellar eff temp (k)", number)),
            "star_logg": (("st_logg", number), ("stellar log(g) (cm/s^2)", number)),
            "star_radius_sun": (("st_rad", number), ("stellar radius (r_sun)", number)),
        },
        f"ask the archive for every column (`select * from toi` at {_TAP})",
    ),
    Layout(
        "table of K2 planets and candidates",
        {
            "star": _EPIC,
            "period_days": (("pl_orbper", number),),
            "epoch_bkjd": (("pl_tranmid", bjd),),
            "duration_days": (("pl_trandur", hours),),
            "label": (("disposition", text),),
            "name": (("pl_name", text),),
            "depth_ppm": (("pl_trandep", percent),),
            "impact": (("pl_imppar", number),),
            "radius_earth": (("pl_rade", number),),
            "star_teff_k": (("st_teff", number),),
            "star_logg": (("st_logg", number),),
            "star_radius_sun": (("st_rad", number),),
        },
        f"ask the archive for every column (`select * from k2pandc` at {_TAP})",
    ),
    Layout(
        "Robovetter output",
        {
            "star": (("tce", digits),),
            "number": (("tce", last_digits),),
            "label": (("disposition", text),),
            "name": (("tce", text),),
        },
        "it lists dispositions only: take the ephemerides from the TCE table, by star and number",
    ),
)
