"""Requests to explain the score of an event of a star, of a table or of a store."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from astronet.dataset.measured import unpacked
from astronet.dataset.recut import views_of
from astronet.dataset.scalars import event_table, scalars_of
from astronet.dataset.store import ViewStore
from astronet.errors import CatalogError, StoreError
from astronet.explanations.event import Event
from astronet.lightcurves.ephemeris import Ephemeris
from astronet.missions.settings import Source
from astronet.missions.tables import read_catalog
from astronet.runs.scorer import Scorer
from astronet.stars.other_events import event_with_others
from astronet.stars.prepared import one_of
from astronet.stars.views import event_views, prepare_events, stars_in


@dataclass(frozen=True)
class Listed:
    """Event of a star in an event table.

    Attributes:
        table: Path or name of the table.
        number: Number of the event in the table.
    """

    table: Path
    number: int = 1


@dataclass(frozen=True, eq=False)
class Request:
    """Event to be explained, with its description.

    Attributes:
        event: Event whose score is explained.
        name: Name of the event in the path of the output folder.
        origin: Sources of the event by name, for example the store and the row.
        label: Label of the event; "" if it has none.
        warning: Reason why the score is unreliable; "" if it is reliable.
        epoch: Epoch of the event [d, BKJD]; None if it is unknown.
    """

    event: Event
    name: str
    origin: Mapping[str, str]
    label: str = ""
    warning: str = ""
    epoch: float | None = None


def request_of_star(
    scorer: Scorer,
    folder: Path,
    star: int | str,
    ephemeris: Ephemeris,
    source: Source | None,
    others: Path | None = None,
) -> Request:
    """Return the request to explain an event that is given by its ephemeris.

    The arguments and errors are those of `astronet.explain.explain_star`.
    """
    recipe, event, siblings = scorer.recipe(folder, source), event_table(ephemeris), []
    if others is not None:
        event = event_with_others(star, ephemeris, others, recipe.mission)
        siblings = [Ephemeris(*event) for _, *event in stars_in(event)[0].events[1:]]
    found = event_views(recipe, star, ephemeris, siblings)
    scalars = scorer.scalars_of(event.iloc[[0]])[0]
    return Request(
        Event(star, None, ephemeris, recipe.views, found.views, scalars, found.measured),
        f"{star}-{ephemeris.period:.6g}d",
        {"light curves": str(folder), "mission": recipe.mission},
        warning=found.warning,
        epoch=ephemeris.epoch,
    )


def request_of_table(
    scorer: Scorer, folder: Path, star: int | str, event: Listed, source: Source | None
) -> Request:
    """Return the request to explain an event in a table.

    The arguments and errors are those of `astronet.explain.explain_star`.
    """
    recipe, number = scorer.recipe(folder, source), event.number
    events = read_catalog(event.table, mission=recipe.mission)
    own = events[events["star"] == star]
    numbers = own["number"].tolist()
    if number not in numbers:
        raise CatalogError(
            f"{event.table} contains no event {number} of star {star} (its events: "
            f"{', '.join(map(str, numbers)) or 'none'}); choose another star or number",
            arguments=("star", "number"),
        )
    row, (of_star,) = numbers.index(number), stars_in(own)
    found = one_of(prepare_events(recipe, of_star), row)
    ephemeris = Ephemeris(*of_star.events[row][1:])
    scalars = scorer.scalars_of(own)[row]
    return Request(
        Event(star, number, ephemeris, recipe.views, found.views, scalars, found.measured),
        f"{star}-{number}",
        {"light curves": str(folder), "table": str(event.table), "mission": recipe.mission},
        label=str(own["label"].iloc[row]),
        warning=found.warning,
        epoch=ephemeris.epoch,
    )


def request_of_row(scorer: Scorer, store: ViewStore, row: int) -> Request:
    """Return the request to explain the event in one row of a store.

    Raises:
        StoreError: The row does not exist or has no valid period and duration, or a view that the
            networks read has another number of bins or is missing and cannot be rebinned.
        LightCurveError: The bins of a rebinned view do not fit into its window.
    """
    if not 0 <= row < len(store):
        raise StoreError(
            f"{store.path}: the store has no row {row}; choose a row from 0 to {len(store) - 1}"
        )
    experiment, known = scorer.experiment, store.index.iloc[row]
    columns = ("period_days", "epoch_bkjd", "duration_days")
    period, epoch, duration = (float(known[column]) for column in columns)
    if not (0 < duration < period < np.inf):
        raise StoreError(
            f"{store.path}: row {row} has no valid period and duration, so its phases are "
            "unknown; import the views again with an event table that contains them",
            arguments=("table",),
        )
    ephemeris = Ephemeris(period, epoch if np.isfinite(epoch) else 0.0, duration)
    views = {
        name: np.asarray(view[np.array([row])][0], np.float32)
        for name, view in views_of(store, experiment.views).items()
    }
    scalars = scalars_of(store.index.iloc[[row]], experiment.scalars)[0]
    star, number = known["star"], int(known["number"])
    bits = store.measured
    measured = None if bits is None else unpacked(bits[row], store.bins["global"])
    return Request(
        Event(star, number, ephemeris, experiment.views, views, scalars, measured),
        f"{star}-{number}",
        {"store": f"{store.path} (sha256 {store.digest[:12]})", "row": str(row)},
        label=str(known["label"]),
        epoch=epoch if np.isfinite(epoch) else None,
    )
