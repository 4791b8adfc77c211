"""Whether attributions point at what is there: `python -m benchmarks.attribution`.

Planets and eclipsing binaries are simulated, their views cut as `astronet predict` does, and the
logit of `pretrained` is attributed. The first table holds the share of the absolute attribution
that lies within the transit (planets) or at the deepest dip away from it (binaries), beside the
share of the view's bins that lie there: attribution that knew nothing would have that one. The
second is the sanity check of Adebayo et al. 2018 (NeurIPS): the rank correlation between the
attributions of the trained network and of one whose weights were drawn anew. Median and quartiles
over the events.
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
from astronet.explanations.findings import inside_share
from astronet.explanations.judge import Judge, score_of
from astronet.explanations.randomised import redrawn
from astronet.explanations.removal import WIDTH
from astronet.lightcurves.arrays import Floats
from astronet.lightcurves.lightcurve import LightCurve
from astronet.runs.scorer import Scorer
from astronet.simulation.kepler_calendar import kepler_calendar
from astronet.simulation.signals import Kind
from astronet.simulation.star import simulate_star

EVENTS = 40
"""Of each kind."""

CHECKED = 20
"""Of each kind whose attributions are held against a network that has learned nothing."""

Attributions = dict[str, dict[str, Floats]]


def main() -> None:
    """Prints both tables."""
    torch.set_num_threads(1)
    scorer = astronet.load("pretrained")
    judge = Judge(scorer.network, scorer.device)
    shares: list[tuple[str, ...]] = []
    ranks: list[tuple[str, ...]] = []
    for kind in ("planet", "binary"):
        events = list(track(simulated(scorer, kind), f"simulating: {kind}", EVENTS))
        trained = [attributed(judge, event) for event in track(events, f"attributing: {kind}")]
        scores = [score_of(judge.logit(event)) for event in events]
        print(f"{kind}: {len(events)} events, score {_spread(scores)}")
        shares += inside_rows(kind, events, trained)
        others = [
            attributed(redrawn(judge, seed), event)
            for seed, event in enumerate(track(events[:CHECKED], f"redrawn weights: {kind}"))
        ]
        ranks += rank_rows(kind, trained[:CHECKED], others)
    show(
        f"share of absolute attribution within {WIDTH} durations",
        ("event", "view", "where", "of the bins", "integrated gradients", "occlusion"),
        shares,
    )
    show(
        "rank correlation of trained and redrawn networks",
        ("event", "method", "signed", "absolute"),
        ranks,
    )


def simulated(scorer: Scorer, kind: Kind) -> Iterator[Event]:
    """Events of one kind whose views can be cut, as they are cut from files."""
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
        yield Event(number, None, found.ephemeris, specs, views, scalars).agreeing()


def attributed(judge: Judge, event: Event) -> Attributions:
    """Attributions by method and view, each [bins]."""
    return {
        "integrated gradients": integrated_gradients(judge, event).views,
        "occlusion": {name: occlusion(judge, event, name).drops for name in event.views},
    }


def inside_rows(
    kind: str, events: list[Event], found: list[Attributions]
) -> Iterator[tuple[str, ...]]:
    """For each view that shows the place: how much of it, and of the attribution, lies there."""
    centre = "transit" if kind == "planet" else "secondary"
    for name, spec in events[0].specs.items():
        if spec.centre != centre and name != events[0].whole_name:
            continue
        covers, shares = [], {"integrated gradients": [], "occlusion": []}
        for event, methods in zip(events, found, strict=True):
            phase = 0.0 if centre == "transit" else event.secondary or 0.0
            inside = event.inside(name, phase, WIDTH * event.ephemeris.duration)
            covers.append(float(inside.mean()))
            for method, views in methods.items():
                shares[method].append(inside_share(views[name], inside))
        where = "the transit" if centre == "transit" else "the deepest dip elsewhere"
        yield kind, name, where, _spread(covers), *(_spread(each) for each in shares.values())


def rank_rows(
    kind: str, trained: list[Attributions], others: list[Attributions]
) -> Iterator[tuple[str, ...]]:
    """For each method, how alike the two networks' attributions of all bins are."""
    for method in ("integrated gradients", "occlusion"):
        signed, absolute = [], []
        for one, other in zip(trained, others, strict=True):
            a, b = (np.concatenate(list(each[method].values())) for each in (one, other))
            signed.append(float(spearmanr(a, b).statistic))
            absolute.append(float(spearmanr(np.abs(a), np.abs(b)).statistic))
        yield kind, method, _spread(signed), _spread(absolute)


def _spread(values: list[float]) -> str:
    """Median and quartiles."""
    low, middle, high = np.nanquantile(values, [0.25, 0.5, 0.75])
    return f"{middle:.3f} ({low:.3f} – {high:.3f})"


if __name__ == "__main__":
    main()
