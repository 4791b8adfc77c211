"""Candidates whose pages are written, with everything that is known about them."""

from dataclasses import dataclass, field
from typing import Any

from astronet.lightcurves.arrays import Views
from astronet.lightcurves.ephemeris import Ephemeris
from astronet.vetting.stellar import Stellar


@dataclass(frozen=True, eq=False)
class Similar:
    """Labelled event that is similar to a candidate.

    Attributes:
        star: Number of its star.
        number: Number of the event.
        label: Label of the catalogue.
        planet: Whether the label is that of a planet.
        today: Disposition in a later catalogue if it contradicts the label, otherwise "".
        period_days: Period [d].
        distance: Distance of its embedding; 1 is the median nearest distance.
        local_view: Thumbnail of the local view [64] [transit depths].
        global_view: Thumbnail of the global view [64] [transit depths].
    """

    star: int
    number: int
    label: str
    planet: bool
    today: str
    period_days: float
    distance: float
    local_view: Views
    global_view: Views


@dataclass(frozen=True, eq=False)
class Judgement:
    """Result of the networks for a candidate.

    Attributes:
        model: Names and hashes of the networks.
        score: Score; NaN if the candidate could not be scored.
        spread: Standard deviation of the scores of the networks; NaN if unknown.
        decision: Decision, for example "recall 0.95"; "" if there is none.
        unsure: Reasons why the score is unsure; "" if there are none.
        warning: Reason why the score is unreliable; "" if there is none.
        reason: Reason why there is no score; "" if there is one.
        seen: Whether the star is in the training set; None if unknown.
        influence: What changes the score most, as a sentence; "" if unknown.
        similarity: How similar the nearest labelled events are, as a sentence; "" if unknown.
        similar: Nearest labelled events.
        local_view: Thumbnail of the candidate's local view [64]; None if unknown.
        global_view: Thumbnail of its global view [64]; None if unknown.
    """

    model: str
    score: float
    spread: float
    decision: str
    unsure: str
    warning: str
    reason: str
    seen: bool | None
    influence: str = ""
    similarity: str = ""
    similar: tuple[Similar, ...] = ()
    local_view: Views | None = None
    global_view: Views | None = None


@dataclass(frozen=True, eq=False)
class Candidate:
    """Event of a table, with the judgement of the networks.

    Attributes:
        row: Row position in the table.
        number: Number of the event of its star.
        ephemeris: Ephemeris with the epoch in BKJD; None if it is invalid.
        invalid: Reason why the ephemeris is invalid; "" if it is valid.
        page: Path of its page relative to the index.
        previous: Path of the page of the previous candidate; "" if there is none.
        next: Path of the page of the next candidate; "" if there is none.
        label: Label in the table; "" if it has none.
        listed: Period, duration and depth in the table, for the index.
        judgement: What the networks say; None if no network was given.
        known: Further columns of the table that the page shows.
    """

    row: int
    number: int
    ephemeris: Ephemeris | None
    invalid: str
    page: str
    previous: str
    next: str
    label: str
    listed: tuple[float, float, float]
    judgement: Judgement | None = None
    known: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class StarOfCandidates:
    """Star with all its candidates: the unit of work.

    Attributes:
        star: Number or name of the star.
        candidates: All events of the star in the table.
        stellar: Radius, mass and density of the star; None if unknown.
    """

    star: int | str
    candidates: tuple[Candidate, ...]
    stellar: Stellar | None = None


def text_of(value: object) -> str:
    """Return a value of a table if it is text, otherwise ""."""
    return value if isinstance(value, str) else ""
