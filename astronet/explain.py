"""`astronet explain`: why a score is what it is, as one page with its pictures."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np

from astronet.asked import asked_ephemeris, asked_source, asked_star
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
from astronet.models import AstroNetSpec, ResidualSpec
from astronet.predict import predict_event
from astronet.progress import progress_bar
from astronet.runs.scorer import Scorer, load


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


def explain(
    runs: Sequence[Path],
    *,
    star: int | str | None = None,
    data: Path | None = None,
    ephemeris: tuple[float | None, float | None, float | None] = (None, None, None),
    store: Path | None = None,
    row: int | None = None,
    out: Path | None = None,
    mission: str | None = None,
    reader: Sequence[str] = (),
    quiet: bool = False,
) -> Explanation:
    """Explains the score of one event: of a star, from its files, or of a row of a store.

    Args:
        runs: Run folders or names of shipped weights, averaged; convolutional networks.
        star: One star, with `data` and `ephemeris`.
        data: Folder of light curves, or one light curve of your own.
        ephemeris: Period, epoch and duration of the star's event [d].
        store: A store of views, with `row`.
        row: Which row of its index, from 0.
        out: The folder to write to; by default `runs/explain-…`.
        mission: Whose light curves these are, where not those of the run's mission.
        reader: Options of that mission's reader, each as `key=value`.
        quiet: Show no progress.

    Raises:
        RunError: It is not clear which event is meant, or a network has no convolutions.
        ConfigError: captum is not installed.
        StoreError: The store has no such row, or the row no ephemeris.
        ArchiveError: The star has no light curve, or there is nothing to see in it.
    """
    _check_clear({"--star": star, "--data": data}, {"--store": store, "--row": row})
    require_captum()
    if star is not None and data is not None:
        planned = asked_ephemeris(ephemeris)
        scorer = _convolutional(load(*runs))
        source = asked_source(scorer, mission, reader)
        asked = _of_star(scorer, data, asked_star(star, source), planned, source)
    elif store is not None and row is not None:
        scorer = _convolutional(load(*runs))
        asked = _of_row(scorer, ViewStore.open(store), row)
    name = re.sub(r"[^\w.+-]", "_", f"explain-{scorer.name}-{asked.name}")
    return _write(scorer, asked, out or Path("runs") / name, quiet)


def _check_clear(by_star: Mapping[str, object], by_row: Mapping[str, object]) -> None:
    """Refuses anything but one whole way of saying which event is meant.

    Raises:
        RunError: Both ways are begun, or neither, or one is not whole.
    """
    begun = [way for way in (by_star, by_row) if any(v is not None for v in way.values())]
    if len(begun) != 1:
        raise RunError(
            "which event? give --star with --data --period --epoch --duration, "
            "or --store with --row"
        )
    lacking = [option for option, value in begun[0].items() if value is None]
    if lacking:
        (given,) = begun[0].keys() - lacking
        raise RunError(f"{given} needs {lacking[0]} too; add it")


@dataclass(frozen=True, eq=False)
class _Asked:
    """The event that is asked for, what it is called in a path, and what is known about it."""

    event: Event
    name: str
    origin: Mapping[str, str]
    label: str = ""
    warning: str = ""


def _of_star(
    scorer: Scorer, data: Path, star: int | str, ephemeris: Ephemeris, source: Source
) -> _Asked:
    experiment = scorer.experiment
    found = predict_event(scorer, data, star, ephemeris, source)
    scalars = scalars_of(found.table.drop(columns="number"), experiment.scalars)[0]
    views = {name: np.asarray(view, np.float32)[0] for name, view in found.views.items()}
    return _Asked(
        Event(star, None, ephemeris, experiment.views, views, scalars),
        f"{star}-{ephemeris.period:.6g}d",
        {"light curves": str(data), "mission": source.mission},
        warning=str(found.table["warning"].iloc[0]),
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
            "are known; import it again with --table"
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


def _write(scorer: Scorer, asked: _Asked, out: Path, quiet: bool) -> Explanation:
    """Finds everything out and writes the page.

    Raises:
        RunError: The folder cannot be made.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunError(
            f"{out} cannot be made a folder ({error.strerror}); give --out another path"
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
    """The same scorer.

    Raises:
        RunError: One of its networks has no convolutions.
    """
    for one in scorer.trained:
        network = one.experiment.network
        if not isinstance(network, AstroNetSpec | ResidualSpec):
            raise RunError(
                f"{one} is of kind {network.kind}, which has no convolutions to explain; give a "
                "run of kind astronet or residual, or pretrained"
            )
    return scorer
