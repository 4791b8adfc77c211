"""Similar labelled events: `python -m benchmarks.neighbours --store STORE`.

The events are the validation events of DR24 whose stars are not in the training set. Their nearest
events are searched among all labelled events of other stars. The tables show how often the labels
agree, how other embeddings compare, how unusual altered events are, and how long a search takes.
"""

from benchmarks.measuring import one_thread

one_thread()

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Self

import numpy as np
import pandas as pd
import torch
import typer
from sklearn.metrics import roc_auc_score

import astronet
from astronet.dataset.examples import Examples
from astronet.dataset.recut import AnyView, views_of
from astronet.dataset.store import ViewStore
from astronet.dataset.thumbnails import as_views, global_thumbnails, local_thumbnails
from astronet.evaluation.intervals import star_bootstrap
from astronet.lightcurves.arrays import Bools, Floats, Ints, Views
from astronet.runs.neighbour_packing import COMPONENTS, fit_projection
from astronet.runs.neighbours import RARE, UNUSUAL, NeighbourFinder
from astronet.runs.scorer import Scorer
from astronet.runs.stacked import ViewsOfEvents
from benchmarks.measuring import in_turn, show

NAME = "pretrained"
NUMBERS = (1, 5, 8, 10, 25)
"""Numbers of nearest events."""

COMPARED = 8
"""Number of nearest events in the comparison of embeddings."""

TOGETHER = 16
"""Number of events whose similar events are searched in one call, in the table of times."""


@dataclass(frozen=True, eq=False)
class Labelled:
    """Labelled events of a store.

    Attributes:
        rows: Rows of the events in the store [n].
        targets: 1 for planets, 0 for the rest [n].
        labels: Labels [n].
        stars: Stars [n].
        trained: Mask [n] of the training events.
        fresh: Numbers of the evaluated events [m].
    """

    rows: Ints
    targets: Floats
    labels: np.ndarray
    stars: Ints
    trained: Bools
    fresh: Ints

    @classmethod
    def of(cls, scorer: Scorer, store: ViewStore) -> Self:
        """Return the training and validation events, in the order of the index."""
        examples = Examples(store, scorer.experiment.data)
        train = examples.train_rows
        rows = np.concatenate([train, examples.rows("val")])
        fresh = np.flatnonzero(examples.without_training_events(rows))
        of_store = store.index.iloc[rows]
        labels, stars = of_store["label"].to_numpy(str), of_store["star"].to_numpy()
        trained = np.arange(len(rows)) < len(train)
        return cls(rows, examples.targets[rows], labels, stars, trained, fresh)

    def nearest(self, embedding: Views, k: int) -> Ints:
        """Return the k nearest events of other stars for each evaluated event [m, k]."""
        found = np.empty((len(self.fresh), k), np.int64)
        for place, event in enumerate(self.fresh):
            distance = ((embedding - embedding[event]) ** 2).sum(axis=1, dtype=np.float64)
            distance[self.stars == self.stars[event]] = np.inf
            found[place] = np.argsort(distance, kind="stable")[:k]
        return found

    def auc(self, nearest: Ints) -> str:
        """Return the ROC AUC of the fraction of planets among the nearest events [m, k]."""
        return f"{roc_auc_score(self.targets[self.fresh], self.targets[nearest].mean(1)):.4f}"

    def agreement(self, nearest: Ints) -> str:
        """Return the fraction of nearest events [m, k] whose target agrees with the event's."""
        return f"{(self.targets[nearest] == self.targets[self.fresh][:, None]).mean():.1%}"

    def labels_agree(self, nearest: Ints) -> str:
        """Return the fraction of nearest events [m, k] whose label agrees with the event's."""
        return f"{(self.labels[nearest] == self.labels[self.fresh][:, None]).mean():.1%}"


def main(store: Annotated[Path, typer.Option(help="Store of DR24.")]) -> None:
    """Print the tables."""
    torch.set_num_threads(1)
    opened, scorer = ViewStore.open(store), astronet.load(NAME)
    finder = NeighbourFinder.of(scorer.trained)
    assert finder.index is not None and finder.embedder is not None
    events = Labelled.of(scorer, opened)
    whole = views_of(opened, scorer.experiment.views)
    views = {name: np.asarray(view[events.rows]) for name, view in whole.items()}
    show_agreement(events, finder.index.embedding, scorer, opened)
    show_embeddings(events, finder.embedder.activations(views), views)
    fresh = {name: view[events.fresh] for name, view in views.items()}
    table = opened.index.iloc[events.rows[events.fresh]]
    show_unusual(finder, fresh, table)
    show_times(finder, fresh, table)


def show_agreement(events: Labelled, embedding: Views, scorer: Scorer, store: ViewStore) -> None:
    """Print how well the labels of the nearest events agree, compared with scores."""
    targets, stars = events.targets[events.fresh], events.stars[events.fresh]

    def line(name: str, score: Floats, *further: str) -> tuple[str, ...]:
        low, high = star_bootstrap(score, targets, stars)["roc_auc"]
        correct = f"{((score > 0.5) == targets).mean():.1%}"
        return (
            name,
            f"{roc_auc_score(targets, score):.4f} ({low:.4f}–{high:.4f})",
            correct,
            *(further or ("", "")),
        )

    lines = []
    for k in NUMBERS:
        near = events.nearest(embedding, k)
        agreeing = events.agreement(near), events.labels_agree(near)
        lines.append(line(f"{k} nearest", events.targets[near].mean(axis=1), *agreeing))
    rows = events.rows[events.fresh]
    views = {n: view[rows] for n, view in views_of(store, scorer.experiment.views).items()}
    lines.append(line("score of the networks", scorer.score_views(views)))
    lines.append(line(f"score of {NAME}", scorer.score_store(store, rows)))
    columns = ("events", "ROC AUC", "majority correct", "same target", "same label")
    show(f"Labels of the nearest events, {len(rows)} events", columns, lines)


def embeddings(
    events: Labelled, activations: list[Views], views: Mapping[str, Views]
) -> Iterator[tuple[str, Views]]:
    """Yield the compared embeddings [n, d], and their names."""
    spread = [float(np.sqrt(a[events.trained].var(axis=0).sum())) for a in activations]
    for number, of_network in enumerate(activations, 1):
        yield f"network {number} alone", of_network
    yield "both networks", np.hstack(activations)
    equal = [a / s for a, s in zip(activations, spread, strict=True)]
    yield "both, equal weights", np.hstack(equal)
    known = np.hstack(activations)
    for components in (8, 16, COMPONENTS, 32):
        fitted = fit_projection([a[events.trained] for a in activations], components)
        found = (known - fitted.centre) @ fitted.axes
        deviations = found[events.trained].std(axis=0)
        yield f"{components} components", (found * deviations).astype(np.float32)
        yield f"{components} components, scaled", found.astype(np.float32)
        yield f"{components} components, whitened", (found / deviations).astype(np.float32)
    yield "thumbnails", thumbnails(views)


def thumbnails(views: Mapping[str, Views]) -> Views:
    """Return the thumbnails [n, 128] of both views."""
    local, whole = local_thumbnails(views["rebinned_local"]), global_thumbnails(views["global"])
    return np.hstack([as_views(local), as_views(whole)])


def show_embeddings(events: Labelled, activations: list[Views], views: Mapping[str, Views]) -> None:
    """Print how well labels and thumbnails of the nearest events agree for other embeddings."""
    pictures, lines = thumbnails(views), []
    for name, embedding in embeddings(events, activations, views):
        near = events.nearest(embedding, COMPARED)
        off = (pictures[near] - pictures[events.fresh][:, None]) ** 2
        local, whole = (np.sqrt(part.mean(2)).mean() for part in (off[..., :64], off[..., 64:]))
        agreeing = events.auc(near), events.agreement(near), events.labels_agree(near)
        lines.append((name, str(embedding.shape[1]), *agreeing, f"{local:.3f}", f"{whole:.3f}"))
    columns = ("embedding", "size", "ROC AUC", "same target", "same label", "local", "global")
    show(f"Embeddings, {COMPARED} nearest events", columns, lines)


def altered(views: Mapping[str, AnyView]) -> Iterator[tuple[str, dict[str, Views]]]:
    """Yield changed copies of views [n, bins], and their names."""
    yield "unchanged", {name: np.asarray(view) for name, view in views.items()}
    yield "reversed in time", {name: np.asarray(view)[:, ::-1] for name, view in views.items()}
    yield "upside down", {name: -np.asarray(view) for name, view in views.items()}
    random = np.random.default_rng(0)
    yield "bins permuted", {n: random.permuted(view, axis=1) for n, view in views.items()}


def show_unusual(finder: NeighbourFinder, views: Mapping[str, Views], table: pd.DataFrame) -> None:
    """Print how many events, and how many of their changed copies, are far from all others."""
    lines = []
    for name, copies in altered(views):
        found = finder.find(ViewsOfEvents(copies), table, "kepler", k=1)
        percentile = np.array([one.percentile for one in found])
        rare, unusual = (f"{(percentile >= limit).mean():.1%}" for limit in (RARE, UNUSUAL))
        lines.append((name, f"{np.median(percentile):.0f}", rare, unusual))
    columns = ("events", "median percentile", f"at least {RARE:.0f}", f"at least {UNUSUAL:.0f}")
    show("Percentile of the nearest distance", columns, lines)


def show_times(finder: NeighbourFinder, views: Mapping[str, Views], table: pd.DataFrame) -> None:
    """Print how long a search takes."""
    assert finder.index is not None and finder.embedder is not None
    index, one = finder.index, {name: view[:1] for name, view in views.items()}
    several = {name: view[:TOGETHER] for name, view in views.items()}
    star, embedding = int(table["star"].iloc[0]), index.embedding[0]
    embedder, trained = finder.embedder, astronet.load(NAME).trained
    steps = {
        "load the index and the networks": lambda: NeighbourFinder.of(trained),
        "embed one event": lambda: index.embed(embedder.activations(one)),
        "find the 8 nearest events": lambda: index.nearest(embedding, 8, without_star=star),
        "both": lambda: finder.find(ViewsOfEvents(one), table[:1], "kepler"),
        f"both, {TOGETHER} events": lambda: finder.find(
            ViewsOfEvents(several), table[:TOGETHER], "kepler"
        ),
    }
    lines = [(name, f"{1000 * seconds:.2f} ms") for name, seconds in in_turn(steps).items()]
    show("Time per step", ("step", "time"), lines)


if __name__ == "__main__":
    typer.run(main)
