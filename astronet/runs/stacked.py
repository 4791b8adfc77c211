"""Scores of a stack: the trees of a run, evaluated after its networks."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import pandas as pd

from astronet.config import Experiment
from astronet.dataset.centroid_statistics import CENTROID, centroid_statistics, without_statistic
from astronet.dataset.features import features_of_views
from astronet.dataset.measured import Bits, packed, unpacked
from astronet.dataset.recut import AnyView
from astronet.dataset.stack_inputs import StackInputs, stack_inputs
from astronet.dataset.store import ViewStore
from astronet.errors import RunError
from astronet.lightcurves.arrays import Bools, Floats, Ints, Views
from astronet.lightcurves.coarseness import are_coarse
from astronet.lightcurves.preparation import EventViews
from astronet.lightcurves.view_specs import ViewSpec
from astronet.runs.averaging import widest
from astronet.runs.batches import Scores
from astronet.runs.coarse_network import CoarseNetwork
from astronet.runs.stack_descriptions import StackDescription
from astronet.runs.stack_files import SavedStack, load_stack
from astronet.runs.trained import Trained

WHOLE = "global"
"""Name of the view from which the features are computed."""


def stack_of(trained: Trained) -> SavedStack | None:
    """Return the stack of a run or of shipped weights; None if it has none.

    Raises:
        RunError: The files of the stack are corrupt, or the networks do not read the global view.
    """
    stack = load_stack(trained.stack_base, [trained.digest], trained.stack_digest)
    spec = trained.experiment.views.get(WHOLE)
    if stack is not None and (spec is None or spec != ViewSpec(bins=spec.bins)):
        raise RunError(
            f"{trained} has a stack, which needs a view '{WHOLE}' of the whole period, but its "
            f"views are {', '.join(trained.experiment.views)}; fit the stack of a run with such a "
            "view"
        )
    if stack is not None and stack.coarse is not None:
        widest([(str(trained), trained.experiment), ("its network", stack.coarse.experiment)])
    return stack


@dataclass(frozen=True, eq=False)
class ViewsOfEvents:
    """Views of n events, some of which may have none.

    Attributes:
        views: Views [n, bins] by name; NaN for events without views.
        missing: Mask [n] of the events without views; None means that all have views.
        packed: Packed masks of the measured bins of the global views [n, bins / 8]; None if it is
            not known which bins are measured.
        centroids: Centroid statistics [n] measured in the light curves; NaN if unknown. None if
            none was measured.
    """

    views: Mapping[str, AnyView]
    missing: Bools | None = None
    packed: Bits | None = None
    centroids: Floats | None = None

    @classmethod
    def of(
        cls,
        outcomes: Sequence[object],
        bins: Mapping[str, int],
        centroids: Sequence[float] | None = None,
    ) -> Self:
        """Return the views of prepared events.

        Args:
            outcomes: Views of each event [n]: `EventViews`, or something else if there are none.
            bins: Number of bins of each view, by name.
            centroids: Measured centroid statistics [n]; see the attribute.
        """
        views = {name: np.full((len(outcomes), b), np.nan, np.float32) for name, b in bins.items()}
        masks = np.ones((len(outcomes), bins.get(WHOLE, 0)), np.bool_)
        known = False
        for row, found in enumerate(outcomes):
            if isinstance(found, EventViews):
                for name, view in found.views.items():
                    views[name][row] = view
                if found.measured is not None:
                    masks[row], known = found.measured, True
        missing = np.array([not isinstance(found, EventViews) for found in outcomes], np.bool_)
        measured = None if centroids is None else np.array(centroids, np.float64)
        return cls(views, missing, packed(masks) if known else None, measured)

    @classmethod
    def placed(
        cls,
        views: Mapping[str, Views],
        usable: Bools,
        centroids: Floats | None = None,
        measured: Bits | None = None,
    ) -> Self:
        """Return the views of events of which only some have views.

        Args:
            views: Views [k, bins] of the k events that have views, by name.
            usable: Mask [n] of these events.
            centroids: Measured centroid statistics [n]; see the attribute.
            measured: Packed masks of the measured bins of their global views [k, bins / 8].
        """
        whole = {}
        for name, view in views.items():
            whole[name] = np.full((len(usable), view.shape[1]), np.nan, np.float32)
            whole[name][usable] = view
        bits = None
        if measured is not None:
            bits = np.zeros((len(usable), measured.shape[1]), np.uint8)
            bits[usable] = measured
        return cls(whole, ~usable, bits, centroids)

    @property
    def usable(self) -> Bools:
        """Mask [n] of the events with views."""
        if self.missing is None:
            return np.ones(len(next(iter(self.views.values()))), np.bool_)
        return ~self.missing

    def views_of_usable(self) -> Mapping[str, AnyView]:
        """Return the views [k, bins] of the k events that have views, by name."""
        usable = self.usable
        if usable.all():  # without a copy
            return self.views
        return {name: view[usable] for name, view in self.views.items()}


def reads_centroid(stacks: Iterable[SavedStack | None]) -> bool:
    """Return whether there is a stack with trees that read the centroid statistic."""
    parts = (part for stack in stacks if stack is not None for part in stack.trees.parts)
    return any("centroid" in part.groups for part in parts)


def unmeasured(stacks: Iterable[SavedStack | None], events: pd.DataFrame) -> Bools:
    """Return a mask [n] of the events whose centroid statistic is to be measured.

    These are the events without a statistic in their table, if a stack reads it.
    """
    return without_statistic(events) & reads_centroid(stacks)


def scored_rows(
    store: ViewStore, rows: Ints | None, stacks: Iterable[SavedStack | None]
) -> tuple[Ints, Ints]:
    """Return the rows of a store to score, and the places [n] of the wanted rows among them.

    If there is a stack, the other events of the stars are scored, too.

    Args:
        store: Store of views.
        rows: Row numbers of the wanted events [n]; None means all events in row order.
        stacks: Stack of each run; None if it has none.
    """
    if rows is None or not any(stacks):
        chosen = np.arange(len(store)) if rows is None else rows
        return chosen, np.arange(len(chosen))
    stars = store.index["star"].to_numpy()
    scored = np.flatnonzero(np.isin(stars, stars[rows]))
    return scored, np.searchsorted(scored, rows)


def scores_of_stack(
    stack: SavedStack,
    scores: Scores,
    given: ViewsOfEvents,
    events: pd.DataFrame,
    experiments: Sequence[Experiment],
    all_events: bool,
) -> Scores:
    """Return the scores of a stack for n events, with the inputs that it used.

    The arguments are those of `inputs_of`, and the stack.
    """
    centroid = None
    if reads_centroid([stack]):
        centroid = centroid_statistics(events, given.centroids)
        events = events.assign(**{CENTROID: centroid.statistic})
    inputs = inputs_of(
        scores, given, events, experiments, all_events=all_events, network=stack.coarse
    )
    score, groups = stack.trees.scores(inputs)
    coarse = inputs.known["coarse_networks"]
    spread = np.where(coarse, np.nan, scores.spread)  # one network scores coarse views
    found = scores._replace(score=score, spread=spread, inputs=groups, centroid=centroid)
    return found._replace(unusual=_unusual(stack.description, inputs.values["views"], coarse))


def _unusual(description: StackDescription, features: Floats, coarse: Bools) -> Bools | None:
    """Return whether the features of each event [n] are unlike those of the training events.

    The features of coarse views are compared with those of degraded training events.
    """
    known = description.feature_range
    if known is None:
        return None
    of_coarse = description.coarse_range or known
    return np.where(coarse, of_coarse.unusual(features), known.unusual(features))


def inputs_of(
    scores: Scores,
    given: ViewsOfEvents,
    events: pd.DataFrame,
    experiments: Sequence[Experiment],
    *,
    all_events: bool = True,
    network: CoarseNetwork | None = None,
) -> StackInputs:
    """Return the inputs of a stack for n events.

    Args:
        scores: Scores of the networks; NaN for events without views.
        given: Views of the events, including the global view.
        events: Table of the events.
        experiments: Config of each network.
        all_events: Whether the events are all known events of their stars.
        network: Network for coarse views; None if there is none.
    """
    usable = given.usable
    wholes = np.asarray(given.views_of_usable()[WHOLE], np.float32)
    periods, durations = (
        events[name].to_numpy(np.float64, na_value=np.nan)[usable]
        for name in ("period_days", "duration_days")
    )
    bits = None if given.packed is None else given.packed[usable]
    masks = None if bits is None else unpacked(bits, wholes.shape[1])
    found = features_of_views(wholes, periods, durations, masks)
    features: Floats = np.full((len(events), found.shape[1]), np.nan)
    features[usable] = found
    coarse_logits = None
    if network is not None:
        coarse_logits = np.full((len(events), 1), np.nan)
        coarse = are_coarse(wholes, durations / periods, masks)
        if coarse.any():
            every = given.views_of_usable()
            views = {name: every[name][coarse] for name in network.experiment.views}
            coarse_logits[np.flatnonzero(usable)[coarse]] = network.logits(views)
    with_scalars = np.array([bool(one.scalars) for one in experiments], np.bool_)
    views_only, catalogue = scores.logits[:, ~with_scalars], scores.logits[:, with_scalars]
    return stack_inputs(
        features, views_only, events, catalogue, coarse_logits, all_events=all_events
    )
