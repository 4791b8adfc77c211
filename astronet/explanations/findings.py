"""Everything that is found out about one event's score, in the order of the page."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from astronet.explanations.attribution import (
    Gradients,
    Occluded,
    integrated_gradients,
    occlusion,
)
from astronet.explanations.event import Event
from astronet.explanations.feature_maps import FeatureMap, Kernels, feature_maps, kernels, layers
from astronet.explanations.judge import Judge, builds, members
from astronet.explanations.removal import (
    Noise,
    Removal,
    Scalar,
    noise_removals,
    removals,
    scalar_removals,
)
from astronet.explanations.shifts import Shifts, epoch_shifts, reversed_in_time, view_shifts
from astronet.lightcurves.arrays import Bools, Floats
from astronet.models.geometry import Layer

_Result = TypeVar("_Result")


@dataclass(frozen=True, eq=False)
class Columns:
    """One network's columns, each by the name of its view.

    Attributes:
        maps: Answers of the blocks.
        kernels: Weights of the convolutions.
        layers: What they are made of.
    """

    maps: dict[str, list[FeatureMap]]
    kernels: dict[str, list[Kernels]]
    layers: dict[str, list[Layer]]


@dataclass(frozen=True, eq=False)
class Findings:
    """What was found out about the score of one event.

    Attributes:
        event: The event, its views agreeing with each other.
        logit: What the network says of it.
        gradients: Which bins that comes from, by integrated gradients.
        occluded: Which patches it comes from, by the view's name.
        removed: The verdicts without transit and secondary.
        noise: The verdicts without stretches of noise.
        backwards: The logit with time reversed.
        alone: The verdicts with one view shifted, by its name.
        together: The verdicts with all views shifted.
        scalars: The verdicts without each of the catalogue's numbers.
        columns: Those of the first network of each build.
        networks: How many networks vote.
    """

    event: Event
    logit: float
    gradients: Gradients
    occluded: dict[str, Occluded]
    removed: list[Removal]
    noise: Noise
    backwards: float
    alone: dict[str, Shifts]
    together: Shifts
    scalars: list[Scalar]
    columns: list[Columns]
    networks: int

    def last_layer(self, view: str) -> Layer:
        """The last layer of the first column that reads a view."""
        return next(each.layers[view][-1] for each in self.columns if view in each.layers)

    @property
    def durations(self) -> Floats:
        """The shifts of all views together [m] in transit durations."""
        name = self.event.whole_name or next(iter(self.event.specs))
        step = float(np.diff(self.event.phases(name)[:2])[0])
        return self.together.bins.astype(np.float64) * step / self.event.ephemeris.duration


def steps(event: Event) -> int:
    """How many times `find` says that it got on."""
    return 2 * len(event.views) + 3


def find(
    judge: Judge, event: Event, scalars: Sequence[str], advance: Callable[[int], None]
) -> Findings:
    """Finds out everything about one event.

    Args:
        judge: The network.
        event: The event.
        scalars: What the scalars [k] that the network reads are called.
        advance: Is called with 1 after each of `steps`.

    Raises:
        ConfigError: captum is not installed.
    """

    def done(result: _Result) -> _Result:
        advance(1)
        return result

    event = event.agreeing()
    return Findings(
        event,
        judge.logit(event),
        gradients=done(integrated_gradients(judge, event)),
        occluded={name: done(occlusion(judge, event, name)) for name in event.views},
        removed=removals(judge, event),
        noise=done(noise_removals(judge, event)),
        backwards=judge.logit(reversed_in_time(event)),
        alone={name: done(view_shifts(judge, event, name)) for name in event.views},
        together=done(epoch_shifts(judge, event)),
        scalars=scalar_removals(judge, event, scalars),
        columns=[
            Columns(feature_maps(member, event), kernels(member), layers(member))
            for member in builds(judge.network)
        ],
        networks=len(members(judge.network)),
    )


def inside_share(values: Floats, inside: Bools) -> float:
    """The share of absolute attribution [bins] that lies inside; NaN where there is none."""
    total = float(np.abs(values).sum())
    return float(np.abs(values[inside]).sum()) / total if total > 0 else float("nan")
