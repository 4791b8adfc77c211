"""`astronet explain`: explanation of one event's score, as an HTML page with figures."""

from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np

from astronet.dataset.measured import unpacked
from astronet.dataset.other_events import event_with_others
from astronet.dataset.recut import views_of
from astronet.dataset.scalars import event_table, scalars_of
from astronet.dataset.store import ViewStore
from astronet.errors import CatalogError, StoreError
from astronet.explanations import page
from astronet.explanations.attribution import require_captum
from astronet.explanations.event import Event
from astronet.explanations.findings import find, steps
from astronet.explanations.folder import PAGE, default_folder
from astronet.explanations.model import (
    Model,
    check_convolutional,
    described,
    representatives,
)
from astronet.explanations.request import Request
from astronet.explanations.result import Explanation as Explanation
from astronet.explanations.secondary import siblings_in
from astronet.files.outputs import check_outputs, exists_already
from astronet.lightcurves.ephemeris import Ephemeris
from astronet.missions.settings import Source
from astronet.missions.tables import read_catalog
from astronet.progress import progress_bar
from astronet.runs.evaluated import warn_about_stack
from astronet.runs.scorer import Scorer
from astronet.runs.shipped import shipped_in
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


def explain_star(
    scorer: Scorer,
    folder: Path,
    star: int | str,
    event: Ephemeris | Listed,
    source: Source | None = None,
    *,
    others: Path | None = None,
    out: Path | None = None,
    check: str = "",
    overwrite: bool = False,
    quiet: bool = False,
) -> Explanation:
    """Explain the score of one event, computed from the star's light-curve files.

    Write an HTML page and its summary as a PNG file, and return the explanation. An event in a
    table is scored as by `astronet predict`, with regard to the other events of its star.

    Args:
        scorer: Trained convolutional networks; their scores are averaged.
        folder: Folder of light curves; for mission custom, it can also be the file of the star.
        star: Catalogue ID of the star, or its name for mission custom.
        event: Ephemeris of the event, with the epoch in BKJD, or the event in a table.
        source: Mission and reader options of the files; None means those used in training.
        others: Path or name of an event table with the other events of the star, if `event` is an
            ephemeris; None means that they are unknown.
        out: Output folder; None means a folder in `runs` named after the networks and the event.
        check: Commands that compute the statistics of the event, for the page.
        overwrite: Whether to write to a folder that is not empty.
        quiet: Whether to hide the progress bar.

    Raises:
        RunError: A network has no convolutions, the output folder is not empty and `overwrite` is
            False, or the output cannot be written.
        ConfigError: captum is not installed.
        ArchiveError: The folder or the star's files do not exist, the folder is a file but the
            mission requires a folder, or a file is corrupt or belongs to another star.
        LightCurveError: The light curve cannot be detrended, or the views cannot be computed.
        CatalogError: A table cannot be read, or does not contain the event or the star.
    """
    require_captum()
    check_convolutional(scorer.trained)
    if isinstance(event, Listed):
        request = _of_table(scorer, folder, star, event, source)
    else:
        request = _of_star(scorer, folder, star, event, source, others)
    return _write(scorer, request, _folder(scorer, request, out, overwrite), quiet, check)


def explain_row(
    scorer: Scorer,
    store: ViewStore,
    row: int,
    *,
    out: Path | None = None,
    overwrite: bool = False,
    quiet: bool = False,
) -> Explanation:
    """Explain the score of one event of a store.

    Write an HTML page and its summary as a PNG file, and return the explanation.

    Args:
        scorer: Trained convolutional networks; their scores are averaged.
        store: Store of views.
        row: Row position of the event in the store's index, counted from 0.
        out: Output folder; None means a folder in `runs` named after the networks and the event.
        overwrite: Whether to write to a folder that is not empty.
        quiet: Whether to hide the progress bar.

    Raises:
        RunError: A network has no convolutions, the output folder is not empty and `overwrite` is
            False, or the output cannot be written.
        ConfigError: captum is not installed.
        StoreError: The row does not exist or has no valid period and duration, or a view that the
            networks read has another number of bins or is missing and cannot be rebinned.
        LightCurveError: The bins of a rebinned view do not fit into its window.
    """
    require_captum()
    check_convolutional(scorer.trained)
    request = _of_row(scorer, store, row)
    return _write(scorer, request, _folder(scorer, request, out, overwrite), quiet)


def _of_star(
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
        siblings = siblings_in(event, 0)
    found = event_views(recipe, star, ephemeris, [sibling.ephemeris for sibling in siblings])
    scalars = scorer.scalars_of(event.iloc[[0]])[0]
    return Request(
        Event(star, None, ephemeris, recipe.views, found.views, scalars, found.measured),
        f"{star}-{ephemeris.period:.6g}d",
        {"light curves": str(folder), "mission": recipe.mission},
        warning=found.warning,
        epoch=ephemeris.epoch,
        siblings=siblings,
    )


def _of_table(
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
        siblings=siblings_in(own, row),
    )


def _of_row(scorer: Scorer, store: ViewStore, row: int) -> Request:
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
    own, bits = store.index[store.index["star"] == star], store.measured
    measured = None if bits is None else unpacked(bits[row], store.bins["global"])
    return Request(
        Event(star, number, ephemeris, experiment.views, views, scalars, measured),
        f"{star}-{number}",
        {"store": f"{store.path} (sha256 {store.digest[:12]})", "row": str(row)},
        label=str(known["label"]),
        epoch=epoch if np.isfinite(epoch) else None,
        siblings=siblings_in(own, list(own.index).index(known.name)) if np.isfinite(epoch) else [],
    )


def _folder(scorer: Scorer, request: Request, out: Path | None, overwrite: bool) -> Path:
    """Return the output folder.

    Raises:
        RunError: The folder is not empty and `overwrite` is False, or cannot be written.
    """
    folder = out or default_folder(scorer.name, request.name)
    check_outputs(folder, [PAGE], overwrite=overwrite)
    if not overwrite and folder.is_dir() and any(folder.iterdir()):
        raise exists_already(folder, "already exists and is not empty")
    return folder


def _write(
    scorer: Scorer, request: Request, out: Path, quiet: bool, check: str = ""
) -> Explanation:
    """Compute an explanation, write the page and its summary, and return the explanation."""
    warn_about_stack(scorer)
    shown = representatives(scorer.network)
    subject = page.Subject(
        tuple(described(scorer.trained, scorer.network.networks, shipped_in(scorer.trained))),
        " and ".join(sorted({type(one).__name__.lower() for one in shown})),
        len(scorer.trained) == len(shipped_in(scorer.trained)) == 1,
        request.label,
        request.warning,
        {"networks": ", ".join(str(one) for one in scorer.trained)}
        | dict(request.origin)
        | {library: version(library) for library in ("astronet", "torch", "captum")},
        request.epoch,
        scorer.precision,
        request.siblings,
        check,
    )
    model = Model(scorer.network, scorer.device, scorer.score_views)
    names, event = [str(name) for name in scorer.experiment.scalars], request.event
    with progress_bar("explaining", "steps", steps(event) + page.STEPS, quiet=quiet) as advance:
        found = find(model, event, names, advance)
        return Explanation(
            page.write(out, found, subject, advance), found, request.warning, request.siblings
        )
