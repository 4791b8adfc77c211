"""Localisation and sanity check of attributions: `python -m benchmarks.attribution`.

Planets and eclipsing binaries are simulated, their views are made as in `astronet predict`, and the
logit of `pretrained` is attributed to the bins. The first table contains the fraction of the
absolute attribution at the transit (planets) or at the secondary (binaries), and the fraction of
the view's bins there, which is the expected value of an uninformative attribution. The second table
is the sanity check of Adebayo et al. 2018 (NeurIPS): the rank correlation between the attributions
of the trained network and those of a network with random weights. Both tables give the median and
the quartiles over the events.
"""

from benchmarks.measuring import one_thread, show

one_thread()

from collections.abc import Iterator

import numpy as np
import torch
from rich.progress import track
from scipy.stats import spearmanr

import astronet
from astronet.errors import LightCurveError
from astronet.explanations.attribution import integrated_gradients, occlusion
from astronet.explanations.event import Event
from astronet.explanations.findings import fraction_inside
from astronet.explanations.model import Model, score_of
from astronet.explanations.randomised import with_random_weights
from astronet.explanations.removal import WIDTH
from astronet.lightcurves.arrays import Floats
from astronet.lightcurves.lightcurve import LightCurve
from astronet.runs.scorer import Scorer
from astronet.simulation.kepler_calendar import kepler_calendar
from astronet.simulation.signals import Kind
from astronet.simulation.star import simulate_star

EVENTS = 40
"""Number of events of each kind."""

CHECKED = 20
"""Number of events of each kind for the comparison with networks with random weights."""

Attributions = dict[str, dict[str, Floats]]


def main() -> None:
    """Print both tables."""
    torch.set_num_threads(1)
    scorer = astronet.load("pretrained")
    model = Model(scorer.network, scorer.device)
    fractions: list[tuple[str, ...]] = []
    ranks: list[tuple[str, ...]] = []
    for kind in ("planet", "binary"):
        events = list(track(simulated(scorer, kind), f"simulating: {kind}", EVENTS))
        trained = [attributed(model, event) for event in track(events, f"attributing: {kind}")]
        scores = [score_of(model.logit(event)) for event in events]
        print(f"{kind}: {len(events)} events, score {_spread(scores)}")
        fractions += inside_rows(kind, events, trained)
        others = [
            attributed(with_random_weights(model, seed), event)
            for seed, event in enumerate(track(events[:CHECKED], f"random weights: {kind}"))
        ]
        ranks += rank_rows(kind, trained[:CHECKED], others)
    show(
        f"fraction of absolute attribution within ± {WIDTH / 2} transit durations",
        ("event", "view", "position", "bins", "integrated gradients", "occlusion"),
        fractions,
    )
    show(
        "rank correlation of the trained network and networks with random weights",
        ("event", "method", "signed", "absolute"),
        ranks,
    )


def simulated(scorer: Scorer, kind: Kind) -> Iterator[Event]:
    """Yield events of one kind, with views made as in `astronet predict`.

    Events without usable views are skipped.
    """
    calendar, number, made = kepler_calendar(), 0, 0
    while made < EVENTS:
        star = simulate_star(np.random.default_rng([2018, number]), calendar, kind)
        number += 1
        curve = LightCurve(number, calendar.time, star.corrected, calendar.quarter)
        found = next(event for event in star.events if event.kind == kind)
        try:
            (views,) = scorer.prepare(curve, [found.ephemeris])
        except LightCurveError:
            continue
        if isinstance(views, LightCurveError):
            continue
        made += 1
        specs = scorer.experiment.views
        scalars = np.empty(0, np.float32)
        yield Event(number, None, found.ephemeris, specs, views.views, scalars).consistent()


def attributed(model: Model, event: Event) -> Attributions:
    """Return the attributions of an event by method and view, each [bins]."""
    return {
        "integrated gradients": integrated_gradients(model, event).views,
        "occlusion": {name: occlusion(model, event, name).drops for name in event.views},
    }


def inside_rows(
    kind: str, events: list[Event], found: list[Attributions]
) -> Iterator[tuple[str, ...]]:
    """Yield, for each view of the dip, the fractions of its bins and attribution at the dip."""
    centre = "transit" if kind == "planet" else "secondary"
    for name, spec in events[0].specs.items():
        if spec.centre != centre and name != events[0].global_name:
            continue
        bins: list[float] = []
        fractions: dict[str, list[float]] = {"integrated gradients": [], "occlusion": []}
        for event, methods in zip(events, found, strict=True):
            phase = 0.0 if centre == "transit" else event.secondary or 0.0
            inside = event.inside(name, phase, WIDTH * event.ephemeris.duration)
            bins.append(float(inside.mean()))
            for method, views in methods.items():
                fractions[method].append(fraction_inside(views[name], inside))
        yield kind, name, centre, _spread(bins), *(_spread(each) for each in fractions.values())


def rank_rows(
    kind: str, trained: list[Attributions], others: list[Attributions]
) -> Iterator[tuple[str, ...]]:
    """Yield one row per method: the rank correlation of two networks' attributions of all bins."""
    for method in ("integrated gradients", "occlusion"):
        signed, absolute = [], []
        for one, other in zip(trained, others, strict=True):
            a, b = (np.concatenate(list(each[method].values())) for each in (one, other))
            signed.append(float(spearmanr(a, b).statistic))
            absolute.append(float(spearmanr(np.abs(a), np.abs(b)).statistic))
        yield kind, method, _spread(signed), _spread(absolute)


def _spread(values: list[float]) -> str:
    """Return the median and the quartiles as text."""
    low, middle, high = np.nanquantile(values, [0.25, 0.5, 0.75])
    return f"{middle:.3f} ({low:.3f} – {high:.3f})"


if __name__ == "__main__":
    main()
