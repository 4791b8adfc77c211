"""Labels from a table of Kepler objects of interest (KOIs), for the events of another search.

The dispositions of KOIs are revised: planet candidates become confirmed planets or false positives.
The label policies `koi` and `koi_certain` read the columns that `with_koi_labels` adds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from astronet.errors import CatalogError, counted
from astronet.lightcurves.arrays import Floats

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

LABEL, CERTAIN_LABEL, KOI, RATIO = "koi_label", "koi_certain_label", "koi", "koi_period_ratio"
"""Columns with the label, the label if it is certain, the name of the KOI, and the period of the
event in units of that of the KOI."""

PLANET, NO_PLANET = "planet", "no planet"
"""Labels; "" is unknown."""

_RATIOS = (1.0, 2.0, 0.5)
"""Periods of an event that belong to a KOI, in units of its period, in the order of preference."""

_PERIODS = 2e-3
"""Maximum relative difference of the periods. It is larger than between two searches, because the
periods of some KOIs were measured in fewer data."""

_TRANSITS_DAYS = 0.1
"""Maximum difference between the transit times, in addition to half the duration [d]."""


@dataclass(frozen=True, eq=False)
class Labelled:
    """Events with labels from a table of KOIs.

    Attributes:
        events: Events [n] with the columns of `with_koi_labels`.
        targets: Target of each event [n] in its own catalogue.
    """

    events: pd.DataFrame
    targets: Floats

    def lines(self) -> Iterator[str]:
        """Yield the lines of a summary."""
        events, now = self.events, np.asarray(self.events[LABEL] == PLANET)
        of_koi, certain = events[KOI] != "", events[CERTAIN_LABEL] != ""
        lost = int(((self.targets == 1) & ~now).sum())
        new = int(((self.targets != 1) & now).sum())
        yield f"{counted(len(events), 'event')}, {int(of_koi.sum())} of them with a KOI"
        yield (
            f"{counted(int(now.sum()), 'planet')}: {new} new; {lost} earlier planets are none today"
        )
        unknown = int((events[LABEL] == "").sum())
        uncertain = counted(int((~certain).sum()) - unknown, "uncertain label")
        yield f"{uncertain}, {unknown} unlabelled"


_KEYS = ("star", "period_days", "epoch_bkjd", "duration_days")
_PLANETS, _FALSE_POSITIVE = ("CONFIRMED", "CANDIDATE"), "FALSE POSITIVE"


def with_koi_labels(events: pd.DataFrame, kois: pd.DataFrame, targets: Floats) -> pd.DataFrame:
    """Return the events with labels from a table of KOIs.

    An event belongs to a KOI if both have the same star, the period of the event differs by less
    than 0.2 % from the period of the KOI, or from twice or half of it, and the transit times differ
    by less than half the duration plus 0.1 d.

    - A confirmed planet or a planet candidate is a planet, a false positive is none.
    - An event with twice or half the period of a KOI is a planet only if it was one before: it can
      be a real planet with a wrong period, or the secondary eclipse of a false positive.
    - An event without a KOI keeps its target.
    - A label is uncertain if the event was a planet and has no KOI, or was none and its KOI is a
      planet candidate that is not confirmed.

    Args:
        events: Events [n] with canonical columns.
        kois: KOIs with canonical columns, whose column `label` contains the disposition, and with
            a column `name`.
        targets: Target of each event [n] in its own catalogue: 1 for planets, 0 for others, NaN if
            unknown.

    Returns:
        The events with the columns `koi`, `koi_period_ratio`, `koi_label` and `koi_certain_label`.

    Raises:
        CatalogError: A table lacks a column, a disposition is unknown, or no event has a KOI.
    """
    _check(events, kois)
    match = _matches(events, kois)
    if match.empty:
        raise CatalogError("no event belongs to a KOI; give the KOI table of the same stars")
    rows = np.arange(len(events))
    disposition = match["label"].reindex(rows).fillna("").to_numpy(str)
    name = match["name"].reindex(rows).fillna("").to_numpy(str)
    ratio = match["ratio"].reindex(rows).to_numpy(np.float64)
    known, exact, planets = disposition != "", ratio == 1.0, targets == 1
    planet = np.where(known, np.isin(disposition, _PLANETS), planets)
    planet &= exact | planets | ~known
    certain = np.where(known, (disposition != "CANDIDATE") | planets | ~exact, ~planets)
    label = np.where(planet, PLANET, NO_PLANET)
    label = np.where(known | np.isfinite(targets), label, "")
    return events.assign(**{
        KOI: name,
        RATIO: ratio,
        LABEL: label,
        CERTAIN_LABEL: np.where(certain, label, ""),
    })  # fmt: skip


def _check(events: pd.DataFrame, kois: pd.DataFrame) -> None:
    """Raise an error if a column is missing or a disposition is unknown."""
    for which, table, further in (
        ("the event table", events, ()),
        ("the KOI table", kois, ("label", "name")),
    ):
        if missing := [column for column in (*_KEYS, *further) if column not in table]:
            raise CatalogError(f"{which} has no column '{missing[0]}'; add it")
    if unknown := set(kois["label"].fillna("")) - {*_PLANETS, _FALSE_POSITIVE, ""}:
        raise CatalogError(
            f"the KOI table contains the unknown disposition {min(unknown)!r}; use the cumulative "
            f"KOI table, whose dispositions are {', '.join(_PLANETS)} and {_FALSE_POSITIVE}"
        )


def _matches(events: pd.DataFrame, kois: pd.DataFrame) -> pd.DataFrame:
    """Return the KOI of each event that has one; the index is the row of the event."""
    from pandas import concat  # slow to import

    disposed = kois[kois["label"].fillna("") != ""]
    pairs = (
        events[[*_KEYS]]
        .assign(event=np.arange(len(events)))
        .merge(disposed[[*_KEYS, "label", "name"]], on="star", suffixes=("", "_koi"))
    )
    found = []
    for preference, ratio in enumerate(_RATIOS):
        off = (pairs["period_days"] / (ratio * pairs["period_days_koi"]) - 1).abs()
        shorter = np.minimum(pairs["period_days"], pairs["period_days_koi"])
        cycles: pd.Series = (pairs["epoch_bkjd_koi"] - pairs["epoch_bkjd"]) / shorter
        apart = (cycles - cycles.round()).abs() * shorter
        together = apart < pairs["duration_days"] / 2 + _TRANSITS_DAYS
        near = pairs.assign(preference=preference, off=off, ratio=ratio)
        found.append(near[(off < _PERIODS) & together])
    order = ["preference", "off"]
    matched: pd.DataFrame = concat(found).sort_values(order, kind="stable").drop_duplicates("event")
    return matched.set_index("event")
