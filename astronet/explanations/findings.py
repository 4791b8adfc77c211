"""Results that explain one event's score."""

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
    view_removals,
)
from astronet.explanations.shifts import Shifts, epoch_shifts, time_reversed, view_shifts
from astronet.lightcurves.arrays import Bools, Floats
from astronet.models.geometry import Layer

_Result = TypeVar("_Result")


@dataclass(frozen=True, eq=False)
class Columns:
    """Feature maps, kernels and layers of a network, which has one convolutional column per view.

    Attributes:
        number: Number of the network among those whose scores are averaged, counted from 1.
        maps: Feature map of each block of the column, by name of the view.
        kernels: Kernels of each convolution of the column, by name of the view.
        layers: Convolution and pooling layers of the column, in order, by name of the view.
    """

    number: int
    maps: dict[str, list[FeatureMap]]
    kernels: dict[str, list[Kernels]]
    layers: dict[str, list[Layer]]


@dataclass(frozen=True, eq=False)
class Findings:
    """Results that explain one event's score.

    Attributes:
        event: Unmodified event.
        deviation: Largest difference between a view of the event and the same view rebinned from
            the global view, as for modified events [transit depths].
        logit: Logit of the unmodified event.
        gradients: Integrated gradients of all views.
        occlusions: Occlusion of each view, by name of the view.
        removals: Logits without the transit and without the secondary.
        views: Logits with all bins of one view set to 0, by name of the view.
        noise: Logits without each of several intervals of noise.
        time_reversed: Logit of the time-reversed event.
        view_shifts: Logits with a single view shifted, by name of the view.
        epoch_shifts: Logits with the views shifted together, as by an error of the epoch.
        scalars: Logits with each scalar input set to unknown in turn.
        columns: Feature maps, kernels and layers of each network in `representatives`.
        networks: Number of networks whose scores are averaged.
    """

    event: Event
    deviation: float
    logit: float
    gradients: Gradients
    occlusions: dict[str, Occlusion]
    removals: list[Removal]
    views: dict[str, float]
    noise: NoiseRemovals
    time_reversed: float
    view_shifts: dict[str, Shifts]
    epoch_shifts: Shifts
    scalars: list[Scalar]
    columns: list[Columns]
    networks: int

    def last_layer(self, view: str) -> Layer:
        """Return the last layer of a view's column in the first network that reads the view."""
        return next(each.layers[view][-1] for each in self.columns if view in each.layers)

    @property
    def durations(self) -> Floats:
        """Shifts of `epoch_shifts` [m], converted to transit durations."""
        name = self.event.global_name or next(iter(self.event.specs))
        step = float(np.diff(self.event.phases(name)[:2])[0])
        return self.epoch_shifts.bins.astype(np.float64) * step / self.event.ephemeris.duration


def steps(event: Event) -> int:
    """Return the number of times that `find` calls `advance`."""
    return 2 * len(event.views) + 3


def find(
    model: Model, event: Event, scalars: Sequence[str], advance: Callable[[int], None]
) -> Findings:
    """Compute and return all results that explain one event's score.

    Args:
        model: Network or ensemble to be explained.
        event: Event whose score is explained.
        scalars: Names of the scalar inputs [k] of the network.
        advance: Callback that is called with 1 after each step.

    Raises:
        ConfigError: captum is not installed.
        LightCurveError: The bins of a rebinned view do not fit into its window.
    """

    def done(result: _Result) -> _Result:
        advance(1)
        return result

    numbers = [members(model.network).index(one) for one in representatives(model.network)]
    return Findings(
        event,
        event.deviation(),
        model.logit(event),
        gradients=done(integrated_gradients(model, event)),
        occlusions={name: done(occlusion(model, event, name)) for name in event.views},
        removals=removals(model, event),
        views=view_removals(model, event),
        noise=done(noise_removals(model, event)),
        time_reversed=model.logit(time_reversed(event)),
        view_shifts={name: done(view_shifts(model, event, name)) for name in event.views},
        epoch_shifts=done(epoch_shifts(model, event)),
        scalars=scalar_removals(model, event, scalars),
        columns=[
            Columns(number + 1, feature_maps(member, event), kernels(member), layers(member))
            for number, member in zip(numbers, representatives(model.network), strict=True)
        ],
        networks=len(members(model.network)),
    )


def fraction_inside(values: Floats, inside: Bools) -> float:
    """Return the fraction of Σ|values| in the bins selected by a mask; NaN if all values are 0.

    Args:
        values: Values [bins].
        inside: Mask [bins] of the selected bins.
    """
    total = float(np.abs(values).sum())
    return float(np.abs(values[inside]).sum()) / total if total > 0 else float("nan")
