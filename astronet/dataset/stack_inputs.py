"""Inputs of a stack: trees that read the logits of networks and everything else that is known.

The inputs are divided into groups that are known or unknown together, for example because the other
events of the star are not given. A stack has separate trees for each pattern of known groups.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, Self, get_args

import numpy as np

from astronet.catalogs.comparisons import COMPARISONS
from astronet.catalogs.context import CONTEXT
from astronet.catalogs.siblings import SIBLINGS, sibling_features
from astronet.dataset.centroid_statistics import CENTROID as CENTROID
from astronet.dataset.centroid_statistics import centroid_statistics
from astronet.dataset.scalars import ALWAYS, SCALARS, scalars_of
from astronet.errors import StoreError
from astronet.lightcurves.arrays import Bools, Floats, Ints
from astronet.lightcurves.features.depth import IN_PPM, features_in_ppm
from astronet.lightcurves.features.event import FEATURES

if TYPE_CHECKING:
    import pandas as pd

Group = Literal[
    "views",
    "networks",
    "depth",
    "siblings",
    "catalogue",
    "catalogue_networks",
    "centroid",
    "coarse_networks",
]
"""Name of a group of inputs."""

GROUPS: tuple[Group, ...] = get_args(Group)

INPUTS: Mapping[Group, tuple[str, ...]] = MappingProxyType[Group, tuple[str, ...]](
    {
        "views": tuple(feature.name for feature in FEATURES),
        "depth": tuple(feature.name for feature in IN_PPM if feature.name != "depth_known"),
        "siblings": (
            "sibling_highest",
            "sibling_planets",
            "companion_depth",
            "companion_phase",
            "companion_logit",
        ),
        "catalogue": (*SCALARS, *COMPARISONS),
        "centroid": ("log_centroid_statistic",),
    }
)
"""Names of the inputs of each group, except for the networks, which have one logit each:

- views: features of the global view (docs/features.md), always known.
- networks: logits of the networks that read only views; known unless the views are coarse
  (`astronet.lightcurves.coarseness`).
- depth: features in parts per million; known if the transit depth is.
- siblings: some features of the star's other events (`astronet.catalogs.siblings`); known if the
  events are those of a table or store, which lists all events of a star. Relative depths are those
  of the noise in the global views, which is in units of the transit depth. The other features,
  such as the mean logit, add nothing (docs/model-performance.md), but depend on how many noise
  events a table lists.
- catalogue: all catalogue scalars and the comparisons with other events
  (`astronet.catalogs.comparisons`); known if the event has all scalars that not every catalogue
  has, except in stores of an older version, without comparisons. The trees must not read a value
  that is missing for another reason than in their training events: in DR24, almost no event
  without an SNR is a planet.
- catalogue_networks: logits of the networks that also read scalars; known like the catalogue,
  unless the views are coarse.
- centroid: natural logarithm of the centroid statistic; known if it is positive.
- coarse_networks: logits of the networks that are trained on coarse views; known if the views are
  coarse.
"""


@dataclass(frozen=True, eq=False)
class StackInputs:
    """Inputs of n events.

    Attributes:
        values: Inputs [n, k] of each group; NaN if unknown.
        known: Whether the group is known for each event [n].
    """

    values: Mapping[Group, Floats]
    known: Mapping[Group, Bools]

    def __len__(self) -> int:
        return len(self.values["views"])

    def of(self, rows: Ints | Bools) -> Self:
        """Return the inputs of some of the events, given by row numbers or a mask."""
        values = {group: inputs[rows] for group, inputs in self.values.items()}
        return type(self)(values, {group: known[rows] for group, known in self.known.items()})

    def columns(self, groups: Iterable[Group]) -> Floats:
        """Return the inputs of several groups [n, k], in the order of `GROUPS`."""
        return np.hstack([self.values[group] for group in ordered(groups)])

    def with_all(self, groups: Iterable[Group]) -> Bools:
        """Return a mask [n] of the events for which all of some groups are known."""
        return np.asarray(np.all([self.known[group] for group in groups], axis=0), np.bool_)


def ordered(groups: Iterable[Group]) -> tuple[Group, ...]:
    """Return groups in the order of `GROUPS`, without duplicates."""
    wanted = set(groups)
    return tuple(group for group in GROUPS if group in wanted)


def input_names(
    groups: Iterable[Group], networks: int, catalogue_networks: int = 0, coarse_networks: int = 0
) -> tuple[str, ...]:
    """Return the names of the columns of `StackInputs.columns`, for numbers of networks."""
    counts = {
        "networks": networks,
        "catalogue_networks": catalogue_networks,
        "coarse_networks": coarse_networks,
    }
    logits: dict[Group, tuple[str, ...]] = {
        group: tuple(f"{group.removesuffix('s')}_{k + 1}" for k in range(counts[group]))
        for group in GROUPS
        if group in counts
    }
    return tuple(
        name for group in ordered(groups) for name in (logits.get(group) or INPUTS.get(group, ()))
    )


def stack_inputs(
    features: Floats,
    logits: Floats,
    events: pd.DataFrame,
    catalogue_logits: Floats | None = None,
    coarse_logits: Floats | None = None,
    *,
    all_events: bool = True,
) -> StackInputs:
    """Return the inputs of n events.

    Args:
        features: Features of the views [n, len(FEATURES)].
        logits: Logits [n, m] of the m networks that read only views; NaN for events without views.
            The scores of the siblings are their mean logits.
        events: Events [n] with the columns star, period_days, epoch_bkjd and duration_days, and
            optionally those of the scalars and of the centroid statistic.
        catalogue_logits: Logits [n, l] of the l networks that also read scalars; None if there are
            no such networks.
        coarse_logits: Logits [n, c] of the c networks for coarse views; NaN for events whose views
            are not coarse. For events that have them, the other networks count as unknown. None if
            there are no such networks.
        all_events: Whether the events are all known events of their stars; otherwise, the siblings
            are unknown.

    Raises:
        StoreError: The numbers of events differ.
    """
    n = len(events)
    if not len(features) == len(logits) == n:
        raise StoreError(
            f"found features of {len(features)} events and logits of {len(logits)} for {n} rows; "
            "compute both for the same rows"
        )
    depth = _column(events, "depth_ppm")
    in_ppm = features_in_ppm(features, depth)[:, :-1]
    scalars = scalars_of(events, SCALARS).astype(np.float64)
    compared = np.stack([_column(events, name) for name in COMPARISONS], axis=1)
    coarse = np.empty((n, 0)) if coarse_logits is None else coarse_logits
    are_coarse = np.isfinite(coarse).all(axis=1) & (coarse.shape[1] > 0)
    means = logits.mean(axis=1)
    if are_coarse.any():
        means[are_coarse] = coarse[are_coarse].mean(axis=1)
    siblings = _siblings(events, means, -features[:, _SCATTER])
    centroid = np.log(centroid_statistics(events).statistic)[:, None]
    deep = np.isfinite(depth) & (depth > 0)
    given = np.empty((n, 0)) if catalogue_logits is None else catalogue_logits
    always = np.asarray(np.isfinite(logits).all(axis=1) | are_coarse, np.bool_)
    listed = np.asarray(np.isfinite(scalars[:, _OPTIONAL]).all(axis=1), np.bool_)
    if CONTEXT[0] in events:  # the event was compared, unless the store is of an older version
        listed &= set(COMPARISONS) <= set(events)
    return StackInputs(
        {
            "views": features,
            "networks": logits,
            "depth": np.where(deep[:, None], in_ppm, np.nan),
            "siblings": siblings[:, _USED],
            "catalogue": np.hstack([scalars, compared]),
            "catalogue_networks": given,
            "centroid": centroid,
            "coarse_networks": coarse,
        },
        {
            "views": always,
            "networks": always & ~are_coarse,
            "depth": deep,
            "siblings": np.isfinite(siblings[:, 0]) & all_events,
            "catalogue": listed,
            "catalogue_networks": listed & ~are_coarse,
            "centroid": np.isfinite(centroid[:, 0]),
            "coarse_networks": are_coarse,
        },
    )


_OPTIONAL = [
    place for place, scalar in enumerate(SCALARS.values()) if not set(scalar.columns) <= set(ALWAYS)
]
"""Places of the scalars that not every catalogue has."""


_USED = [[feature.name for feature in SIBLINGS].index(name) for name in INPUTS["siblings"]]
"""Places of the features of siblings that a stack reads."""


_SCATTER = [feature.name for feature in FEATURES].index("scatter")
"""Place of log10 of the scatter out of transit [transit depths], which is the noise of the star's
light curve divided by the depth."""


def _siblings(events: pd.DataFrame, logits: Floats, depths: Floats) -> Floats:
    stars = np.unique(events["star"].to_numpy(), return_inverse=True)[1]
    periods, epochs = (_column(events, name) for name in ("period_days", "epoch_bkjd"))
    return sibling_features(stars, periods, epochs, logits, depths)


def _column(events: pd.DataFrame, name: str) -> Floats:
    """Return a column of numbers [n]; NaN if it is missing."""
    if name not in events:
        return np.full(len(events), np.nan)
    return events[name].to_numpy(np.float64, na_value=np.nan)
