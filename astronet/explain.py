"""`astronet explain`: explanation of one event's score, as an HTML page with figures."""

import re
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from astronet.dataset.store import ViewStore
from astronet.explanations import page
from astronet.explanations.attribution import require_captum
from astronet.explanations.findings import Findings, find, steps
from astronet.explanations.model import (
    Model,
    check_convolutional,
    described,
    representatives,
    score_of,
    score_text,
)
from astronet.explanations.requests import Listed as Listed
from astronet.explanations.requests import (
    Request,
    request_of_row,
    request_of_star,
    request_of_table,
)
from astronet.files.outputs import check_outputs, exists_already
from astronet.lightcurves.ephemeris import Ephemeris
from astronet.missions.settings import Source
from astronet.progress import progress_bar
from astronet.runs.evaluated import warn_about_stack
from astronet.runs.scorer import Scorer


@dataclass(frozen=True, eq=False)
class Explanation:
    """Explanation of one event's score.

    Attributes:
        page: Path of explain.html. The same folder contains a PNG file of each figure.
        findings: Numerical results that explain the score.
        warning: Reason why the score is unreliable; "" if it is reliable.
    """

    page: Path
    findings: Findings
    warning: str

    @property
    def score(self) -> float:
        """Score of the unmodified event."""
        return score_of(self.findings.logit)

    @property
    def summary(self) -> str:
        """Text summary with one score per line.

        The first line gives the score of the unmodified event, and each following line the score
        without one part of the event.
        """
        remark = f"   ({self.warning})" if self.warning else ""
        event, rows = self.findings.event, self.findings.removals
        lines = [f"{score_text(self.findings.logit):<7} {event.name}, unmodified{remark}"]
        lines += [f"{score_text(row.logit):<7} without {row.part}" for row in rows]
        return "\n".join(lines)


def explain_star(
    scorer: Scorer,
    folder: Path,
    star: int | str,
    event: Ephemeris | Listed,
    source: Source | None = None,
    *,
    others: Path | None = None,
    out: Path | None = None,
    overwrite: bool = False,
    quiet: bool = False,
) -> Explanation:
    """Explain the score of one event, computed from the star's light-curve files.

    Write an HTML page and PNG files of its figures, and return the explanation. An event in a table
    is scored as by `astronet predict`, with regard to the other events of its star.

    Args:
        scorer: Trained convolutional networks; their scores are averaged.
        folder: Folder of light curves; for mission custom, it can also be the file of the star.
        star: Catalogue ID of the star, or its name for mission custom.
        event: Ephemeris of the event, with the epoch in BKJD, or the event in a table.
        source: Mission and reader options of the files; None means those used in training.
        others: Path or name of an event table with the other events of the star, if `event` is an
            ephemeris; None means that they are unknown.
        out: Output folder; None means a folder in `runs` named after the networks and the event.
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
        request = request_of_table(scorer, folder, star, event, source)
    else:
        request = request_of_star(scorer, folder, star, event, source, others)
    return _write(scorer, request, _folder(scorer, request, out, overwrite), quiet)


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

    Write an HTML page and PNG files of its figures, and return the explanation.

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
    request = request_of_row(scorer, store, row)
    return _write(scorer, request, _folder(scorer, request, out, overwrite), quiet)


def _folder(scorer: Scorer, request: Request, out: Path | None, overwrite: bool) -> Path:
    """Return the output folder.

    Raises:
        RunError: The folder is not empty and `overwrite` is False, or cannot be written.
    """
    name = re.sub(r"[^\w.+-]", "_", f"explain-{scorer.name}-{request.name}")
    folder = out or Path("runs") / name
    check_outputs(folder, [page.PAGE], overwrite=overwrite)
    if not overwrite and folder.is_dir() and any(folder.iterdir()):
        raise exists_already(folder, "already exists and is not empty")
    return folder


def _write(scorer: Scorer, request: Request, out: Path, quiet: bool) -> Explanation:
    """Compute an explanation, write the page and its figures, and return the explanation."""
    warn_about_stack(scorer)
    shown = representatives(scorer.network)
    subject = page.Subject(
        tuple(described(scorer.trained, scorer.network.networks, scorer.shipped)),
        " and ".join(sorted({type(one).__name__.lower() for one in shown})),
        len(scorer.trained) == len(scorer.shipped) == 1,
        request.label,
        request.warning,
        {"networks": ", ".join(str(one) for one in scorer.trained)}
        | dict(request.origin)
        | {library: version(library) for library in ("astronet", "torch", "captum")},
        request.epoch,
        scorer.precision,
    )
    model = Model(scorer.network, scorer.device, scorer.score_views)
    names, event = [str(name) for name in scorer.experiment.scalars], request.event
    drawings = 2 + len(event.views) + 3 * sum(len(one.views) for one in shown) + bool(names)
    with progress_bar("explaining", "steps", steps(event) + drawings, quiet=quiet) as advance:
        found = find(model, event, names, advance)
        return Explanation(page.write(out, found, subject, advance), found, request.warning)
