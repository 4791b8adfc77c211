"""`astronet explain`: why a score is what it is, as one page with its pictures."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd

from astronet.dataset.recut import views_of
from astronet.dataset.scalars import scalars_of
from astronet.dataset.store import ViewStore
from astronet.errors import RunError, StoreError
from astronet.explanations import page
from astronet.explanations.attribution import require_captum
from astronet.explanations.event import Event
from astronet.explanations.findings import Findings, find, steps
from astronet.explanations.judge import Judge, builds, score_of, score_text
from astronet.lightcurves.ephemeris import Ephemeris
from astronet.missions.settings import Source
from astronet.models import NETWORKS
from astronet.progress import progress_bar
from astronet.runs.scorer import Scorer
from astronet.stars.views import event_views


@dataclass(frozen=True, eq=False)
class Explanation:
    """A page, and what it says.

    Attributes:
        page: explain.html; every figure lies beside it as a PNG.
        findings: The numbers.
        warning: Why the score means little, or "".
    """

    page: Path
    findings: Findings
    warning: str

    @property
    def score(self) -> float:
        """The score that is explained."""
        return score_of(self.findings.logit)

    @property
    def summary(self) -> str:
        """The score, and what it becomes without a part, one line each."""
        remark = f"   ({self.warning})" if self.warning else ""
        event, rows = self.findings.event, self.findings.removed
        lines = [f"{score_text(self.findings.logit):<7} {event.name}  as it is{remark}"]
        lines += [f"{score_text(row.logit):<7} without {row.what}" for row in rows]
        return "\n".join(lines)


def explain_star(
    scorer: Scorer,
    folder: Path,
    star: int | str,
    ephemeris: Ephemeris,
    source: Source | None = None,
    *,
    out: Path | None = None,
    quiet: bool = False,
) -> Explanation:
    """Explain the score of one event of a star, from its files.

    Args:
        scorer: Trained convolutional networks; their scores are averaged.
        folder: Folder of light curves, or one light curve of your own.
        star: Number of the star, or the name of one of your own.
        ephemeris: The event, its epoch in BKJD.
        source: Mission of the files and how they are read; None reads them as in training.
        out: Folder to write to; None means `runs/explain-…`.
        quiet: Show no progress bar.

    Raises:
        RunError: A network has no convolutions, or the folder cannot be written.
        ConfigError: captum is not installed.
        ArchiveError: The star has no light curve, or it has no usable points.
        LightCurveError: The light curve has no data at that ephemeris.
    """
    require_captum()
    scorer = _convolutional(scorer)
    asked = _of_star(scorer, folder, star, ephemeris, source)
    return _write(scorer, asked, out, quiet)


def explain_row(
    scorer: Scorer, store: ViewStore, row: int, *, out: Path | None = None, quiet: bool = False
) -> Explanation:
    """Explain the score of one event of a store.

    Args:
        scorer: Trained convolutional networks; their scores are averaged.
        store: The store of views.
        row: Row of the store's index, counted from 0.
        out: Folder to write to; None means `runs/explain-…`.
        quiet: Show no progress bar.

    Raises:
        RunError: A network has no convolutions, or the folder cannot be written.
        ConfigError: captum is not installed.
        StoreError: The store has no such row, or the row has no ephemeris.
    """
    require_captum()
    scorer = _convolutional(scorer)
    return _write(scorer, _of_row(scorer, store, row), out, quiet)


@dataclass(frozen=True, eq=False)
class _Asked:
    """The event that is asked for, what it is called in a path, and what is known about it."""

    event: Event
    name: str
    origin: Mapping[str, str]
    label: str = ""
    warning: str = ""


def _of_star(
    scorer: Scorer, folder: Path, star: int | str, ephemeris: Ephemeris, source: Source | None
) -> _Asked:
    found = event_views(scorer.recipe(folder, source), star, ephemeris)
    known = {"period_days": ephemeris.period, "duration_days": ephemeris.duration}
    scalars = scorer.scalars_of(pd.DataFrame([known]))[0]
    views = {name: np.asarray(view, np.float32) for name, view in found.views.items()}
    return _Asked(
        Event(star, None, ephemeris, scorer.experiment.views, views, scalars),
        f"{star}-{ephemeris.period:.6g}d",
        {
            "light curves": str(folder),
            "mission": (source or scorer.experiment.source).mission,
        },
        warning=found.warning,
    )


def _of_row(scorer: Scorer, store: ViewStore, row: int) -> _Asked:
    """The event of a row.

    Raises:
        StoreError: There is no such row, or it has no ephemeris, or the store lacks a view.
    """
    if not 0 <= row < len(store):
        raise StoreError(
            f"the store {store.path} has no row {row}; choose one of 0 to {len(store) - 1}"
        )
    experiment, known = scorer.experiment, store.index.iloc[row]
    columns = ("period_days", "epoch_bkjd", "duration_days")
    period, epoch, duration = (float(known[column]) for column in columns)
    if not (0 < duration < period < np.inf):
        raise StoreError(
            f"row {row} of the store {store.path} has no period and duration, by which its phases "
            "are known; import it again with the table of its events",
            arguments=("table",),
        )
    ephemeris = Ephemeris(period, epoch if np.isfinite(epoch) else 0.0, duration)
    views = {
        name: np.asarray(view[np.array([row])][0], np.float32)
        for name, view in views_of(store, experiment.views).items()
    }
    scalars = scalars_of(store.index.iloc[[row]], experiment.scalars)[0]
    star, number = known["star"], int(known["number"])
    return _Asked(
        Event(star, number, ephemeris, experiment.views, views, scalars),
        f"{star}-{number}",
        {"store": f"{store.path} (sha256 {store.digest[:12]})", "row": str(row)},
        label=str(known["label"]),
    )


def _write(scorer: Scorer, asked: _Asked, out: Path | None, quiet: bool) -> Explanation:
    """Compute everything and write the page.

    Raises:
        RunError: The folder cannot be made.
    """
    name = re.sub(r"[^\w.+-]", "_", f"explain-{scorer.name}-{asked.name}")
    out = out or Path("runs") / name
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunError(
            f"{out} cannot be made a folder ({error.strerror}); choose another path",
            arguments=("out",),
        ) from None
    shown = builds(scorer.network)
    subject = page.Subject(
        tuple(one.name for one in scorer.trained),
        " and ".join(sorted({type(one).__name__.lower() for one in shown})),
        bool(scorer.shipped),
        asked.label,
        asked.warning,
        {"networks": ", ".join(str(one) for one in scorer.trained)}
        | dict(asked.origin)
        | {library: version(library) for library in ("astronet", "torch", "captum")},
    )
    judge = Judge(scorer.network, scorer.device)
    names = [str(name) for name in scorer.experiment.scalars]
    drawings = 2 + len(asked.event.views) + 3 * sum(len(one.views) for one in shown) + bool(names)
    with progress_bar("explaining", "steps", steps(asked.event) + drawings, quiet=quiet) as advance:
        found = find(judge, asked.event, names, advance)
        path = page.write(out, found, subject, advance)
    return Explanation(path, found, asked.warning)


def _convolutional(scorer: Scorer) -> Scorer:
    """Return the same scorer if all its networks are convolutional.

    Raises:
        RunError: A network has no convolutions.
    """
    for one in scorer.trained:
        network = one.experiment.network
        if not network.convolutional:
            *others, last = [kind for kind, spec in NETWORKS.items() if spec.convolutional]
            kinds = f"{', '.join(others)} or {last}"
            raise RunError(
                f"{one} is of kind {network.kind}, which has no convolutions to explain; give a "
                f"run of kind {kinds}, or pretrained"
            )
    return scorer
