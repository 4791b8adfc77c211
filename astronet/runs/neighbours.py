"""Labelled events that are most similar to an event, by the embedding of the shipped networks."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import pandas as pd

from astronet.dataset.measured import unpacked
from astronet.lightcurves.arrays import Bools, Views
from astronet.lightcurves.coarseness import are_coarse
from astronet.missions import MISSIONS
from astronet.runs.embeddings import Embedder
from astronet.runs.neighbour_index import NEIGHBOURS, Neighbour, NeighbourIndex
from astronet.runs.shipped import Shipped, load_shipped
from astronet.runs.stacked import WHOLE, ViewsOfEvents
from astronet.runs.trained import Trained

RARE, UNUSUAL = 90.0, 99.0
"""Percentiles of the nearest distance from which an event is called rare and unlike all others."""

_NO_VIEWS = "The event has no views."
_COARSE = "The views are too coarse: fewer than half of the bins are measured."
_DISTANCE, _HELD_OUT = "the distance of the nearest one is larger than for", "the held-out events"


@dataclass(frozen=True, eq=False)
class SimilarEvents:
    """Labelled events that are most similar to an event.

    Attributes:
        neighbours: Most similar events of other stars, nearest first; empty if there are none.
        percentile: Percentage of held-out events that are nearer to their nearest event of another
            star; NaN if unknown.
        itself: The event itself if it is one of the labelled events; otherwise None.
        reason: Reason why there are no neighbours; "" if there are.
    """

    neighbours: tuple[Neighbour, ...] = ()
    percentile: float = float("nan")
    itself: Neighbour | None = None
    reason: str = ""

    @property
    def summary(self) -> str:
        """One sentence that says how similar the nearest events are, or why there are none."""
        if self.reason:
            return self.reason
        planets = sum(neighbour.planet for neighbour in self.neighbours)
        labels = "is a planet" if planets == 1 else "are planets"
        labelled = f"{planets} of the {len(self.neighbours)} nearest labelled events {labels}."
        if self.percentile >= UNUSUAL:
            percentile = min(self.percentile, 99.9)
            return f"No labelled event is similar: {_DISTANCE} {percentile:.1f} % of {_HELD_OUT}."
        if self.percentile >= RARE:
            few = f"{_DISTANCE} {self.percentile:.0f} % of {_HELD_OUT}"
            return f"Few labelled events are similar: {few}. {labelled}"
        return labelled


@dataclass(frozen=True, eq=False)
class NeighbourFinder:
    """Search for the labelled events that are most similar to an event.

    Attributes:
        index: Index of labelled events; None if there is none.
        embedder: Networks that compute the embeddings; None if there is no index.
        reason: Reason why there is no index; "" if there is one.
    """

    index: NeighbourIndex | None
    embedder: Embedder | None
    reason: str = ""

    @classmethod
    def of(cls, trained: Sequence[Trained]) -> Self:
        """Return the finder for shipped weights, with the index in their folder.

        Your own runs have no index. If there are several runs, the first shipped weights are used.

        Args:
            trained: Runs or shipped weights, for example `Scorer.trained`.

        Raises:
            RunError: A file of the index is missing or corrupt, or it belongs to other networks.

        Examples:
            >>> import astronet
            >>> finder = NeighbourFinder.of(astronet.load("pretrained").trained)
            >>> len(finder.index)
            14163
        """
        shipped = next((one for one in trained if isinstance(one, Shipped)), None)
        if shipped is None:
            names = " + ".join(one.name for one in trained)
            return cls(None, None, f"There is no index of labelled events for {names}.")
        first = _networks_of(shipped)
        index = NeighbourIndex.load(first.folder / f"{first.name}.{NEIGHBOURS}", first.digest)
        if index is None:
            return cls(None, None, f"There is no index of labelled events for {shipped.name}.")
        return cls(index, Embedder.of(first))

    def find(
        self, given: ViewsOfEvents, events: pd.DataFrame, mission: str, k: int = 8
    ) -> list[SimilarEvents]:
        """Return the most similar labelled events of each of n events.

        All events of the same star are left out. They are recognised only if the mission's stars
        have numbers of the same catalogue as those of the index (KIC). Coarse views have no
        neighbours, because the networks misjudge them (`astronet.lightcurves.coarseness`).

        Args:
            given: Views of the events, with all views that the networks read.
            events: Table of the events [n] with the columns star, period_days and duration_days.
            mission: Mission that observed the stars, whose catalogue defines their numbers.
            k: Maximum number of similar events.
        """
        if self.index is None or self.embedder is None:
            return [SimilarEvents(reason=self.reason)] * len(events)
        if missing := [name for name in self.embedder.views if name not in given.views]:
            reason = f"The view {missing[0]!r}, which the embedding needs, is missing."
            return [SimilarEvents(reason=reason)] * len(events)
        usable, coarse = given.usable, _are_coarse(given, events)
        rows = np.flatnonzero(usable & ~coarse)
        found = [SimilarEvents(reason=_COARSE if one else _NO_VIEWS) for one in coarse]
        if not len(rows):
            return found
        views = {name: given.views[name][rows] for name in self.embedder.views}
        embeddings = self.index.embed(self.embedder.activations(views))
        same_catalog = MISSIONS[mission].SPEC.star_catalog == self.index.description.catalog
        for row, embedding in zip(rows.tolist(), embeddings, strict=True):
            star = int(events["star"].iloc[row]) if same_catalog else None
            period = float(events["period_days"].iloc[row])
            found[row] = _similar(self.index, embedding, star, period, k)
        return found


def _similar(
    index: NeighbourIndex, embedding: Views, star: int | None, period: float, k: int
) -> SimilarEvents:
    """Return the events that are similar to an embedding [d]; a star of None is in no index."""
    if not np.isfinite(embedding).all():
        return SimilarEvents(reason=_NO_VIEWS)
    neighbours = index.nearest(embedding, k, without_star=star)
    if not neighbours:
        return SimilarEvents(reason="The index contains no events of other stars.")
    itself = None
    if star is not None and len(rows := index.rows_of(star, period)):
        distance = index.distances(embedding, rows)
        nearest = int(np.argmin(distance))
        itself = index.neighbour(int(rows[nearest]), float(distance[nearest]))
    return SimilarEvents(tuple(neighbours), index.percentile(neighbours[0].distance), itself)


def _are_coarse(given: ViewsOfEvents, events: pd.DataFrame) -> Bools:
    """Return the mask [n] of the events with coarse views; False if there is no global view."""
    coarse = np.zeros(len(events), np.bool_)
    rows = np.flatnonzero(given.usable)
    if WHOLE not in given.views or not len(rows):
        return coarse
    wholes = np.asarray(given.views[WHOLE][rows], np.float32)
    fractions = (events["duration_days"] / events["period_days"]).to_numpy(np.float64)
    masks = None if given.packed is None else unpacked(given.packed[rows], wholes.shape[1])
    coarse[rows] = are_coarse(wholes, fractions[rows], masks)
    return coarse


def _networks_of(shipped: Shipped) -> Shipped:
    """Return the weights that the first weights file belongs to, which others may refer to."""
    path: Path = next(iter(shipped.weights))
    return shipped if path.stem == shipped.name else load_shipped(path.stem, shipped.folder)
