"""Stack: gradient-boosted trees on the logits of networks and on everything else that is known."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.special import expit

from astronet.dataset.stack_inputs import Group, StackInputs, ordered
from astronet.errors import RunError
from astronet.lightcurves.arrays import Floats
from astronet.models.forest import Forest

NETWORKS: tuple[Group, ...] = ("networks", "catalogue_networks", "coarse_networks")
"""Groups of the logits of networks."""


@dataclass(frozen=True, eq=False)
class Part:
    """Trees for one pattern of known inputs.

    Attributes:
        groups: Groups of inputs that must be known.
        forest: Trees that read the columns of these groups.
        network_weight: Weight of the mean logit of the networks, or of those for coarse views if
            the trees read these, in the average with that of the trees.
        slope: Factor of the average logit, for calibration.
        offset: Constant that is added to it.
    """

    groups: tuple[Group, ...]
    forest: Forest
    network_weight: float = 0.0
    slope: float = 1.0
    offset: float = 0.0

    def raw_logits(self, inputs: StackInputs) -> Floats:
        """Return the logits [n] before calibration."""
        trees = self.forest.logits(inputs.columns(self.groups))
        networks = network_logits(inputs, self.groups)
        average = (1 - self.network_weight) * trees + self.network_weight * networks
        return np.asarray(average, np.float64)

    def logits(self, inputs: StackInputs) -> Floats:
        """Return the calibrated logits [n] of events for which all groups are known."""
        return self.slope * self.raw_logits(inputs) + self.offset


def network_logits(inputs: StackInputs, groups: Sequence[Group]) -> Floats:
    """Return the mean logit [n] of the networks whose logits are in some groups of inputs.

    If the groups contain the networks for coarse views, these are the ones; otherwise, it is the
    other networks that read only views.
    """
    group: Group = "coarse_networks" if "coarse_networks" in groups else "networks"
    return np.asarray(inputs.values[group].mean(axis=1), np.float64)


class StackScores(NamedTuple):
    """Scores of n events.

    Attributes:
        score: Calibrated score of each event [n]; NaN if no part can score it.
        inputs: Names of the groups of inputs that were used for each event [n], joined by " + ";
            "" if no part can score it.
    """

    score: Floats
    inputs: list[str]


@dataclass(frozen=True, eq=False)
class Stack:
    """Trees for several patterns of known inputs.

    Attributes:
        networks: Number of networks that read only views, whose logits the trees read.
        catalogue_networks: Number of networks that also read scalars.
        parts: Trees for each pattern.
        coarse_networks: Number of networks for coarse views.
    """

    networks: int
    catalogue_networks: int
    parts: tuple[Part, ...]
    coarse_networks: int = 0

    @property
    def counts(self) -> tuple[int, int, int]:
        """Numbers of networks, of those that also read scalars, and of those for coarse views."""
        return self.networks, self.catalogue_networks, self.coarse_networks

    def scores(self, inputs: StackInputs) -> StackScores:
        """Return the score of each event, from the part with the most groups that are known for it.

        Of parts with the same number of groups, the first one is used.

        Raises:
            RunError: The number of networks differs.
        """
        for group, count in zip(NETWORKS, self.counts, strict=True):
            if (given := inputs.values[group].shape[1]) != count:
                raise RunError(
                    f"the stack reads {count} inputs of the group {group}, but {given} were given; "
                    "score with the networks with which the stack was fitted"
                )
        score = np.full(len(inputs), np.nan)
        used = [""] * len(inputs)
        for part in sorted(self.parts, key=lambda part: -len(part.groups)):
            rows = np.flatnonzero(inputs.with_all(part.groups) & np.isnan(score))
            if len(rows):
                score[rows] = expit(part.logits(inputs.of(rows)))
            for row in rows:
                used[row] = " + ".join(part.groups)
        return StackScores(score, used)


def widened(
    forest: Forest, own: Sequence[Group], groups: Sequence[Group], widths: dict[Group, int]
) -> Forest:
    """Return a forest that reads the columns of more groups than it was fitted to.

    Args:
        forest: Trees that read the columns of `own`.
        own: Groups to which the trees were fitted.
        groups: Groups whose columns will be given, including `own`.
        widths: Number of inputs of each group.
    """
    places, begin = [], 0
    for group in ordered(groups):
        if group in own:
            places.append(np.arange(begin, begin + widths[group], dtype=np.int16))
        begin += widths[group]
    return forest.reading(np.concatenate(places), begin)
