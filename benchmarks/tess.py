"""Quality of Kepler's weights on TESS: `python -m benchmarks.tess DATA [RUN...]`.

DATA is a folder with tess/ (the vetting sample of Yu et al. 2019) and real_missions/ (light curves
of three planets in TESS's sector 1). The networks are not trained on TESS ("zero-shot"), and the
labels of the sample must not be used to choose a network or its training.

The sample contains a global view of 201 bins, which is stretched to the bins of ours by the nearest
bin, and a local view of ±2 durations, which replaces this part of our local view. The rest of our
local view and all other views are rebinned from the global view. In a second row ("fine transits in
all views"), the local view of the sample also replaces this part of our global view. The classes
are planet candidates (PC) and the rest: eclipsing binaries (EB) and a random subset of the junk
(J), weighted by the inverse of its fraction.
"""

from benchmarks.measuring import one_thread

one_thread()

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Self

import numpy as np
import pandas as pd
import torch
import typer
from scipy.special import expit

import astronet
from astronet import Ephemeris, LightCurve
from astronet.dataset.recut import AnyView, RecutView
from astronet.evaluation.intervals import interval_of, star_weights
from astronet.evaluation.ranked import Ranked
from astronet.lightcurves.arrays import Floats, Ints, Views
from astronet.lightcurves.phase_bins import bin_centres
from astronet.lightcurves.view_specs import ViewSpec
from astronet.lightcurves.views import recut
from astronet.missions import tess
from astronet.runs.scorer import Scorer
from astronet.runs.stacked import ViewsOfEvents
from benchmarks.measuring import show

METRICS = ("roc_auc", "average_precision")
THEIR_DURATIONS = 2.0
"""Half-width of the local views of the sample [durations]."""

PLANETS = {25155310: 3.2888, 38846515: 2.8494, 149603524: 4.4120}
"""Period of the planet of each star in real_missions/ [d], by TIC number."""

SAME_PERIOD = 0.01
"""Largest relative difference from the period of the planet for a candidate to be the planet."""

LONG_CADENCE = 15
"""Number of 2 min cadences that are averaged to simulate a cadence of 30 min."""

RESAMPLES = 500


@dataclass(frozen=True, eq=False)
class Sample:
    """Events of the vetting sample of Yu et al. 2019.

    Attributes:
        events: Table of the events [n] with columns star, period_days, epoch_bkjd, duration_days
            and label (PC, EB or J).
        weights: Weight of each event [n].
        whole: Global views [n, 201].
        local: Local views [n, 61].
    """

    events: pd.DataFrame
    weights: Floats
    whole: Views
    local: Views

    @classmethod
    def read(cls, path: Path, junk: int, seed: int) -> Self:
        """Return all PC and EB, and a random subset of the events labelled J.

        Args:
            path: Path of the sample.
            junk: Number of events labelled J; 0 means all.
            seed: Random seed of the subset.
        """
        content = np.load(path)
        label = content["Disposition"]
        others = np.flatnonzero(label == "J")
        count = junk or len(others)
        drawn = np.random.default_rng(seed).choice(others, count, replace=False)
        rows: Ints = np.sort(np.concatenate([np.flatnonzero(label != "J"), drawn]))
        table = pd.DataFrame({
            "star": content["tic_id"], "period_days": content["Period"].astype(float),
            "epoch_bkjd": content["Epoc"].astype(float) + 2457000 - 2454833,
            "duration_days": content["Duration"].astype(float), "label": label,
        })  # fmt: skip
        weights = np.where(label == "J", len(others) / count, 1.0)
        events = table.iloc[rows].reset_index(drop=True)
        return cls(events, weights[rows], content["global_view"][rows], content["local_view"][rows])

    @property
    def targets(self) -> Floats:
        """Targets [n]: 1 for PC, 0 for the rest."""
        return np.asarray(self.events["label"] == "PC", np.float64)

    def views(self, specs: dict[str, ViewSpec], *, fine: bool = False) -> dict[str, AnyView]:
        """Return the views of all events by name; see the module.

        Args:
            specs: Views by name.
            fine: Whether the local views of the sample replace this part of all views.
        """
        ephemerides = self.events[["period_days", "duration_days"]].to_numpy()
        found: dict[str, AnyView] = {}
        for name, spec in specs.items():
            bins = spec.rebinned_from or spec.bins
            whole = self._fine(bins) if fine else stretched(self.whole, bins)
            if spec == ViewSpec(bins=bins):
                found[name] = whole
            elif spec.centre == "transit" and spec.durations == 2 * THEIR_DURATIONS:
                found[name] = self._local(whole, spec)
            else:
                found[name] = RecutView(name, spec, whole, *ephemerides.T)
        return found

    def _fine(self, bins: int) -> Views:
        """Return global views [n, bins] with the finer local views of the sample inside."""
        views = stretched(self.whole, bins).astype(np.float32)
        for row, (period, duration) in enumerate(
            self.events[["period_days", "duration_days"]].to_numpy()
        ):
            ephemeris = Ephemeris(period, 0.0, duration)
            views[row] = self._inside(row, ephemeris, bin_centres(bins, period), views[row])
        return views

    def _inside(self, row: int, ephemeris: Ephemeris, centres: Floats, outer: Floats) -> Floats:
        """Return the values [k] of a view, of which those in the local view [61] are replaced.

        Args:
            row: Row of the event.
            ephemeris: Ephemeris of the event.
            centres: Centres of the bins of the view [k] [d].
            outer: Values of the view [k].
        """
        spec = ViewSpec(bins=61, durations=THEIR_DURATIONS, bin_width=0.16)
        theirs = _centres(spec, ephemeris)
        fine = np.interp(centres, theirs, self.local[row])
        return _normalised(np.where(np.abs(centres) <= theirs[-1], fine, outer))

    def _local(self, whole: Views, spec: ViewSpec) -> Views:
        """Return local views [n, spec.bins] with the finer views of the sample inside."""
        views = np.empty((len(whole), spec.bins), np.float32)
        for row, (period, duration) in enumerate(
            self.events[["period_days", "duration_days"]].to_numpy()
        ):
            ephemeris = Ephemeris(period, 0.0, duration)
            outer = recut(whole[row], ephemeris, spec)
            views[row] = self._inside(row, ephemeris, _centres(spec, ephemeris), outer)
        return views


def stretched(views: Views, bins: int) -> Views:
    """Return views [n, k] of the whole period with another number of bins [n, bins].

    The value of each bin is that of the nearest bin.
    """
    return views[:, (np.arange(bins) * views.shape[1] + views.shape[1] // 2) // bins]


def _normalised(view: Floats) -> Floats:
    """Return a view [k] with a median of 0 and a minimum of −1."""
    view = view - np.median(view)
    return np.asarray(view / max(-view.min(), 1e-6))


def _centres(spec: ViewSpec, ephemeris: Ephemeris) -> Floats:
    """Return the centres of the bins of a view [d]."""
    first, last, width = spec.window(ephemeris)
    return np.linspace(first + width / 2, last - width / 2, spec.bins)


def scores_by_name(scorer: Scorer, sample: Sample) -> Iterator[tuple[str, Floats]]:
    """Yield the scores [n] of the weights and of each of their networks, by name."""
    given = ViewsOfEvents(sample.views(dict(scorer.experiment.views)))
    scores = scorer.score_events(given, sample.events)
    yield scorer.name, scores.score
    if scores.unusual is not None:
        print(
            f"{scorer.name}: {scores.unusual.mean():.0%} of the events are unlike those of training"
        )
    fine = ViewsOfEvents(sample.views(dict(scorer.experiment.views), fine=True))
    yield (
        f"{scorer.name}, fine transits in all views",
        scorer.score_events(fine, sample.events).score,
    )
    members = scores.logits.shape[1]
    if members > 1:
        if any(scorer.stacks):
            yield f"{scorer.name}, mean of the networks", expit(scores.logits).mean(axis=1)
        for k in range(members):
            yield f"{scorer.name}, network {k + 1}", expit(scores.logits[:, k])


def quality(scores: Floats, sample: Sample) -> tuple[str, ...]:
    """Return the metrics of scores with their 95 % intervals (stars resampled), as text."""
    return (*_measured(scores, sample), *_measured(scores, sample, without="J"))


def _measured(scores: Floats, sample: Sample, without: str = "") -> Iterator[str]:
    kept = np.asarray(sample.events["label"] != without)
    stars, weights = sample.events["star"].to_numpy()[kept], sample.weights[kept]
    ranked = Ranked(scores[kept], sample.targets[kept])
    values = ranked.measure(weights)
    resampled = ranked.measure_all(weights * drawn for drawn in star_weights(stars, RESAMPLES))
    for name in METRICS:
        low, high = interval_of(resampled[name])
        yield f"{values[name]:.4f} ({low:.4f}–{high:.4f})"


def planets(folder: Path) -> Iterator[tuple[str, LightCurve, Ephemeris | None]]:
    """Yield a name, the light curve and the ephemeris that a search finds for each planet.

    The light curves have a cadence of 2 min, and of 30 min by averaging. The ephemeris is None if
    no candidate has the period of the planet.
    """
    for star, period in PLANETS.items():
        short = tess.read_light_curve(folder, star)
        for cadence, curve in (("2 min", short), ("30 min", averaged(short, LONG_CADENCE))):
            found = (one.ephemeris for one in astronet.find_transits(curve))
            same = (one for one in found if abs(one.period / period - 1) < SAME_PERIOD)
            yield f"TIC {star}, {cadence}", curve, next(same, None)


def averaged(curve: LightCurve, cadences: int) -> LightCurve:
    """Return a light curve of which the given number of successive cadences are averaged.

    Groups of cadences that contain a gap or change of segment are omitted.
    """
    usable = len(curve.time) // cadences * cadences
    time, flux, segment = (
        values[:usable].reshape(-1, cadences) for values in (curve.time, curve.flux, curve.segment)
    )
    step = np.median(np.diff(curve.time))
    whole = (time[:, -1] - time[:, 0] < 1.5 * cadences * step) & (segment[:, 0] == segment[:, -1])
    times, fluxes = (values.mean(1)[whole] for values in (time, flux))
    return LightCurve(curve.star, times, fluxes, segment[whole, 0])


def main(
    data: Annotated[Path, typer.Argument(help="Folder with tess/ and real_missions/.")],
    runs: Annotated[
        list[str] | None, typer.Argument(help="Run folders or names of weights.")
    ] = None,
    junk: Annotated[int, typer.Option(help="Number of events labelled J; 0: all.")] = 3000,
    seed: Annotated[int, typer.Option(help="Random seed of their selection.")] = 0,
) -> None:
    """Print the metrics on the sample and the scores of the planets."""
    torch.set_num_threads(1)
    scorers = [astronet.load(run) for run in runs or ("pretrained",)]
    sample = Sample.read(data / "tess" / "yu2019_vetting_trainval.npz", junk, seed)
    rows = [
        (name, *quality(scores, sample))
        for scorer in scorers
        for name, scores in scores_by_name(scorer, sample)
    ]
    counts = ", ".join(
        f"{count} {label}" for label, count in sample.events["label"].value_counts().items()
    )
    columns = ("weights", "PC against the rest: AUC", "AP", "PC against EB: AUC", "AP")
    show(f"TESS, sectors 1–5: {counts}", columns, rows, width=150)
    _show_planets(scorers, data / "real_missions" / "tess")


def _show_planets(scorers: Sequence[Scorer], folder: Path) -> None:
    rows = []
    for name, curve, ephemeris in planets(folder):
        if ephemeris is None:
            rows.append((name, "not found", *("–" for _ in scorers)))
            continue
        scores = [f"{scorer.score(curve, ephemeris):.4f}" for scorer in scorers]
        rows.append((name, f"{ephemeris.period:.4f}, {ephemeris.duration:.3f}", *scores))
    names = [scorer.name for scorer in scorers]
    show("Planets, SPOC", ("star", "period, duration [d]", *names), rows, width=150)


if __name__ == "__main__":
    typer.run(main)
