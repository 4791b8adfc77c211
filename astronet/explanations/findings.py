"""All results of an explanation of one event's score, in the order of the page."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from astronet.explanations.attribution import (
    Gradients,
    Occlusion,
    integrated_gradients,
    occlusion,
)
from astronet.explanations.event import Event
from astronet.explanations.feature_maps import FeatureMap, Kernels, feature_maps, kernels, layers
from astronet.explanations.model import Model, members, representatives
from astronet.explanations.removal import (
    NoiseRemovals,
    Removal,
    Scalar,
    noise_removals,
    removals,
    scalar_removals,
)
from astronet.explanations.shifts import Shifts, epoch_shifts, time_reversed, view_shifts
from astronet.lightcurves.arrays import Bools, Floats
from astronet.models.geometry import Layer

_Result = TypeVar("_Result")


@dataclass(frozen=True, eq=False)
class Columns:
    """Convolutional columns of one network, by the name of the view that each one reads.

    Attributes:
        maps: Feature maps of the blocks.
        kernels: Weights of the convolutions.
        layers: Convolutions and poolings, in order.
    """

    maps: dict[str, list[FeatureMap]]
    kernels: dict[str, list[Kernels]]
    layers: dict[str, list[Layer]]


@dataclass(frozen=True, eq=False)
class Findings:
    """Results of the explanation of the score of one event.

    Attributes:
        event: The event, with consistent views.
        logit: Logit of the event.
        gradients: Integrated gradients of all views.
        occlusions: Occlusion of each view, by name.
        removals: Logits without the transit and without the secondary.
        noise: Logits without intervals of noise.
        time_reversed: Logit with time reversed.
        view_shifts: Logits with one view shifted, by the name of the view.
        epoch_shifts: Logits with all views shifted.
        scalars: Logits without each of the scalar inputs.
        columns: Columns of the first network of each architecture.
        networks: Number of networks whose scores are averaged.
    """

    event: Event
    logit: float
    gradients: Gradients
    occlusions: dict[str, Occlusion]
    removals: list[Removal]
    noise: NoiseRemovals
    time_reversed: float
    view_shifts: dict[str, Shifts]
    epoch_shifts: Shifts
    scalars: list[Scalar]
    columns: list[Columns]
    networks: int

    def last_layer(self, view: str) -> Layer:
        """Return the last layer of the first column that reads a view."""
        return next(each.layers[view][-1] for each in self.columns if view in each.layers)

    @property
    def durations(self) -> Floats:
        """Shifts of all views together [m], in transit durations."""
        name = self.event.global_name or next(iter(self.event.specs))
        step = float(np.diff(self.event.phases(name)[:2])[0])
        return self.epoch_shifts.bins.astype(np.float64) * step / self.event.ephemeris.duration


def steps(event: Event) -> int:
    """Return the number of times that `find` reports progress."""
    return 2 * len(event.views) + 3


def find(
    model: Model, event: Event, scalars: Sequence[str], advance: Callable[[int], None]
) -> Findings:
    """Compute all results for one event.

    Args:
        model: The network.
        event: The event.
        scalars: Names of the scalar inputs [k] of the network.
        advance: Callback that is called with 1 after each of `steps`.

    Raises:
        ConfigError: captum is not installed.
    """

    def done(result: _Result) -> _Result:
        advance(1)
        return result

    event = event.consistent()
    return Findings(
        event,
        model.logit(event),
        gradients=done(integrated_gradients(model, event)),
        occlusions={name: done(occlusion(model, event, name)) for name in event.views},
        removals=removals(model, event),
        noise=done(noise_removals(model, event)),
        time_reversed=model.logit(time_reversed(event)),
        view_shifts={name: done(view_shifts(model, event, name)) for name in event.views},
        epoch_shifts=done(epoch_shifts(model, event)),
        scalars=scalar_removals(model, event, scalars),
        columns=[
            Columns(feature_maps(member, event), kernels(member), layers(member))
            for member in representatives(model.network)
        ],
        networks=len(members(model.network)),
    )


def fraction_inside(values: Floats, inside: Bools) -> float:
    """Return the fraction of absolute attribution [bins] inside a mask; NaN if all are 0."""
    total = float(np.abs(values).sum())
    return float(np.abs(values[inside]).sum()) / total if total > 0 else float("nan")
