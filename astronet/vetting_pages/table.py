"""Stars and candidates of an event table, with the paths of their pages."""

import math
from numbers import Real

import pandas as pd

from astronet.errors import LightCurveError
from astronet.figures.pages import event_page
from astronet.lightcurves.ephemeris import Ephemeris
from astronet.vetting.stellar import Stellar
from astronet.vetting_pages.candidate import Candidate, StarOfCandidates, text_of

_SUN_LOGG = 4.438
"""Surface gravity of the Sun, log10(g / (cm/s²)) (IAU 2015 resolution B3)."""

_LARGEST_RADIUS = 1e4
"""Upper limit of the radius of a star [solar radii]; the largest supergiants have 2,000."""

_LARGEST_LOGG = 20.0
"""Upper limit of the absolute value of log10(g / (cm/s²)); neutron stars have 14."""


def candidates_of(events: pd.DataFrame) -> list[StarOfCandidates]:
    """Return the stars of a table in order of first appearance, with all their candidates.

    The candidates have no judgements.
    """
    pages = page_names(events)
    stars: dict[int | str, list[Candidate]] = {}
    for row, record in enumerate(events.to_dict("records")):
        values = tuple(float(record[c]) for c in ("period_days", "epoch_bkjd", "duration_days"))
        ephemeris, invalid = None, ""
        try:
            ephemeris = Ephemeris(*values)
        except LightCurveError as error:
            invalid = str(error)
        candidate = Candidate(
            row,
            int(record["number"]),
            ephemeris,
            invalid,
            pages[row],
            pages[row - 1] if row else "",
            pages[row + 1] if row + 1 < len(pages) else "",
            text_of(record.get("label")),
            (values[0], values[2], _number(record.get("depth_ppm"))),
        )
        star = record["star"]
        stars.setdefault(star if isinstance(star, str) else int(star), []).append(candidate)
    return [
        StarOfCandidates(star, tuple(some), _stellar(events.iloc[some[0].row]))
        for star, some in stars.items()
    ]


def page_names(events: pd.DataFrame) -> list[str]:
    """Return the path of each event's page relative to the index.

    All paths are different, also on file systems that ignore the case of letters.
    """
    names: list[str] = []
    known: set[str] = set()
    further: dict[str, int] = {}
    for star, number in zip(events["star"], events["number"], strict=True):
        first = name = event_page(star, int(number))
        while name.casefold() in known:
            further[first] = further.get(first, 1) + 1
            name = f"{first.removesuffix('.html')}-{further[first]}.html"
        known.add(name.casefold())
        names.append(name)
    return names


def _stellar(record: "pd.Series[float]") -> Stellar | None:
    """Return the radius and the mass of a star from its columns; None if the radius is unknown."""
    radius, gravity = (_number(record.get(name)) for name in ("star_radius_sun", "star_logg"))
    if not 0 < radius < _LARGEST_RADIUS:
        return None
    mass = 10 ** (gravity - _SUN_LOGG) * radius**2 if abs(gravity) < _LARGEST_LOGG else None
    return Stellar(radius, mass)


def _number(entry: object) -> float:
    """Return an entry of a table as a number; NaN if it is missing or a text."""
    return float(entry) if isinstance(entry, Real) else math.nan
